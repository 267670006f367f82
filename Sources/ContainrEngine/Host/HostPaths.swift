// Every name on the host, derived from the settings and a container's, stack's or network's name. Makes nothing.
package import ContainrReconcile
package import ContainrSpec
package import ContainrTelemetry
package import SystemPackage

extension HostSettings {
  // MARK: durable

  /// Writable layer, work directory and log of one container.
  package func containerState(_ id: String) -> FilePath { stateDirectory.appending("containers").appending(id) }
  /// Its writable layer.
  package func upper(_ id: String) -> FilePath { containerState(id).appending("upper") }
  /// overlayfs's own directory beside it.
  package func work(_ id: String) -> FilePath { containerState(id).appending("work") }
  /// Its log, in the CRI form.
  package func logFile(_ id: String) -> FilePath { containerState(id).appending("log").appending("container.log") }
  /// The time of the log's first line of this life of the container; what is earlier is of former ones.
  package func logBegin(_ id: String) -> FilePath { containerState(id).appending("log-begin") }
  /// How often its policy has started it again.
  package func restartCount(_ id: String) -> FilePath { containerState(id).appending("restarts") }
  /// Unpacked layers by digest.
  package var layersDirectory: FilePath { stateDirectory.appending("layers") }
  /// Images by reference: an OCI image layout.
  package var imagesDirectory: FilePath { stateDirectory.appending("images") }
  /// Compiled filters of system calls.
  package var seccompDirectory: FilePath { stateDirectory.appending("seccomp") }
  /// Kept states of volumes: a directory a volume, an archive a state.
  package var snapshotsDirectory: FilePath { stateDirectory.appending("snapshots") }
  /// Named volumes.
  package var volumesDirectory: FilePath { stateDirectory.appending("volumes") }

  // MARK: volatile

  /// For host-wide allocation.
  package var hostLock: FilePath { runDirectory.appending("host.lock") }
  /// In which state of all rules the firewall was as it is meant to be.
  package var firewallMark: FilePath { runDirectory.appending("firewall") }
  /// What has happened to containers in this boot.
  package var journal: EventJournal { EventJournal(runDirectory: runDirectory) }
  /// A lock a stack.
  package var locksDirectory: FilePath { runDirectory.appending("locks") }
  /// A stack's lock.
  package func stackLock(_ stack: String) -> FilePath { locksDirectory.appending("\(stack).lock") }
  /// Run directories of containers; the runtime's.
  package var containersDirectory: FilePath { runDirectory.appending("containers") }
  /// A directory a stack that runs.
  package var stacksDirectory: FilePath { runDirectory.appending("stacks") }
  /// One stack's.
  package func stackRun(_ stack: String) -> FilePath { stacksDirectory.appending(stack) }
  /// What its health checks found.
  package func health(_ stack: String) -> FilePath { stackRun(stack).appending("health") }
  /// How far the restarts in a row of one of its containers have come.
  package func restarts(_ stack: String, _ id: String) -> FilePath { health(stack).appending("\(id).restarts") }
  /// There as long as a start of one of its containers by the supervisor has hooks to run.
  package func unfinishedStart(_ stack: String, _ id: String) -> FilePath { health(stack).appending("\(id).starting") }
  /// When a job is due next; `id` of its place.
  package func schedule(_ id: String) -> FilePath { containerState(id).appending("schedule") }
  /// What a container was prepared with; `id` of its place.
  package func preparation(_ id: String) -> FilePath { containerState(id).appending("pre_start") }
  /// Its supervisor's socket.
  package func supervisorSocket(_ stack: String) -> FilePath { stackRun(stack).appending("supervisor.sock") }
  /// Which process supervises it.
  package func supervisorRecord(_ stack: String) -> FilePath { stackRun(stack).appending("supervisor") }
  /// What the supervisor would lose with its memory.
  package func supervisorKnowledge(_ stack: String) -> FilePath { stackRun(stack).appending("supervisor.known") }
  /// What the supervisor has to say.
  package func supervisorLog(_ stack: String) -> FilePath { stackRun(stack).appending("supervisor.log") }
  /// Configs and secrets: a tmpfs of its own, a directory a container.
  package var filesDirectory: FilePath { runDirectory.appending("files") }
  /// The name of one of these files.
  package static func fileName(target: String) -> String { StableHash.hex(target, digits: 16) }
  /// The read-only layer on top of every image.
  package var initLayer: FilePath { runDirectory.appending("init-layer") }
  /// An empty directory on which root file systems are mounted, each in its own mount namespace.
  package var mountPoint: FilePath { runDirectory.appending("root") }

  // MARK: kernel objects

  /// A stack's cgroup.
  package func cgroup(stack: String) -> String { "\(cgroupParent)/\(stack)" }
  /// The cgroup of a run in the foreground: beside the stacks' group, not in it, since that would often be made and removed
  /// for this one, in every hierarchy. A user may make none beside the group that was given away; no stack has such a name.
  package func cgroup(run id: String) -> String {
    relaysPorts ? "\(cgroupParent)/run.\(id)" : "\(cgroupParent).\(id)"
  }
  /// A container's cgroup: below its stack's, or below a group of the host (`cgroup_parent`).
  package func cgroup(_ name: ContainerName, below parent: String?) -> String {
    guard let parent else { return "\(cgroup(stack: name.stack))/\(name.id)" }
    return "\(parent)/\(cgroupParent.split(separator: "/").joined(separator: "-"))-\(name.id)"
  }
  /// The same by its plan.
  package func cgroup(_ name: ContainerName, of plan: ServicePlan) -> String {
    cgroup(name, below: plan.cgroupParent)
  }
  /// At most 15 bytes: 4 of prefix, 1, 10 digits.
  package func bridge(network: String) -> String {
    "\(linkPrefix)b\(StableHash.hex("\(linkPrefix) \(network)", digits: 10))"
  }
  /// The host's end of a container's link to a network.
  package func link(container: String, network: String) -> String {
    "\(linkPrefix)v\(StableHash.hex("\(linkPrefix) \(container) \(network)", digits: 10))"
  }
  /// IFLA_GROUP of a stack's links, never 0. Unique is what the store makes of it.
  package func linkGroup(stack: String) -> UInt32 {
    0x4000_0000 | UInt32(truncatingIfNeeded: StableHash.value("\(linkPrefix) \(stack)")) & 0x3fff_ffff
  }
  /// IFLA_IFALIAS of our links.
  package func alias(stack: String, _ what: String) -> String {
    "\(linkPrefix == "ctr" ? "containr" : "containr-\(linkPrefix)"):\(stack):\(what)"
  }

  /// What is wrong with these settings, in words.
  package var complaint: String? {
    if linkPrefix.isEmpty || linkPrefix.utf8.count > 4 || !linkPrefix.utf8.allSatisfy(Self.isWord) {
      return "the link prefix \(linkPrefix) has to be 1 to 4 letters or digits"
    }
    if nftTable.isEmpty || !nftTable.utf8.allSatisfy({ Self.isWord($0) || $0 == 0x2d || $0 == 0x5f }) {
      return "the nft table's name \(nftTable) has to be letters, digits, - and _"
    }
    let parent = FilePath(cgroupParent)
    if parent.isEmpty || parent.isAbsolute || parent.components.contains(where: { $0.kind != .regular }) {
      return "the cgroup parent \(cgroupParent) has to be a relative path"
    }
    for path in [stateDirectory, runDirectory] where !path.isAbsolute { return "\(path) has to be an absolute path" }
    return stateDirectory == runDirectory ? "state and run directory have to be two" : nil
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }
}

// Starting a container: the host's side of the protocol in InitMessage.swift.
internal import ContainrCgroups
internal import ContainrInit
internal import ContainrOCI
internal import ContainrRootfs
public import ContainrSystem
internal import SystemPackage

extension Runtime {
  /// Starts a container and answers its first process once the container's program runs. `network` is called with that
  /// process's pid and a route socket of its network namespace (borrowed), while the process builds its mounts; it is
  /// not called for a container without a network namespace of its own. If anything fails nothing is left behind.
  public func start(
    _ config: ContainerConfig, network: (Int32, CInt) throws -> Void
  ) throws(RuntimeError) -> ProcessIdentity {
    let directory = try RunDirectory(runDirectory, config.id)
    do throws(SyscallError) {
      try Kernel.makeDirectory(directory.path, mode: 0o700)
    } catch {
      if error.errno == 17 {
        throw RuntimeError(
          container: config.id, stage: "make the run directory",
          message: "\(directory.path) exists: the container was started before and not deleted", underlying: error)
      }
      throw RuntimeError(container: config.id, stage: "make the run directory", error)
    }
    do throws(RuntimeError) {
      var session = try ShimSession(binary, "container", directory)
      do throws(RuntimeError) {
        try request(config, in: directory, cgroup(of: config), over: session)
        try session.awaitStart(network)
      } catch {
        throw session.abort(error)
      }
      guard let record = try directory.processes() else {
        throw RuntimeError(container: config.id, stage: "read the record", message: "the shim has left none")
      }
      return record.initial
    } catch {
      var failure = error
      do throws(RuntimeError) {
        try delete(config.id, cgroupPath: config.spec.linux.cgroupsPath ?? "")
      } catch {
        failure.others.append(error.description)
      }
      throw failure
    }
  }

  func cgroup(of config: ContainerConfig) -> Cgroup? {
    config.spec.linux.cgroupsPath.map { Cgroup(mounts: cgroups, path: $0) }
  }

  /// Everything that the shim needs is made while it starts up, then sent in one message.
  func request(
    _ config: ContainerConfig, in directory: RunDirectory, _ cgroup: Cgroup?, over session: borrowing ShimSession
  ) throws(RuntimeError) {
    let host = try directory.attempt("read the host's state") { () throws(SyscallError) in
      (boot: try Kernel.bootID(), root: try rootSwitch())
    }
    var plan = try StartPlan(
      config, in: directory, initLayer: initLayer, bootID: host.boot, rootSwitch: host.root, layout: cgroups.layout)
    for file in directory.contents(config) {
      try directory.attempt("write \(file.name)") { () throws(SyscallError) in
        try Kernel.open(directory.file(file.name), [.writeOnly, .create, .truncate], mode: 0o644)
          .writeAll(Array(file.text.utf8))
      }
    }
    var record = WireWriter()
    JoinRecord(rootSwitch: host.root, seccomp: plan.initial.process.seccomp).encode(to: &record)
    try directory.attempt("write the record") { () throws(SyscallError) in
      try Kernel.open(directory.file(RunDirectory.joinFile), [.writeOnly, .create, .truncate], mode: 0o600)
        .writeAll(record.bytes)
    }

    var descriptors: [SharedFD] = []
    if let cgroup {
      do throws(CgroupError) {
        try cgroup.create(config.spec.linux.resources)
        if let directory = try cgroup.open() {
          plan.shim.hasCgroup = true
          descriptors.append(SharedFD(directory))
        } else {
          plan.initial.cgroupFiles = try cgroup.selfAttachFiles().map(\.string)
        }
      } catch {
        throw RuntimeError(container: config.id, stage: "make the cgroup", message: error.description)
      }
      if let counter = try directory.attempt(
        "open the OOM counter", { () throws(SyscallError) in try killCounter(cgroup) })
      {
        plan.shim.hasKillCounter = true
        descriptors.append(counter)
      }
    }
    try directory.attempt("start the shim") { () throws(SyscallError) in
      for path in plan.joinedPaths { descriptors.append(SharedFD(try Kernel.open(path))) }
      let memory = try Kernel.sealedMemory(named: "containr-plan", plan.bytes)
      let run = try Kernel.open(directory.path, [.path, .directory])
      let log = try Kernel.open(config.logFile.removingLastComponent(), [.path, .directory])
      try withExtendedLifetime(descriptors) { () throws(SyscallError) in
        try session.socket.send(
          InitMessage.request(.container).bytes, descriptors: [memory.raw, run.raw, log.raw] + descriptors.map(\.raw))
      }
    }
  }

  /// The file that counts how often the OOM killer struck: `memory.events` or v1's `memory.oom_control`.
  private func killCounter(_ cgroup: Cgroup) throws(SyscallError) -> SharedFD? {
    let parts = FilePath(cgroup.path).components
    let file: FilePath
    if cgroups.layout == .v2, let root = cgroups.unified {
      file = root.appending(parts).appending("memory.events")
    } else if let root = cgroups.controllers["memory"] {
      file = root.appending(parts).appending("memory.oom_control")
    } else {
      return nil
    }
    do throws(SyscallError) {
      return SharedFD(try Kernel.open(file))
    } catch {
      if error.errno == 2 { return nil }  // a v2 tree without the memory controller counts nothing
      throw error
    }
  }

  /// pivot_root cannot work when the root is the initramfs (TMPFS or RAMFS as the first mount without a parent).
  private func rootSwitch() throws(SyscallError) -> RootSwitch {
    if let forcedRootSwitch { return forcedRootSwitch }
    let root = try Kernel.open("/", [.path, .directory])
    let type = try Kernel.fileSystemType(root.raw)
    return type == 0x8584_58F6 ? .chroot : .pivotRoot  // RAMFS_MAGIC
  }
}

// What a first process in a user namespace of its own, or with idmapped mounts, needs of somebody with rights over the
// host: its ids, and the mounts whose files it could not even name. Runs in its parent, which has one thread.
internal import CContainrLinux
internal import ContainrNamespaces
internal import ContainrOCI
internal import ContainrRootfs
internal import ContainrSecurity
internal import ContainrSystem
internal import SystemPackage

// One SEQPACKET socket between the parent (host side) and the first process: the parent's messages are a mount step's
// number and its mount, then the end; or the stage and the error, which the process passes on to the host as its own.

/// The parent's part.
struct HostSide {
  /// A message that is no step's number.
  static let end = UInt32.max
  static let failure = UInt32.max - 1

  /// The ids of its own user namespace; empty for none.
  let idMap: IDMap
  let plan: InitPlan
  /// A negative OOM score of the caller's is not the container's.
  var liftsScore = true

  /// Whether there is anything to be done.
  static func isNeeded(_ idMap: IDMap, _ plan: InitPlan) -> Bool {
    !idMap.isEmpty || !work(of: plan).isEmpty || plan.mounts.contains(where: \.isServed)
  }

  /// The numbers of the steps that are the host's.
  private static func work(of plan: InitPlan) -> [Int] {
    plan.mounts.indices.filter {
      !plan.mounts[$0].isServed
        && plan.mounts[$0].isHostsWork(inUserNamespace: plan.inUserNamespace && !plan.mountsItself)
    }
  }

  /// Does it for the process, and tells it; answers the servers of its mounts. A failure of a mount is told to the process and
  /// is no error here. `parent` is a pidfd of this process, with which servers end.
  @discardableResult
  func serve(
    _ pid: Int32, over socket: borrowing SeqPacketSocket, parent: SharedFD? = nil
  ) throws(SyscallError) -> [ServedRoot] {
    if !idMap.isEmpty {
      try UserNamespace.map(pid: pid, idMap)
      try adjust(pid)
    }
    let wanted = Self.work(of: plan)
    if !wanted.isEmpty { try makeMounts(wanted, pid, socket) }
    let servers = try startServers(parent, socket)
    try Self.send(Self.end, to: socket)
    return servers
  }

  private func startServers(
    _ parent: SharedFD?, _ socket: borrowing SeqPacketSocket
  ) throws(SyscallError) -> [ServedRoot] {
    var servers: [ServedRoot] = []
    for (index, step) in plan.mounts.enumerated() {
      guard case .served(let overlay) = step else { continue }
      do throws(SyscallError) {
        guard let parent else {
          throw SyscallError(errno: 95, operation: "mount", detail: "nobody stays with its server")
        }
        let (server, mount) = try ServedRoot.start(overlay, label: plan.mountLabel, parent: parent)
        servers.append(server)
        try Self.send(UInt32(index), mount.raw, to: socket)
      } catch {
        try Self.fail(step.description, error, to: socket)
        break
      }
    }
    return servers
  }

  private static func fail(
    _ stage: String, _ error: SyscallError, to socket: borrowing SeqPacketSocket
  ) throws(SyscallError) {
    var writer = WireWriter()
    writer.put(failure)
    writer.put(InitMessage.failed(InitFailure(stage: stage, error: error)).bytes)
    try socket.send(writer.bytes)
  }

  /// What takes a privilege over the host that root of the namespace has not: raising limits, lowering the OOM score.
  private func adjust(_ pid: Int32) throws(SyscallError) {
    let process = plan.process.process
    let file = FilePath("/proc/\(pid)/oom_score_adj")
    let score = Int(try Kernel.text(of: file)) ?? 0
    let wanted = process.oomScoreAdj ?? (liftsScore ? max(0, score) : score)
    if score != wanted { try Kernel.write(String(wanted), into: file) }
    for limit in process.rlimits {
      let held = try Rlimit.current(limit.type, of: pid)
      if limit.hard > held.hard { try Rlimit.set(limit.type, soft: held.soft, hard: limit.hard, of: pid) }
    }
  }

  /// In a process and a mount namespace of their own: layers get places there, and go with them.
  private func makeMounts(
    _ wanted: [Int], _ pid: Int32, _ socket: borrowing SeqPacketSocket
  ) throws(SyscallError) {
    // The maps of the mounts, by what they are; the container's own is its user namespace.
    var spaces: [(map: IDMap, file: SharedFD)] = []
    if plan.inUserNamespace {
      spaces.append((IDMap(uids: [], gids: []), SharedFD(try Kernel.open(FilePath("/proc/\(pid)/ns/user")))))
      if !idMap.isEmpty { spaces.append((idMap, spaces[0].file)) }
    }
    for index in wanted {
      guard let map = plan.mounts[index].idmap, !spaces.contains(where: { $0.map == map }) else { continue }
      if map.isEmpty {
        throw SyscallError(errno: 22, operation: "mount_setattr(IDMAP)", detail: "needs mappings, or a user namespace")
      }
      spaces.append((map, SharedFD(try UserNamespace.make(map))))
    }
    guard let helper = try ClonedProcess.clone(.mount, cgroup: nil) else { work(wanted, spaces, socket) }
    if try Kernel.waitForExit(pidfd: helper.pidfd.raw) != .exited(0) {
      throw SyscallError(errno: 10, operation: "mount", detail: "the process that makes mounts has failed")
    }
  }

  private func work(
    _ wanted: [Int], _ spaces: [(map: IDMap, file: SharedFD)], _ socket: borrowing SeqPacketSocket
  ) -> Never {
    var stage = "make the mounts"
    var isCutOff = false
    do throws(SyscallError) {
      try check(cl_prctl(1, 9, 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")
      let shared = wanted.filter { plan.mounts[$0].staysShared }
      for index in shared + wanted.filter({ !plan.mounts[$0].staysShared }) {
        if !plan.mounts[index].staysShared, !isCutOff {
          // As the container's own namespace: what the host mounts later is still seen.
          try check(cl_mount(nil, "/", nil, UInt(plan.treePropagation), nil), "mount(MS_SLAVE)", "/")
          isCutOff = true
        }
        let step = plan.mounts[index]
        stage = step.description
        let space = step.idmap.flatMap { map in spaces.first { $0.map == map }?.file.raw }
        if case .overlay(_, let upper?, _, _, _, let map?) = step { try give(upper, to: map) }
        // What is of another container can be copied in its namespace alone; the copy can be mounted anywhere.
        let home = try step.namespace.map { (file) throws(SyscallError) in
          let home = SharedFD(try Kernel.open("/proc/self/ns/mnt"))
          let theirs = try Kernel.open(FilePath(file))
          try Kernel.join(theirs.raw, .mount)
          return home
        }
        let mount = try MountApplier.hostTree(step, userNamespace: space, owner: owner(of: step))
        if let home { try Kernel.join(home.raw, .mount) }
        try Self.send(UInt32(index), mount.fd.raw, to: socket)
      }
      cl__exit(0)
    } catch {
      do throws(SyscallError) { try Self.fail(stage, error, to: socket) } catch { cl__exit(1) }
      cl__exit(0)
    }
  }

  /// Outside, who a node belongs to inside.
  private func owner(of step: MountStep) -> (uid: UInt32, gid: UInt32) {
    guard case .nodes(let devices) = step, let device = devices.first else { return (0, 0) }
    return (
      IDMap.host(device.uid ?? 0, in: idMap.uids) ?? 0, IDMap.host(device.gid ?? 0, in: idMap.gids) ?? 0
    )
  }

  /// The writable layer's root belongs to the container's root: it is the one layer with the ids outside.
  private func give(_ upper: String, to map: IDMap) throws(SyscallError) {
    let own = map.isEmpty ? idMap : map
    guard let uid = IDMap.host(0, in: own.uids), let gid = IDMap.host(0, in: own.gids) else { return }
    let directory = try Kernel.open(FilePath(upper), [.path, .directory])
    let status = try Kernel.status(at: directory.raw)
    if (status.uid, status.gid) == (0, 0) { try Kernel.changeOwner(at: directory.raw, uid: uid, gid: gid) }
  }

  private static func send(
    _ number: UInt32, _ descriptor: CInt? = nil, to socket: borrowing SeqPacketSocket
  ) throws(SyscallError) {
    var writer = WireWriter()
    writer.put(number)
    do throws(SyscallError) {
      try socket.send(writer.bytes, descriptors: descriptor.map { [$0] } ?? [])
    } catch {
      if error.errno != 32 && error.errno != 104 { throw error }  // it has ended: why is in its own message
    }
  }

  /// The process's part: waits for all of it. Answers the mounts by their steps' numbers.
  static func receive(
    from socket: borrowing SeqPacketSocket
  ) throws(SyscallError) -> Result<[(Int, SharedFD)], InitFailure> {
    var mounts: [(Int, SharedFD)] = []
    while let received = try socket.receive(limit: 8192) {
      do throws(WireError) {
        var reader = WireReader(received.bytes)
        let number: UInt32 = try reader.number()
        if number == end { return .success(mounts) }
        if number == failure {
          if case .failed(let failure) = try InitMessage(bytes: try reader.data()) { return .failure(failure) }
          throw WireError(description: "no failure")
        }
        guard let mount = received.descriptors.first else { throw WireError(description: "no mount") }
        mounts.append((Int(number), mount))
      } catch {
        throw SyscallError(errno: 71, operation: "recvmsg", detail: error.description)
      }
    }
    cl__exit(125)  // the parent has died
  }
}

extension InitPlan {
  /// The SELinux context of the files, as the first steps say it.
  var mountLabel: String? {
    for case .label(let context) in mounts { return context }
    return nil
  }
}

extension MountStep {
  /// Whether a server of its own makes it.
  var isServed: Bool { if case .served = self { true } else { false } }

  /// The mount namespace of its source, if not the host's.
  fileprivate var namespace: String? {
    if case .request(let request) = self { request.namespace } else { nil }
  }

  /// The ids that it shows, if not the host's.
  fileprivate var idmap: IDMap? {
    switch self {
    case .overlay(_, _, _, _, _, let idmap), .layers(_, _, _, let idmap): idmap
    case .request(let request): request.idmap
    default: nil
    }
  }
}

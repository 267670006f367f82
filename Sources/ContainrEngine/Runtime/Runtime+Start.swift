// Starting a container: the host's side of the protocol in InitMessage.swift.
internal import ContainrCgroups
internal import ContainrInit
internal import ContainrNamespaces
internal import ContainrOCI
internal import ContainrRootfs
internal import ContainrSecurity
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
      if !config.ownsCgroupParents, let path = config.spec.linux.cgroupsPath {
        try directory.attempt("write down the cgroup") { () throws(SyscallError) in
          try Kernel.replace(directory.file(RunDirectory.foreignGroupFile), with: Array(path.utf8))
        }
      }
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
      try directory.recordState(of: record.initial.pid)
      return record.initial
    } catch {
      var failure = error
      do throws(RuntimeError) {
        try delete(
          config.id, cgroupPath: config.spec.linux.cgroupsPath ?? "", ownsParents: config.ownsCgroupParents)
      } catch {
        failure.others.append(error.description)
      }
      throw failure
    }
  }

  func cgroup(of config: ContainerConfig) -> Cgroup? {
    config.spec.linux.cgroupsPath.map {
      Cgroup(mounts: cgroups, path: $0, ownsParents: config.ownsCgroupParents)
    }
  }

  /// Everything that the shim needs is made while it starts up, then sent in one message.
  func request(
    _ config: ContainerConfig, in directory: RunDirectory, _ cgroup: Cgroup?, over session: borrowing ShimSession
  ) throws(RuntimeError) {
    let host = try directory.attempt("read the host's state") { () throws(SyscallError) in
      (boot: try Kernel.bootID(), root: try rootSwitch(), groups: try UserNamespace.ownGroups())
    }
    try SecurityModules.require(config)
    var plan = try StartPlan(
      config, files: directory.providedFiles(config), initLayer: initLayer, bootID: host.boot, rootSwitch: host.root,
      cgroups: cgroups, ownGroups: host.groups)
    for file in config.contents {
      try directory.attempt("write \(file.name)") { () throws(SyscallError) in
        let written = try Kernel.open(directory.file(file.name), [.writeOnly, .create, .truncate], mode: 0o644)
        try written.writeAll(Array(file.text.utf8))
        // Its root's, where somebody else in it is who we are.
        if config.overlay?.haveOwnIDs == true, let uid = IDMap.host(0, in: config.spec.linux.uidMappings),
          let gid = IDMap.host(0, in: config.spec.linux.gidMappings)
        {
          try Kernel.changeOwner(at: written.raw, uid: uid, gid: gid)
        }
        if let label = config.spec.linux.mountLabel.flatMap({ SELinuxLabel($0) }) {
          try FileRelabel.apply(label, to: directory.file(file.name))
        }
      }
    }
    var record = WireWriter()
    JoinRecord(
      rootSwitch: host.root, seccomp: plan.initial.process.seccomp,
      apparmorProfile: config.spec.process.apparmorProfile, selinuxLabel: config.spec.process.selinuxLabel
    ).encode(to: &record)
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
      if let files = try directory.attempt(
        "open the OOM counter", { () throws(SyscallError) in try cgroup.killFiles() })
      {
        plan.shim.hasKillCounter = true
        plan.shim.hasKillNotice = files.notice != nil
        descriptors += [files.counter, files.limit] + (files.notice.map { [$0] } ?? [])
      }
    }
    if plan.shim.hasListener {
      descriptors.append(
        try directory.attempt("listen for who attaches") { () throws(SyscallError) in
          try directory.withAttachSocket { (path) throws(SyscallError) in
            SharedFD(try UnixSocket.listen(at: path, kind: .packets))
          }
        })
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

  private func rootSwitch() throws(SyscallError) -> RootSwitch {
    if let forcedRootSwitch { return forcedRootSwitch }
    return try RootSwitch.ofHost()
  }
}

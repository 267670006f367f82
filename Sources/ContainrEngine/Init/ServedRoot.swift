// The servers of a container's overlays: processes beside it, made by its parent, for where the kernel cannot make them.
// They are outside of all its namespaces and die with the parent; nothing of the parent is open in them but what they serve.
internal import CContainrLinux
internal import ContainrNamespaces
internal import ContainrOCI
internal import ContainrRootfs
internal import ContainrSecurity
internal import ContainrSystem
internal import SystemPackage

/// One server that runs.
struct ServedRoot {
  /// Readable when it has ended.
  let pidfd: SharedFD
  /// What it says; never blocks it.
  private let words: SharedFD
  /// How long it may take to end once nobody has its file system any more; then it is killed.
  private static let patience: Int32 = 10_000
  /// After a server has ended well the container's end may be on its way: its mounts go before its process is seen to have ended.
  private static let grace: Int32 = 1000

  /// What a server does with the files of others: owners, modes, devices, attributes; and its own limit of open files.
  private static let kept = CapabilitySet([
    .chown, .dacOverride, .dacReadSearch, .fowner, .fsetid, .sysAdmin, .sysResource, .mknod, .setfcap,
  ])

  /// Starts it and waits until it answers; also the mount. `parent` is a pidfd of the caller, who has one thread.
  static func start(
    _ overlay: ServedOverlay, label: String?, parent: SharedFD
  ) throws(SyscallError) -> (ServedRoot, SharedFD) {
    try OverlayServer.prepare(overlay)
    let command = try OverlayServer.command(overlay, device: device, stays: true)
    let connection = try OverlayServer.connect(isReadOnly: overlay.upper == nil, label: label)
    let (reading, writing) = try Kernel.pipe().release()
    let said = SharedFD(OwnedFD(taking: reading))
    let far = OwnedFD(taking: writing)
    try Kernel.setNonBlocking(far.raw)
    try Kernel.setNonBlocking(said.raw)
    let null = try Kernel.open("/dev/null", .readWrite)
    guard let child = try ClonedProcess.clone([], cgroup: nil) else {
      become(command, [null.raw, far.raw, far.raw, connection.server.raw], parent)
    }
    _ = consume far
    let mount = connection.takeMount()
    let started = ServedRoot(pidfd: SharedFD(child.takePidFD()), words: said)
    do throws(SyscallError) {
      // Answered when the server has said its first word, or has ended.
      _ = try Kernel.status(at: mount.raw)
      return (started, SharedFD(try OverlayServer.finished(mount, overlay.place).release()))
    } catch {
      try started.end()
      throw SyscallError(errno: error.errno, operation: OverlayServer.name, detail: try started.said() ?? error.detail)
    }
  }

  /// The descriptor of the connection in the server.
  private static let device: CInt = 3

  /// The child's side. `descriptors` become 0 to 3, and nothing else stays open.
  private static func become(
    _ command: (program: FilePath, arguments: [String]), _ descriptors: [CInt], _ parent: SharedFD
  ) -> Never {
    do throws(SyscallError) {
      try InitSteps.die(with: parent)
      try check(cl_setsid(), "setsid")
      try ProcessReset.signals()
      ProcessReset.umask(0)  // modes are the container's
      try check(cl_chdir("/"), "chdir", "/")
      try check(cl_keep_descriptors(descriptors, CInt(descriptors.count)), "dup2")
      let held = try CapabilitySet.bounding()
      try Credentials.limitBounding(to: kept.intersection(held))
      try Credentials.setNoNewPrivileges()
      throw Kernel.execute(command.program, arguments: command.arguments, environment: [])
    } catch {
      do throws(SyscallError) { try Kernel.writeAll(2, Array("\(error)\n".utf8)) } catch { cl__exit(126) }
      cl__exit(127)
    }
  }

  /// Kills it, if it has not ended; all who wait for an answer of it get one.
  func kill() throws(SyscallError) {
    let result = cl_pidfd_send_signal(pidfd.raw, 9)
    if result != -3 { try check(result, "pidfd_send_signal") }
  }

  /// Kills it, if it has not ended, and waits for it.
  func end() throws(SyscallError) {
    try kill()
    _ = try Kernel.waitForExit(pidfd: pidfd.raw)
  }

  /// `outlive` for all of a container together: however many wait in vain, it is no longer.
  static func outlive(_ servers: [ServedRoot]) throws(SyscallError) {
    let deadline = Kernel.monotonicTime() + UInt64(patience) * 1_000_000
    for server in servers { try server.outlive(until: deadline) }
  }

  /// Waits for its end, after that of the container; harmless when repeated, or after `loss`. It ends by itself when the last
  /// one who has the mount is gone, and what was written is on its way until then.
  private func outlive(until deadline: UInt64) throws(SyscallError) {
    let now = Kernel.monotonicTime()
    let left = deadline > now ? Int32(clamping: (deadline - now) / 1_000_000 + 1) : 0
    if try Kernel.waitUntilEnded(pidfd: pidfd.raw, milliseconds: left) {
      _ = try Kernel.waitForExit(pidfd: pidfd.raw)
    } else {
      try end()
    }
  }

  /// It has ended: what is to be told of it; nil: as it should, with the container (`pidfd`).
  func loss(of container: CInt) throws(SyscallError) -> String? {
    let status = try Kernel.waitForExit(pidfd: pidfd.raw)
    if status == .exited(0), try Kernel.waitUntilEnded(pidfd: container, milliseconds: Self.grace) { return nil }
    let how =
      switch status {
      case .signalled(let signal): "was ended by signal \(signal)"
      case .exited(let code): "has ended with code \(code)"
      case nil: "has ended"
      }
    let last = try said().map { ": \($0)" } ?? ""
    return "\(OverlayServer.name), which serves this container's files, \(how)\(last); the container is killed"
  }

  /// What it has said, in one line; nil: nothing.
  private func said() throws(SyscallError) -> String? {
    let bytes = try Kernel.readReady(words.raw) ?? []
    let lines = String(decoding: bytes.suffix(400), as: UTF8.self).split(separator: "\n")
      // Said of each start, by a list of options that is older than the kernel.
      .filter { !$0.hasPrefix("unknown argument ignored") }
    return lines.isEmpty ? nil : lines.joined(separator: "; ")
  }
}

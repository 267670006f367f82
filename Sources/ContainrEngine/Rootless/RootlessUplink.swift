// The way out of a user's network: pasta, or slirp4netns where that is not installed. Either translates the connections of
// the namespace into sockets of the user's own. Ports are not theirs: those are ours (RootlessPorts).
internal import ContainrSystem
internal import SystemPackage

/// The process that leads out.
enum RootlessUplink {
  /// At which address name servers answer inside; link-local, so that no network of the user's has it.
  static let resolver = "169.254.1.1"

  /// Starts one into the namespaces of a process and writes the resolvers that are to be asked; nil if none is installed.
  static func start(into pid: Int32, _ places: RootlessPlaces) throws(SyscallError) -> ProcessIdentity? {
    if let program = try RootlessProgram.find("pasta") { return try pasta(program, pid, places) }
    if let program = try RootlessProgram.find("slirp4netns") { return try slirp(program, pid, places) }
    return nil
  }

  private static func pasta(
    _ program: FilePath, _ pid: Int32, _ places: RootlessPlaces
  ) throws(SyscallError) -> ProcessIdentity? {
    if try Kernel.exists(places.uplinkPID) { try Kernel.remove(places.uplinkPID) }
    // No port of either side is forwarded by itself, and nothing inside reaches what listens on the host's loopback.
    let failure = try RootlessProgram.run(
      program,
      [
        "pasta", "--config-net", "--quiet", "--no-map-gw", "--dns-forward", resolver, "-t", "none", "-u", "none", "-T",
        "none",
        "-U", "none", "--pid", places.uplinkPID.string, String(pid),
      ])
    if let failure { throw SyscallError(errno: 1, operation: "pasta", path: program, detail: failure) }
    try writeResolvers(resolver, places)
    let text = try Kernel.text(of: places.uplinkPID)
    guard let number = Int32(text.prefix { $0 != "\n" }) else {
      throw SyscallError(errno: 71, operation: "pasta", path: places.uplinkPID, detail: "is no pid")
    }
    return try ProcessIdentity.current(pid: number)
  }

  private static func slirp(
    _ program: FilePath, _ pid: Int32, _ places: RootlessPlaces
  ) throws(SyscallError) -> ProcessIdentity? {
    let (reading, writing) = try Kernel.pipe().release()
    let ready = OwnedFD(taking: reading)
    let far = OwnedFD(taking: writing)
    let null = try Kernel.open("/dev/null", .readWrite)
    // It stays in the foreground; descriptor 3 is where it tells that it is ready.
    let child = try ChildProcess.spawn(
      program,
      arguments: [
        "slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback", "--ready-fd=3", String(pid), "tap0",
      ], descriptors: [null.raw, null.raw, null.raw, far.raw], newSession: true)
    let word = try Kernel.waitReadable(ready.raw, milliseconds: 10_000)
    if !word {
      try child.kill()
      throw SyscallError(errno: 110, operation: "slirp4netns", detail: "not ready in 10 s")
    }
    try writeResolvers("10.0.2.3", places)
    return try ProcessIdentity.current(pid: child.pid)
  }

  /// The host's search domains, and a server that can be reached from inside.
  private static func writeResolvers(_ server: String, _ places: RootlessPlaces) throws(SyscallError) {
    var text = "nameserver \(server)\n"
    if try Kernel.exists("/etc/resolv.conf") {
      for line in try Kernel.text(of: "/etc/resolv.conf").split(separator: "\n")
      where line.hasPrefix("search ") || line.hasPrefix("domain ") || line.hasPrefix("options ") {
        text += line + "\n"
      }
    }
    try Kernel.open(places.resolvConf, [.writeOnly, .create, .truncate, .noFollow], mode: 0o600).writeAll(
      Array(text.utf8))
  }
}

// Looks at a host for all that containers need of it. Changes nothing: what can only be known by doing it is done by a process
// of its own, in namespaces that go with it (HostTrial).
public import ContainrHost
public import ContainrSystem
public import SystemPackage

/// A look at one host.
public struct HostCheckup: Sendable {
  let settings: HostSettings
  /// `/`; another directory in tests, for what is read from files.
  let root: FilePath
  let uid: UInt32

  /// Of the host with these settings, for a user. `root` is for tests.
  public init(settings: HostSettings, uid: UInt32, root: FilePath = "/") {
    self.settings = settings
    self.uid = uid
    self.root = root
  }

  /// Everything, in the order in which it is told. With `trial` also what has to be tried out, which takes root.
  public func findings(trial: Bool = true) throws(SyscallError) -> [HostFinding] {
    var all = try installation()
    if trial, uid == 0 { all += HostTrial.findings(settings) }
    all += try kernel()
    all += try modules()
    all += try cgroups()
    all += try storage()
    all += try network()
    all += try limits()
    return all
  }

  private func installation() throws(SyscallError) -> [HostFinding] {
    var all: [HostFinding] = []
    if uid == 0 {
      all.append(HostFinding("user", .good, "root"))
    } else {
      all.append(
        HostFinding(
          "user", .missing, "uid \(uid): namespaces, cgroups and networks need root in this version",
          remedy: "sudo containr doctor"))
    }
    for (what, program) in [("shim", settings.shim), ("program", settings.program)] {
      let isThere = try Kernel.exists(program)
      all.append(
        HostFinding(
          what, isThere ? .good : .missing, isThere ? program.string : "\(program) is missing",
          remedy: isThere ? nil : "make install"))
    }
    return all
  }

  // MARK: reading

  /// The text of a file of the host; nil if it is not there or not for us.
  func text(_ path: FilePath) throws(SyscallError) -> String? {
    do throws(SyscallError) {
      return try Kernel.text(of: root.pushing(path.isAbsolute ? FilePath(String(path.string.dropFirst())) : path))
    } catch {
      if [1, 2, 13, 20].contains(error.errno) { return nil }
      throw error
    }
  }

  /// The number that a file of the host holds.
  func number(_ path: FilePath) throws(SyscallError) -> UInt64? { try text(path).flatMap { UInt64($0) } }

  func exists(_ path: FilePath) throws(SyscallError) -> Bool {
    try Kernel.exists(root.pushing(FilePath(String(path.string.dropFirst()))))
  }
}

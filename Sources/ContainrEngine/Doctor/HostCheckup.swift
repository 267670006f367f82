// Looks at a host for all that containers need of it. Changes nothing: what can only be known by doing it is done by a process
// of its own, in namespaces that go with it (HostTrial).
public import ContainrHost
internal import ContainrRootless
public import ContainrSystem
public import SystemPackage

/// A look at one host.
public struct HostCheckup: Sendable {
  let settings: HostSettings
  /// `/`; another directory in tests, for what is read from files.
  let root: FilePath
  let uid: UInt32
  /// The user's environment.
  let variables: [String: String]
  /// Where an ordinary user's containers are kept; nil: root's settings say it, or the user has no home.
  let places: RootlessPlaces?

  /// Of the host with these settings, for a user with an environment. `root` is for tests.
  public init(settings: HostSettings, uid: UInt32, variables: [String: String] = [:], root: FilePath = "/") {
    var settings = settings
    places =
      uid == 0
      ? nil : RootlessPlaces(uid: uid) { name in variables[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let places {
      (settings.stateDirectory, settings.runDirectory) = (places.stateDirectory, places.runDirectory)
    }
    self.settings = settings
    self.uid = uid
    self.variables = variables
    self.root = root
  }

  /// Everything, in the order in which it is told. With `trial` also what has to be tried out, in namespaces that a user may
  /// make as well.
  public func findings(trial: Bool = true) throws(SyscallError) -> [HostFinding] {
    var all = try installation()
    let tried = trial && (uid == 0 || places != nil) ? HostTrial.findings(settings, asUser: uid != 0) : []
    all += tried
    if uid != 0 { all += try ordinaryUser(tried) }
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
    } else if places == nil {
      all.append(
        HostFinding(
          "user", .missing, "uid \(uid): HOME is not set, and there is no place for containers",
          remedy: "export HOME=~"))
    } else {
      all.append(
        HostFinding("user", .good, "\(try userName() ?? "uid \(uid)"): containers in namespaces of the user's own"))
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

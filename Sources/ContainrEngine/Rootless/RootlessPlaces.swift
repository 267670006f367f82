// Where the containers of an ordinary user are kept: the directories of the XDG Base Directory Specification. Pure, but for
// the making of the directories.
internal import ContainrSystem
public import SystemPackage

/// One user's directories.
public struct RootlessPlaces: Sendable, Hashable {
  /// Durable, as root's /var/lib/containr.
  public var stateDirectory: FilePath
  /// Gone with a reboot, as root's /run/containr.
  public var runDirectory: FilePath
  /// Whose.
  public var uid: UInt32

  /// Where programs are looked for that take part.
  public static let programDirectories: [FilePath] = ["/usr/bin", "/usr/local/bin", "/bin"]
  /// Those that lead out of a user's network, the better one first.
  public static let uplinkPrograms = ["pasta", "slirp4netns"]

  /// By a user's environment; `variable` answers nil for what is not set or empty. nil: there is no home.
  public init?(uid: UInt32, variable: (String) -> String?) {
    func absolute(_ name: String) -> FilePath? {
      // The specification: relative paths are invalid and to be ignored.
      guard let path = variable(name), path.hasPrefix("/") else { return nil }
      return FilePath(path).lexicallyNormalized()
    }
    let data =
      absolute("XDG_DATA_HOME")
      ?? absolute("HOME").map { $0.appending(".local").appending("share") }
    guard let state = absolute("CONTAINR_STATE_DIR") ?? data?.appending("containr") else { return nil }
    stateDirectory = state
    runDirectory =
      absolute("CONTAINR_RUN_DIR") ?? absolute("XDG_RUNTIME_DIR")?.appending("containr")
      ?? FilePath("/tmp/containr-\(uid)")
    self.uid = uid
  }

  /// Those of a holder, which knows no more.
  init(runDirectory: FilePath) {
    stateDirectory = runDirectory
    self.runDirectory = runDirectory
    uid = 0
  }

  /// Which process holds the user's namespaces.
  var record: FilePath { runDirectory.appending("rootless") }
  /// Held by who makes, enters or ends them.
  var lock: FilePath { runDirectory.appending("rootless.lock") }
  /// The resolvers as they are to be reached from within.
  public var resolvConf: FilePath { runDirectory.appending("rootless.resolv.conf") }
  /// Of the process that leads out of the user's network.
  var uplinkPID: FilePath { runDirectory.appending("rootless.uplink") }

  /// Says whether answers to clients outside come to the relay: `1` or `0`; not there: nobody has seen to it yet.
  static func clientReturn(_ runDirectory: FilePath) -> FilePath { runDirectory.appending("rootless.return") }

  /// Everything of the above that a holder leaves when it ends.
  var files: [FilePath] {
    [
      record, resolvConf, uplinkPID, runDirectory.appending(RootlessRelay.socketName), Self.clientReturn(runDirectory),
    ]
  }

  /// Makes the directories; nobody else may have made them, or see into them.
  func make() throws(SyscallError) {
    for directory in [stateDirectory, runDirectory] {
      try Kernel.makeDirectories(directory, mode: 0o700)
      let status = try Kernel.status(of: directory, followSymlinks: false)
      guard status.isDirectory, status.uid == uid else {
        throw SyscallError(errno: 1, operation: "use", path: directory, detail: "it is not a directory of yours")
      }
      if status.mode & 0o022 != 0 {
        throw SyscallError(
          errno: 1, operation: "use", path: directory, detail: "others may write in it: chmod go-w \(directory)")
      }
    }
    // Sockets and records of containers are nobody else's business, whatever the directory above is like.
    try Kernel.changeMode(of: runDirectory, mode: 0o700)
  }
}

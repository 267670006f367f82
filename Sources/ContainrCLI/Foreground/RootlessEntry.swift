// How the command of an ordinary user becomes root of the user's own namespaces: it enters them, and begins anew inside, where
// everything is as it is for root.
internal import ContainrHost
internal import ContainrRootless
internal import ContainrSystem
package import SystemPackage

/// The way in.
package enum RootlessEntry {
  /// Set in the environment of who is inside.
  package static let mark = "CONTAINR_ROOTLESS"

  /// What spawning a program takes, which numbers descriptors beyond those it hands on.
  private static let leastFiles: UInt64 = 96

  /// Enters and executes this program again with the same words; comes back only by throwing. The process has one thread.
  package static func enter(_ context: CommandContext) throws -> Never {
    let surroundings = context.surroundings
    let places = try places(context)
    let shim = try surroundings.hostSettings().shim.string
    var environment = surroundings.environment
    // Already the way in takes descriptors, and the holder keeps the limit that its first command has had.
    let files: UInt64
    do throws(SyscallError) { files = try Kernel.raiseDescriptors() } catch { throw CommandExit(.failure, "\(error)") }
    if files < leastFiles {
      throw CommandExit(
        .refused,
        "this process may open \(files) files, and to enter the user's namespaces takes \(leastFiles) of them",
        help: "raise the hard limit: ulimit -Hn 1024, or LimitNOFILE= of the service that runs this")
    }
    do throws(RootlessFailure) {
      // A group that somebody has named is the one that is meant.
      let isNamed = surroundings.variable("CONTAINR_CGROUP_PARENT") != nil
      let entered = try RootlessNamespaces(places: places, shim: shim, session: isNamed ? nil : environment).enter()
      for note in entered.notes { context.warn(note) }
      if let parent = entered.cgroupParent, !isNamed { environment["CONTAINR_CGROUP_PARENT"] = parent }
    } catch {
      throw CommandExit(.refused, error.message, help: error.help)
    }
    environment["CONTAINR_STATE_DIR"] = places.stateDirectory.string
    environment["CONTAINR_RUN_DIR"] = places.runDirectory.string
    environment["CONTAINR_RESOLV_CONF"] = surroundings.variable("CONTAINR_RESOLV_CONF") ?? places.resolvConf.string
    environment[mark] = "1"
    let words = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let arguments = try RunProgram.arguments()
    let error =
      try RunProgram.path() == nil
      ? Kernel.execute(surroundings.executable, arguments: arguments, environment: words)
      : Kernel.executeSealed(surroundings.executable, arguments: arguments, environment: words)
    throw RunProgram.failure(error)
  }

  /// Where the user's containers are kept, outlasting boots. Nothing is made.
  package static func stateDirectory(_ context: CommandContext) throws -> FilePath {
    try places(context).stateDirectory
  }

  private static func places(_ context: CommandContext) throws -> RootlessPlaces {
    let surroundings = context.surroundings
    if let places = RootlessPlaces(uid: surroundings.uid, variable: surroundings.variable) { return places }
    throw CommandExit(
      .refused, "there is no place for the containers of uid \(surroundings.uid): HOME is not set",
      help: "set HOME, or XDG_DATA_HOME and XDG_RUNTIME_DIR; as root it needs neither")
  }
}

// Where the host's state lies, from the environment. The variables are those that docs/cli.md lists.
package import ContainrHost
internal import ContainrSystem
internal import Glibc
package import SystemPackage

extension Surroundings {
  /// The engine's settings: the defaults of root, each overridable.
  package func hostSettings() throws -> HostSettings {
    var settings = HostSettings(shim: try shim(), program: try program("containr-cli"))
    if let path = variable("CONTAINR_STATE_DIR") { settings.stateDirectory = absolute(path) }
    if let path = variable("CONTAINR_RUN_DIR") { settings.runDirectory = absolute(path) }
    if let name = variable("CONTAINR_CGROUP_PARENT") { settings.cgroupParent = name }
    if let name = variable("CONTAINR_NFT_TABLE") { settings.nftTable = name }
    if let prefix = variable("CONTAINR_LINK_PREFIX") { settings.linkPrefix = prefix }
    if let pool = variable("CONTAINR_ADDRESS_POOL") { settings.addressPool = pool }
    if let path = variable("CONTAINR_ID_DIR") { settings.idDirectory = absolute(path) }
    if let path = variable("CONTAINR_RESOLV_CONF") { settings.resolvConf = absolute(path) }
    if let path = variable("CONTAINR_JOURNALD_SOCKET") { settings.journaldSocket = absolute(path) }
    // In root's environment the word means nothing: the host's network is root's.
    if variable(RootlessEntry.mark) != nil { settings.relaysPorts = try Kernel.isInUserNamespace() }
    if let name = variable("CONTAINR_FAILPOINT") { settings.failpoint = failpoint(name) }
    return settings
  }

  /// For tests of crash safety: dies at the boundary of this name as kill -9 would have it. With `record:FILE` the
  /// names of all boundaries are added to a file instead.
  private func failpoint(_ name: String) -> @Sendable (String) -> Void {
    let mark = "record:"
    guard name.hasPrefix(mark) else {
      return { reached in if reached == name { kill(getpid(), SIGKILL) } }
    }
    let file = absolute(String(name.dropFirst(mark.count)))
    return { reached in
      do throws(SyscallError) {
        let log = try Kernel.open(file, [.writeOnly, .create, .append], mode: 0o600)
        try Kernel.writeAll(log.raw, Array("\(reached)\n".utf8))
      } catch {
        Output.error.write("error: CONTAINR_FAILPOINT: \(error)\n")
      }
    }
  }

  /// The shim: named, beside the program, or where `make install` puts it.
  private func shim() throws -> FilePath {
    if let path = variable("CONTAINR_SHIM") { return absolute(path) }
    return try program("containr-shim", help: "; CONTAINR_SHIM names another place")
  }

  /// Another of our programs, beside this one or where `make install` puts it.
  package func program(_ name: String, help: String = "") throws -> FilePath {
    // As text: the components of a FilePath take the runtime longer to set up than all else here.
    func directory(_ path: String) -> String {
      path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? ""
    }
    let bin = directory(executable.string)
    let candidates = [FilePath("\(bin)/\(name)"), FilePath("\(directory(bin))/libexec/containr/\(name)")]
    for candidate in candidates where try Kernel.exists(candidate) { return candidate }
    throw CommandExit(
      .failure, "\(name) is not installed",
      notes: ["looked for \(candidates.map(\.string).joined(separator: " and "))"],
      help: "`make install` puts it there\(help)")
  }
}

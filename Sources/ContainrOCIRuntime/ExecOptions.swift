// The options of `exec` that change a process.
internal import ContainrOCI
internal import ContainrSecurity

enum ExecOptions {
  /// Those that go with the container's own process.
  static func apply(_ words: CommandWords, to process: inout OCIProcess) throws(RuntimeFailure) {
    if let cwd = words.value("cwd") {
      if !cwd.hasPrefix("/") { throw RuntimeFailure("--cwd must be absolute") }
      process.cwd = cwd
    }
    process.env += words.values("env")
    if let user = words.value("user") {
      let parts = user.split(separator: ":", omittingEmptySubsequences: false).map { UInt32($0) }
      guard parts.count <= 2, !parts.contains(nil), let uid = parts[0], uid != .max else {
        throw RuntimeFailure("--user must be UID[:GID] in numbers, not \(user)")
      }
      process.user.uid = uid
      if parts.count == 2, let gid = parts[1] { process.user.gid = gid }
    }
    for text in words.values("additional-gids") {
      guard let gid = UInt32(text), gid != .max else { throw RuntimeFailure("--additional-gids: \(text) is no id") }
      process.user.additionalGids.append(gid)
    }
  }

  /// Those that go with either.
  static func detailed(_ process: OCIProcess, _ words: CommandWords) throws(RuntimeFailure) -> OCIProcess {
    var process = process
    if words.has("tty") { process.terminal = true }
    if words.has("no-new-privs") { process.noNewPrivileges = true }
    if let profile = words.value("apparmor") { process.apparmorProfile = profile }
    if let label = words.value("process-label") { process.selinuxLabel = label }
    for name in words.values("cap") {
      // One that nobody knows is a warning, as in a config and in runc: what is added is no protection.
      let capability = Capability(name: name)?.name ?? name
      process.capabilities.bounding.append(capability)
      process.capabilities.effective.append(capability)
      process.capabilities.permitted.append(capability)
      // Kept over a change of the user only where that was in use.
      if !process.capabilities.ambient.isEmpty {
        process.capabilities.inheritable.append(capability)
        process.capabilities.ambient.append(capability)
      }
    }
    return process
  }
}

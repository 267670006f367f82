// The program `containr-run`: how it begins, and how another of our programs turns into it. It is static and its file is
// sealed, since the container's first process is its child (docs/decisions/0008-run-in-one-process.md).
internal import ContainrSystem
internal import SystemPackage

/// The program and the ways into it.
package enum RunProgram {
  /// Before words that a user wrote; they may be for the parser.
  private static let typed = "run"
  /// Before words that the parser has been over.
  private static let parsed = "run-words"

  /// Takes what the caller left unmade, and refuses to run from a file that a container could write to.
  static func begin() throws {
    try Kernel.ensureStandardDescriptors()
    guard try path() != nil, try Kernel.isReadOnly("/proc/self/exe") else {
      throw CommandExit(
        .failure, "containr-run is a part of containr and cannot be started by itself", help: "containr run …")
    }
    // From here on it ends with this program, should it become the parser.
    _ = try Kernel.sealDescriptor()
    // Executed through a descriptor, it would be called by its number.
    try Kernel.setName("containr-run")
  }

  /// The path of this program if it is sealed: its file is on a mount that has no place, so the first argument tells.
  static func path() throws(SyscallError) -> FilePath? {
    if try Kernel.readLink("/proc/self/exe") != "/" { return nil }
    return try arguments().first.map { FilePath($0) }
  }

  /// The words of this process; nil if they are for the parser.
  static func words() throws(SyscallError) -> RunWords? {
    let arguments = try arguments()
    switch arguments.dropFirst().first {
    case typed: return RunWords.plain(arguments.dropFirst(2))
    case parsed: return RunWords.plain(arguments.dropFirst(2), isParsed: true)
    default: return nil
    }
  }

  /// Turns this process into `containr-run`; comes back only by throwing.
  package static func become(_ words: RunWords) throws {
    let surroundings = try Surroundings.current()
    let path = try surroundings.program("containr-run")
    let environment = surroundings.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let error = Kernel.executeSealed(
      path, arguments: [path.string, parsed] + words.arguments, environment: environment)
    throw failure(error)
  }

  /// Of a program that was not executed. Sealing takes mount_setattr(2).
  static func failure(_ error: SyscallError) -> CommandExit {
    CommandExit(
      .failure, "\(error)", help: error.errno == 38 ? "this kernel is too old: Linux 5.12 or newer is needed" : nil)
  }

  /// Turns this process into `containr-cli` with the same words; comes back only by throwing.
  static func becomeParser() throws {
    let surroundings = try Surroundings.current()
    let path = try surroundings.program("containr-cli")
    let environment = surroundings.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let error = Kernel.execute(
      path, arguments: ["containr"] + (try arguments().dropFirst()), environment: environment)
    throw CommandExit(.failure, "\(error)")
  }

  /// CommandLine.arguments would take the runtime a look through /proc/self/maps.
  static func arguments() throws(SyscallError) -> [String] {
    try Kernel.contents(of: "/proc/self/cmdline").split(separator: 0, omittingEmptySubsequences: false).dropLast()
      .map { String(decoding: $0, as: UTF8.self) }
  }
}

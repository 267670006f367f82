// The command line: global options, a command, its options and operands.
internal import ContainrBundle
internal import ContainrJSON
internal import ContainrSystem
internal import SystemPackage

/// `containr-runtime`.
public enum RuntimeProgram {
  /// Tells that the program could not become its own sealed copy; answers the exit code.
  public static func notSealed(errno: Int32) -> Int32 {
    let error = SyscallError(
      errno: errno, operation: "open_tree", path: "/proc/self/exe",
      detail: "Linux 5.12 with /proc is needed, or a container could write to this program")
    RuntimeLog.tell("containr-runtime: \(error)\n")
    return 1
  }

  /// What of the environment is looked at.
  public static let variables = ["XDG_RUNTIME_DIR", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET"]

  /// Runs the words of a command line; answers the exit code. `environment`: `NAME=value`, those of `variables`.
  public static func run(_ words: [String], environment: [String]) -> Int32 {
    do throws(RuntimeFailure) {
      return try dispatch(words, Surroundings(entries: environment))
    } catch {
      RuntimeLog.tell("containr-runtime: \(error)\n")
      return error.code
    }
  }

  /// The version of the program, and of the specification.
  static let version = "0.2.0"
  static let specVersion = "1.3.0"

  private static func dispatch(_ words: [String], _ environment: Surroundings) throws(RuntimeFailure) -> Int32 {
    let global = try parse(words, RuntimeContext.forms, ownWords: 1)
    if global.has("version") {
      Inspection.print(
        "containr-runtime version \(version)\nspec: \(specVersion)\n+CGROUP +CAP +SECCOMP +EBPF +APPARMOR +SELINUX\n")
      return 0
    }
    guard let command = global.operands.first, command != "help", !global.has("help") else {
      return try help(Array(global.operands), isAsked: global.has("help"))
    }
    let seal = try attempt("close the way to this program") { () throws(SyscallError) -> CInt? in
      do throws(SyscallError) { return try Kernel.sealDescriptor() } catch {
        if error.errno == 9 { return nil }  // a copy in memory, whose descriptor is closed
        throw error
      }
    }
    let context = try RuntimeContext(global, environment: environment, seal: seal)
    context.log.debug("\(command): records in \(context.root.path)")
    do throws(RuntimeFailure) {
      let code = try run(command, Array(global.operands.dropFirst()), context)
      context.log.debug("\(command): done, exit code \(code)")
      return code
    } catch {
      context.log.error(error.description)
      return error.code
    }
  }

  private static func run(
    _ command: String, _ rest: [String], _ context: RuntimeContext
  ) throws(RuntimeFailure) -> Int32 {
    let options = CommandForms.of(command)
    switch command {
    case _ where rest.first == "--help" || rest.first == "-h": return try help([command], isAsked: true)
    case "create": return try Running.create(try parse(rest, options), context)
    case "run": return try Running.run(try parse(rest, options), context)
    case "start":
      try Starting.start(try id(try parse(rest, [])), context)
      return 0
    case "state": return try Inspection.state(try id(try parse(rest, options)), context)
    case "kill": return try kill(rest, context)
    case "delete": return try delete(rest, context)
    case "exec":
      do throws(RuntimeFailure) {
        return try Entering.exec(try parse(rest, options, ownWords: 1), context)
      } catch {
        // 1 would be a command's own code.
        var failure = error
        if failure.code == 1 { failure.code = 255 }
        throw failure
      }
    case "list": return try Inspection.list(try parse(rest, options), context)
    case "ps": return try Inspection.ps(try parse(rest, options, ownWords: 1), context)
    case "pause": return try Changes.setPaused(try id(try parse(rest, [])), true, context)
    case "resume": return try Changes.setPaused(try id(try parse(rest, [])), false, context)
    case "update": return try Changes.update(try parse(rest, options), context)
    case "events": return try Events.events(try parse(rest, options), context)
    case "spec": return try SpecCommand.run(try parse(rest, options), context)
    case "features":
      _ = try parse(rest, [])
      Inspection.print(Features.document.text(indent: 2) + "\n")
      return 0
    case "checkpoint", "restore":
      throw RuntimeFailure("\(command) is not supported: this runtime has no CRIU")
    default: throw RuntimeFailure("unknown command `\(command)`: containr-runtime --help tells which there are")
    }
  }

  /// The page of the command that is named, and else that of the program: an error if nothing was asked for.
  private static func help(_ operands: [String], isAsked: Bool) throws(RuntimeFailure) -> Int32 {
    let name = operands.first == "help" ? operands.dropFirst().first : operands.first
    guard let page = HelpPage.text(name) else {
      throw RuntimeFailure("unknown command `\(name ?? "")`: containr-runtime --help tells which there are")
    }
    Inspection.print(page)
    return operands.isEmpty && !isAsked ? 1 : 0
  }

  private static func parse(
    _ words: [String], _ forms: [String], ownWords: Int = .max
  ) throws(RuntimeFailure) -> CommandWords {
    do throws(UsageError) { return try CommandWords(words, forms, ownWords: ownWords) } catch {
      throw RuntimeFailure(error.reason)
    }
  }

  private static func id(_ words: CommandWords) throws(RuntimeFailure) -> String {
    guard words.operands.count == 1 else { throw RuntimeFailure("needs exactly one container id") }
    return words.operands[0]
  }

  private static func kill(_ rest: [String], _ context: RuntimeContext) throws(RuntimeFailure) -> Int32 {
    let words = try parse(rest, CommandForms.of("kill"))
    if words.value("regex") != nil {
      throw RuntimeFailure("--regex is not supported: containers are named by their ids")
    }
    guard let id = words.operands.first, words.operands.count <= 2 else {
      throw RuntimeFailure("needs a container id and perhaps a signal")
    }
    let text = words.operands.count == 2 ? words.operands[1] : "SIGTERM"
    guard let signal = SignalName.number(text) else { throw RuntimeFailure("unknown signal `\(text)`") }
    try Removal.kill(id, signal: signal, all: words.has("all"), context)
    return 0
  }

  private static func delete(_ rest: [String], _ context: RuntimeContext) throws(RuntimeFailure) -> Int32 {
    let words = try parse(rest, CommandForms.of("delete"))
    if words.operands.isEmpty { throw RuntimeFailure("needs a container id") }
    for id in words.operands { try Removal.delete(id, force: words.has("force"), context) }
    return 0
  }
}

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
      Inspection.print(usage)
      return global.operands.isEmpty && !global.has("help") ? 1 : 0
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
    if rest.first == "--help" || rest.first == "-h" {
      Inspection.print(usage)
      return 0
    }
    switch command {
    case "create": return try Running.create(try parse(rest, Running.forms), context)
    case "run": return try Running.run(try parse(rest, Running.forms), context)
    case "start":
      try Starting.start(try id(try parse(rest, [])), context)
      return 0
    case "state": return try Inspection.state(try id(try parse(rest, ["all,a"])), context)
    case "kill": return try kill(rest, context)
    case "delete": return try delete(rest, context)
    case "exec":
      do throws(RuntimeFailure) {
        return try Entering.exec(try parse(rest, Entering.forms, ownWords: 1), context)
      } catch {
        // 1 would be a command's own code.
        var failure = error
        if failure.code == 1 { failure.code = 255 }
        throw failure
      }
    case "list": return try Inspection.list(try parse(rest, ["quiet,q", "format,f="]), context)
    case "ps": return try Inspection.ps(try parse(rest, ["format,f="], ownWords: 1), context)
    case "pause": return try Changes.setPaused(try id(try parse(rest, [])), true, context)
    case "resume": return try Changes.setPaused(try id(try parse(rest, [])), false, context)
    case "update": return try Changes.update(try parse(rest, Changes.updateForms), context)
    case "events": return try Events.events(try parse(rest, Events.forms), context)
    case "spec": return try SpecCommand.run(try parse(rest, SpecCommand.forms), context)
    case "features":
      _ = try parse(rest, [])
      Inspection.print(Features.document.text(indent: 2) + "\n")
      return 0
    case "checkpoint", "restore":
      throw RuntimeFailure("\(command) is not supported: this runtime has no CRIU")
    default: throw RuntimeFailure("unknown command `\(command)`")
    }
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
    let words = try parse(rest, ["all,a", "regex,r="])
    guard let id = words.operands.first, words.operands.count <= 2 else {
      throw RuntimeFailure("needs a container id and perhaps a signal")
    }
    let text = words.operands.count == 2 ? words.operands[1] : "SIGTERM"
    guard let signal = SignalName.number(text) else { throw RuntimeFailure("unknown signal `\(text)`") }
    try Removal.kill(id, signal: signal, all: words.has("all"), context)
    return 0
  }

  private static func delete(_ rest: [String], _ context: RuntimeContext) throws(RuntimeFailure) -> Int32 {
    let words = try parse(rest, ["force,f"])
    if words.operands.isEmpty { throw RuntimeFailure("needs a container id") }
    for id in words.operands { try Removal.delete(id, force: words.has("force"), context) }
    return 0
  }

  static let usage = """
    containr-runtime: runs a container from an OCI bundle

    usage: containr-runtime [global options] COMMAND [options] [ID] [...]

    commands: create start run exec state kill delete list ps pause resume update events spec features
    global options: --root DIR  --log FILE  --log-format text|json  --debug  --rootless auto|true|false
                    --cgroup-manager cgroupfs|disabled  --version  --help
    create, run:    --bundle DIR  --console-socket PATH  --pid-file FILE  --no-pivot  --preserve-fds N
    run:            --detach  --keep
    exec:           --tty  --detach  --env N=V  --user UID[:GID]  --cwd DIR  --cap CAP  --no-new-privs
                    --process FILE  --pid-file FILE  --console-socket PATH  --preserve-fds N
    kill:           [SIGNAL] --all            delete: --force        list: --quiet --format table|json
    ps:             --format table|json       update: --resources FILE|- and single limits
    events:         --stats --interval 5s     spec: --bundle DIR --rootless

    """
}

// `containr exec`: a command in a running container.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem

struct ExecCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec", abstract: "Runs a command in a running container; its exit code is passed on.",
    discussion: """
      It has the container's environment, user, rights and limits; a terminal of its own if our standard input and output \
      are one, else our standard streams. 127: it is not there; 126: it cannot be executed; 125: Containr could not do it.
      """)

  @OptionGroup var stack: StackOptions
  @OptionGroup var inside: InsideOptions
  @Flag(name: .shortAndLong, help: "Begin it and leave it to itself.") var detach = false
  @Flag(help: "With all capabilities.") var privileged = false
  @Option(help: ArgumentHelp("Which container of the service.", valueName: "number")) var index: Int?
  @Argument(help: "The service.", completion: .services) var service: String
  @Argument(parsing: .captureForPassthrough, help: "The command.") var command: [String]

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    let signals = try InsideSession.signals()
    engine.prepareCommand()
    let name = try StackNaming(choice: stack.choice(), context: context).name(engine)
    let words = command.first == "--" ? Array(command.dropFirst()) : command
    guard !words.isEmpty else { throw CommandExit(.failure, "name a command to run in \(service)") }
    var wanted = InsideCommand(words)
    wanted.environment = inside.variables(context.surroundings)
    (wanted.user, wanted.workingDirectory) = (inside.user, inside.workdir)
    (wanted.isPrivileged, wanted.isDetached) = (privileged, detach)
    wanted.hasTerminal = !detach && inside.wantsTerminal
    wanted.size = wanted.hasTerminal ? Kernel.callersWindow() : nil
    let streams = try StreamRelay(takesInput: !wanted.hasTerminal && !detach)
    let given = wanted.hasTerminal || detach ? [nil, nil, nil] : streams.given
    do {
      let running = try engine.begin(wanted, stack: name, service: service, index: index, streams: given)
      if detach { return }
      guard let status = try InsideSession(command: running, streams: streams, keys: inside.keys).run(signals: signals)
      else { return context.errors.write("\r\nleft it to itself\n") }
      throw CommandExit(passing: status.code)
    } catch let error as EngineError {
      if case .program(let code) = error.kind { throw CommandExit(passing: code, error.message) }
      throw CommandExit(.runFailed, error.message, help: error.kind == .unknownContainer ? "see containr ps" : nil)
    }
  }
}

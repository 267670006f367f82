// What `containr exec` was asked for, and the doing of it.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem

/// The words of `containr exec`.
struct ExecWords: Sendable, Hashable {
  var choice = StackChoice()
  var inside = InsideWords()
  var detach = false
  var privileged = false
  var index: Int?
  var service = ""
  /// With its arguments, and perhaps a `--` before them.
  var command: [String] = []

  /// Ends by throwing, with the command's code or a reason; not if it is left to itself.
  func run() throws {
    guard let code = try CommandExit.ours({ try end() }) else { return }
    throw CommandExit(passing: code)
  }

  /// The command's code; nil if it is left to itself.
  private func end() throws -> Int32? {
    let context = try CommandContext()
    let engine = try context.engine()
    let signals = try InsideSession.signals()
    engine.prepareCommand()
    let name = try StackNaming(choice: choice, context: context).name(engine)
    let words = command.first == "--" ? Array(command.dropFirst()) : command
    guard !words.isEmpty else { throw CommandExit(.failure, "name a command to run in \(service)") }
    try inside.checkTerminal(isDetached: detach)
    var wanted = InsideCommand(words)
    wanted.environment = inside.variables(context.surroundings)
    (wanted.user, wanted.workingDirectory) = (inside.user, inside.workdir)
    wanted.isPrivileged = privileged
    wanted.hasTerminal = detach ? inside.terminal : inside.wantsTerminal
    // One with a terminal is begun as any other and then left, as by the detach keys: somebody has to read what it writes.
    wanted.isDetached = detach && !wanted.hasTerminal
    wanted.size = wanted.hasTerminal ? Kernel.callersWindow() : nil
    let streams = try StreamRelay(takesInput: !wanted.hasTerminal && !detach && !inside.noInput)
    let given = wanted.hasTerminal || detach ? [nil, nil, nil] : streams.given
    do {
      let running = try engine.begin(wanted, stack: name, service: service, index: index, streams: given)
      if detach { return try leave(running) }
      guard let status = try InsideSession(command: running, streams: streams, keys: inside.keys).run(signals: signals)
      else {
        context.errors.write("\r\nleft it to itself\n")
        return nil
      }
      return status.code
    } catch let error as EngineError {
      // What there is instead is said by who chooses among it.
      if error.kind == .unknownContainer {
        _ = try ContainerChoice.one(service, index: index, of: name, engine, context)
      }
      let exit = CommandExit(ofCommand: error)
      if exit.code == ExitCode.runFailed.rawValue { try checkRuns(name, engine, context) }
      throw exit
    }
  }

  /// Nothing can be run in what does not run, whatever stood in the way.
  private func checkRuns(_ stack: String, _ engine: StackEngine, _ context: CommandContext) throws {
    let container = try ContainerChoice.one(service, index: index, of: stack, engine, context)
    if container.pid != nil { return }
    throw CommandExit(
      .runFailed, "\(container.name) does not run",
      help: "containr start \(service) begins it; containr run \(service) COMMAND has a container of its own")
  }

  /// Waits until its program runs. A code only where it could not.
  private func leave(_ running: ContainerCommand) throws -> Int32? {
    guard running.terminal != nil else { return nil }
    if let status = try running.status() { return status.code }
    try running.leave()
    return nil
  }
}

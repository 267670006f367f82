// `containr attach`: our streams become those of a service's own process.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem

struct AttachCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach", abstract: "Attaches our standard streams to a running service's process.",
    discussion: """
      Its exit code is passed on. What is typed reaches it where the service has stdin_open; with tty our terminal is its. \
      The detach keys leave it running.
      """)

  @OptionGroup var stack: StackOptions
  @Option(help: ArgumentHelp("Which container of the service.", valueName: "number")) var index: Int?
  @Option(
    name: .customLong("detach-keys"),
    help: ArgumentHelp("The keys that leave it running.", valueName: "keys")) var keys = DetachKeys.usual
  @Flag(help: "What is typed stays here.") var noStdin = false
  @Flag(inversion: .prefixedNo, help: "Signals to this command are passed on.") var sigProxy = true
  @Argument(help: "The service.", completion: .services) var service: String

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    let name = try StackNaming(choice: stack.choice(), context: context).name(engine)
    let container = try ContainerChoice.one(service, index: index, of: name, engine, context)
    guard container.pid != nil else {
      throw CommandExit(.failure, "\(container.name) does not run", help: "containr start begins it")
    }
    let signals = try InsideSession.signals()
    let passSignal: ((Int32) throws -> Void)? =
      sigProxy
      ? { signal in try context.attempt { () throws(EngineError) in try engine.pass(signal, to: container.id) } } : nil
    let end: AttachSession.End
    if let attachment = try context.attempt({ () throws(EngineError) in try engine.attach(container.id) }) {
      end = try AttachSession(
        attachment: attachment, keys: keys, takesInput: !noStdin, passSignal: passSignal
      ).run(signals: signals)
    } else {
      do {
        end = try watch(container, engine, context, signals, passSignal)
      } catch let error as SyscallError where error.errno == 32 {  // EPIPE
        end = .unread
      }
    }
    switch end {
    case .ended(let code): throw CommandExit(passing: code)
    case .left: context.errors.write("\r\nleft running\n")
    // As a shell tells of a program that SIGPIPE has ended.
    case .unread: throw CommandExit(passing: 141)
    case .lost:
      throw CommandExit(
        .failure, "\(container.name) has let go of us", help: "containr logs shows what we have missed")
    }
  }

  /// A process without terminal and input has only what it writes, and that is in its log.
  private func watch(
    _ container: ContainerStatus, _ engine: StackEngine, _ context: CommandContext, _ signals: borrowing OwnedFD,
    _ passSignal: ((Int32) throws -> Void)?
  ) throws -> AttachSession.End {
    let reader = try LogStreams.reader([container], context: context, showsTime: false, showsName: false)
    try reader.watch()
    try reader.printHistory(tail: 0)
    let exit = try context.attempt { () throws(EngineError) in try engine.exitDescriptor(container.id) }
    let events = try EventPoll()
    try events.add(signals.raw, token: 0)
    try events.add(reader.descriptor, token: 1)
    if let exit { try events.add(exit.raw, token: 2) }
    var isBehind = false
    while true {
      for event in try events.wait(milliseconds: isBehind ? 0 : -1) {
        switch event.token {
        case 0:
          while let signal = try Kernel.nextSignal(signals.raw) {
            if let passSignal {
              if signal != 28 && signal != 18 { try passSignal(signal) }
            } else if [1, 2, 3, 15].contains(signal) {
              return .left
            }
          }
        case 1: isBehind = true
        default:
          try reader.printRest()
          let now = try context.attempt { () throws(EngineError) in try engine.containers(stack: container.stack) }
          return .ended(now.first { $0.id == container.id }?.exitCode ?? 137)
        }
      }
      if isBehind { isBehind = try reader.printNew() }
    }
  }
}

// `containr logs`: what the containers wrote.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem
internal import SystemPackage

struct LogsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Prints what the containers of a stack wrote, merged in the order of time.")

  @Option(
    name: .customLong("file"), help: ArgumentHelp("The stack file; repeated, later files override.", valueName: "file"))
  var named: [String] = []
  @OptionGroup var naming: NamingOptions
  @Argument(help: "Stack files, if words end in .yaml or .yml; services; no service is all of them.")
  var words: [String] = []
  @Flag(name: [.customShort("f"), .customLong("follow")], help: "Go on with what they write.") var follow = false
  @Option(
    name: [.customShort("n"), .customLong("tail")],
    help: ArgumentHelp("Only the last lines of each container.", valueName: "lines")) var tail: Int?
  @Option(help: ArgumentHelp("Only lines since then, such as 2026-11-23T16:00:00Z.", valueName: "time")) var since:
    String?
  @Flag(name: [.customShort("t"), .customLong("timestamps")], help: "Show the time of each line.") var timestamps =
    false
  @Flag(help: "No names before lines.") var noLogPrefix = false
  @Flag(help: "No colours.") var noColor = false

  /// In this command -f follows, as everybody expects, so the file may stand among the words.
  private var arguments: MixedWords { MixedWords(words, files: named) }

  func run() throws {
    let context = try CommandContext(noColour: noColor)
    let engine = try context.engine("containr logs")
    let name = try StackNaming(choice: naming.choice(arguments.files), context: context).name(engine)
    let containers = try ContainerChoice(arguments.services, of: name, engine, context).containers
    let silent = Set(containers.filter { !$0.keepsLog }.map(\.service))
    if !silent.isEmpty {
      context.warn("nothing is kept of what \(silent.sorted().joined(separator: ", ")) writes: logging.driver is none")
    }
    let reader = try LogStreams.reader(containers, context: context, showsTime: timestamps, showsName: !noLogPrefix)
    if follow { try reader.watch() }
    try reader.printHistory(tail: tail, since: since)
    // Ctrl-C ends a follow like any program that reads; nothing has to be put in order.
    while follow {
      _ = try Kernel.waitReadable(reader.descriptor, milliseconds: -1)
      try reader.printNew()
    }
  }
}

/// The readers of containers' logs.
enum LogStreams {
  static func reader(_ containers: [ContainerStatus], context: CommandContext, showsTime: Bool, showsName: Bool) throws
    -> LogReader
  {
    // The stack's name is the same in all lines and only costs room.
    let names = containers.map { "\($0.service)-\($0.index)" }
    let output = context.output.descriptor
    return try LogReader(
      zip(names, containers).map { LogFile(name: $0, path: FilePath($1.logFile)) },
      printer: LogPrinter(names: names, ink: context.ink, showsTime: showsTime, showsName: showsName)
    ) { bytes in try Kernel.writeAll(output, bytes) }
  }
}

// `containr logs`: what the containers wrote.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem
internal import ContainrTelemetry
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
    help: ArgumentHelp("Only the last lines of each container; all is all.", valueName: "lines")) var tail: TailWord?
  @Option(help: ArgumentHelp("Only lines from then on: a time, or how long ago, such as 10m.", valueName: "time"))
  var since: String?
  @Option(help: ArgumentHelp("Only lines before then: a time, or how long ago.", valueName: "time")) var until: String?
  @Option(
    help: ArgumentHelp("Only lines in which this extended regular expression is found.", valueName: "pattern"))
  var grep: String?
  @Option(help: ArgumentHelp("Only this container of a service.", valueName: "number")) var index: Int?
  @Flag(help: "One JSON object a line.") var json = false
  @Flag(name: [.customShort("t"), .customLong("timestamps")], help: "Show the time of each line.") var timestamps =
    false
  @Flag(help: "No names before lines.") var noLogPrefix = false
  @Flag(help: "No colours.") var noColor = false

  func validate() throws {
    if index != nil, arguments.services.count != 1 { throw ValidationError("--index is about one service: name it") }
  }

  /// In this command -f follows, as everybody expects, so the file may stand among the words.
  private var arguments: MixedWords { MixedWords(words, files: named) }

  func run() throws {
    let context = try CommandContext(noColour: noColor)
    let engine = try context.engine()
    let now = Kernel.realTime()
    let until = try self.until.map { try TimeWord.nanoseconds($0, "--until", now: now) }
    let filter = LogFilter(
      since: try since.map { LogTimestamp.text(try TimeWord.nanoseconds($0, "--since", now: now)) },
      until: until.map(LogTimestamp.text), pattern: try grep.map { try LinePattern($0) })
    let name = try StackNaming(choice: naming.choice(arguments.files), context: context).nameToLook(engine)
    func containers() throws -> [ContainerStatus] {
      try ContainerChoice(arguments.services, of: name, engine, context).containers.filter {
        index == nil || $0.index == index
      }
    }
    // The watch before the look: who comes in between is seen by one of them.
    let events = follow ? try context.attempt { () throws(EngineError) in try engine.followEvents() } : nil
    let first = try containers()
    if let index, first.isEmpty {
      throw CommandExit(
        .failure, "there is no container number \(index) of \(arguments.services.joined(separator: ", "))")
    }
    let silent = Set(first.filter { !$0.keepsLog }.map(\.service))
    if !silent.isEmpty {
      context.warn("nothing is kept of what \(silent.sorted().joined(separator: ", ")) writes: logging.driver is none")
    }
    let reader = try LogStreams.reader(
      first, context: context, showsTime: timestamps, showsName: !noLogPrefix, isJSON: json, filter: filter)
    if follow { try reader.watch() }
    try reader.printHistory(tail: tail?.count)
    if let events { try goOn(reader, events, until: until, engine, containers) }
  }

  /// Between two looks at what has ended and may begin again, in milliseconds.
  private static let patience: Int32 = 500
  private static let logToken: UInt64 = 1, eventToken: UInt64 = 2, firstContainer: UInt64 = 16

  /// Until all of them have ended for good. Ctrl-C ends it like any program that reads; nothing has to be put in order.
  private func goOn(
    _ reader: LogReader, _ events: EventFollower, until: UInt64?, _ engine: StackEngine,
    _ containers: () throws -> [ContainerStatus]
  ) throws {
    let poll = try EventPoll()
    try poll.add(reader.descriptor, token: Self.logToken)
    try poll.add(events.descriptor, token: Self.eventToken)
    var crowd = Crowd(firstToken: Self.firstContainer) { try engine.exitDescriptor($0) }
    _ = try crowd.update(try containers(), poll: poll)
    // A command may be about to begin again what it has just ended.
    var isLast = false
    var isBehind = false
    while true {
      let now = Kernel.realTime()
      if let until, until <= now { return try reader.printRest() }
      let left = until.map { Int32(clamping: ($0 - now) / 1_000_000 + 1) } ?? Int32.max
      let isOpen = crowd.hasEnded || crowd.isUndecided
      var hasMoved = false
      let patience = isOpen ? min(left, Self.patience) : until == nil ? -1 : left
      for event in try poll.wait(milliseconds: isBehind ? 0 : patience) {
        if event.token >= Self.firstContainer {
          try crowd.ended(token: event.token, poll: poll)
          hasMoved = true
        }
        guard event.token == Self.eventToken else { continue }
        // A container that came since is shown from its first line on.
        let news = try events.take()
        hasMoved = hasMoved || !news.isEmpty
        let comes = news.contains { $0.action == .create || $0.action == .start }
        if comes { for file in LogStreams.files(try containers()) { try reader.follow(file) } }
      }
      if hasMoved || isOpen { _ = try crowd.update(try containers(), poll: poll) }
      isBehind = try reader.printNew()
      if crowd.hasEnded, isLast, !hasMoved { return try reader.printRest() }
      isLast = crowd.hasEnded && !hasMoved
    }
  }
}

/// `all`, or how many.
struct TailWord: ExpressibleByArgument, Sendable, Hashable {
  /// nil: all of them.
  var count: Int?

  init?(argument: String) {
    if argument == "all" { return }
    guard let number = Int(argument) else { return nil }
    // As in Compose, -1 is all.
    count = number < 0 ? nil : number
  }
}

/// The readers of containers' logs.
enum LogStreams {
  static func reader(
    _ containers: [ContainerStatus], context: CommandContext, showsTime: Bool, showsName: Bool, isJSON: Bool = false,
    filter: LogFilter = LogFilter()
  ) throws -> LogReader {
    let output = context.output.descriptor
    let files = files(containers)
    var names: [String] = []
    for file in files where !names.contains(file.source.label) { names.append(file.source.label) }
    var printer = LogPrinter(names: names, ink: context.ink, showsTime: showsTime, showsName: showsName)
    printer.isJSON = isJSON
    return try LogReader(files, printer: printer, filter: filter, tell: context.warn) { bytes in
      try Kernel.writeAll(output, bytes)
    }
  }

  /// Of each container what it writes, and what its former lives wrote, as far as it is kept.
  static func files(_ containers: [ContainerStatus]) -> [LogFile] {
    var paths: Set<String> = []
    return containers.flatMap { container in
      // The stack's name is the same in all lines and only costs room.
      let source = LogSource(
        label: "\(container.service)-\(container.index)", service: container.service, index: container.index,
        container: container.name)
      return ([container.formerLogFile].compactMap(\.self) + [container.logFile]).filter { paths.insert($0).inserted }
        .map { LogFile(source, path: FilePath($0)) }
    }
  }
}

// `containr events`: what has happened to containers, and what happens.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec
internal import ContainrSystem
internal import ContainrTelemetry

struct EventsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events", abstract: "Shows what happens to the containers of a stack, as it happens.",
    discussion: "With --since also what has happened in this boot; with --until it ends at that time.")

  @OptionGroup var stack: StackOptions
  @Flag(help: "One JSON object a line.") var json = false
  @Flag(name: [.customShort("a"), .long], help: "Of all stacks.") var all = false
  @Option(help: ArgumentHelp("From then on: a time of RFC 3339, or how long ago, such as 10m.", valueName: "time"))
  var since: String?
  @Option(help: ArgumentHelp("Up to then: a time, or how long ago.", valueName: "time")) var until: String?
  @Option(
    help: ArgumentHelp("Only these, such as event=die, service=web, container=NAME; repeated.", valueName: "filter"))
  var filter: [String] = []
  @Argument(help: "Only these services.", completion: .services) var services: [String] = []

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    let choice = stack.choice()
    let name = all ? nil : try StackNaming(choice: choice, context: context).nameToLook(engine)
    // What has happened may be about services that are gone; what will happen cannot.
    if let name, since == nil, !services.isEmpty {
      let containers = try context.attempt { () throws(EngineError) in try engine.containers(stack: name) }
      try KnownServices(choice: choice, engine: engine, context: context).check(services, containers, name)
    }
    let filter = try EventFilter(filter, services: services, stack: name)
    let now = Kernel.realTime()
    let since = try self.since.map { try TimeWord.nanoseconds($0, "--since", now: now) }
    let until = try self.until.map { try TimeWord.nanoseconds($0, "--until", now: now) }
    if until.map({ $0 <= now }) ?? false { return show(try past(engine, context, since ?? 0, until), filter, context) }
    // First the watch, then the look: nothing falls between the two.
    let follower = try context.attempt { () throws(EngineError) in try engine.followEvents() }
    var shown: [ContainerEvent] = []
    if let since {
      shown = try past(engine, context, since, until)
      show(shown, filter, context)
    }
    while true {
      let left =
        until.map { $0 > Kernel.realTime() ? Int32(clamping: ($0 - Kernel.realTime()) / 1_000_000 + 1) : 0 } ?? -1
      if left == 0 { return }
      _ = try Kernel.waitReadable(follower.descriptor, milliseconds: left)
      let news = try follower.take().filter { !shown.contains($0) }
      show(news.filter { event in until.map { event.time < $0 } ?? true }, filter, context)
      if !news.isEmpty { shown = [] }
    }
  }

  private func past(
    _ engine: StackEngine, _ context: CommandContext, _ since: UInt64, _ until: UInt64?
  ) throws -> [ContainerEvent] {
    try context.attempt { () throws(EngineError) in try engine.events() }.filter { event in
      event.time >= since && (until.map { event.time < $0 } ?? true)
    }
  }

  private func show(_ events: [ContainerEvent], _ filter: EventFilter, _ context: CommandContext) {
    context.output.write(events.filter(filter.holds).map { json ? EventView.json($0) : EventView.text($0) }.joined())
  }
}

/// Which events are shown.
struct EventFilter {
  private var wanted: [String: Set<String>] = [:]

  init(_ words: [String], services: [String], stack: String?) throws {
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, ["event", "service", "container", "stack"].contains(parts[0]) else {
        throw CommandExit(
          .refused, "--filter \(word) is none that there is", help: "event=, service=, container= or stack=")
      }
      if parts[0] == "event", ContainerEvent.Action(rawValue: parts[1]) == nil {
        throw CommandExit(
          .refused, "there is no event '\(parts[1])'",
          help: "there are \(ContainerEvent.Action.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      wanted[parts[0], default: []].insert(parts[1])
    }
    if !services.isEmpty { wanted["service", default: []].formUnion(services) }
    if let stack { wanted["stack"] = [stack] }
  }

  /// Of one kind any, of all kinds.
  func holds(_ event: ContainerEvent) -> Bool {
    let values = [
      "event": event.action.rawValue, "service": event.subject.service, "container": event.subject.name,
      "stack": event.subject.stack,
    ]
    return wanted.allSatisfy { kind, words in values[kind].map { words.contains($0) } ?? false }
  }
}

/// Events as lines. Pure.
enum EventView {
  static func text(_ event: ContainerEvent) -> String {
    let more = [("service", event.subject.service), ("stack", event.subject.stack)] + event.attributes
    return "\(LogTimestamp.text(event.time)) container \(event.action.rawValue) \(event.subject.name) "
      + "(\(more.map { "\($0.0)=\($0.1)" }.joined(separator: ", ")))\n"
  }

  static func json(_ event: ContainerEvent) -> String {
    let attributes = (event.attributes + [("name", event.subject.name)]).map {
      "\(JSONText.quoted($0.0)):\(JSONText.quoted($0.1))"
    }
    return "{\"time\":\(JSONText.quoted(LogTimestamp.text(event.time))),\"type\":\"container\","
      + "\"action\":\(JSONText.quoted(event.action.rawValue)),\"id\":\(JSONText.quoted(event.subject.id)),"
      + "\"service\":\(JSONText.quoted(event.subject.service)),\"stack\":\(JSONText.quoted(event.subject.stack)),"
      + "\"attributes\":{\(attributes.joined(separator: ","))}}\n"
  }
}

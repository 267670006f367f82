// `containr stats`: what the containers of a stack use, once, as a stream, or as a live screen.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem

struct StatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "Shows processor, memory, network and disk use of containers, live on a terminal.")
  @OptionGroup var stack: StackOptions
  @Flag(name: [.customShort("a"), .long], help: "Those as well that do not run.") var all = false
  @Flag(name: .customLong("no-stream"), help: "Look once.") var noStream = false
  @Flag(name: .customLong("no-trunc"), help: "Do not cut long names on the live screen.") var noTrunc = false
  @Flag(name: .customLong("by-service"), help: "A line a service instead of a container.") var byService = false
  @Option(help: "table, json (an object a line), or a text with {{.Name}} and other fields.") var format: String?
  @Flag(help: "The same as --format json.") var json = false
  @Option(help: ArgumentHelp("name, cpu, memory, net, block, pids or log.", valueName: "what")) var sort: StatsOrder?
  @Option(help: ArgumentHelp("The time between two looks.", valueName: "milliseconds")) var interval: Int?
  @Flag(help: "No colours.") var noColor = false
  @Argument(help: "Services; none is all of the stack.", completion: .services) var services: [String] = []

  func validate() throws {
    if let interval, interval < 0 { throw ValidationError("the interval cannot be negative") }
    if !noStream, let interval, interval < 50 {
      throw ValidationError("the interval has to be 50 milliseconds at least; with --no-stream any")
    }
    if json, format != nil { throw ValidationError("--json and --format are two") }
  }

  func run() throws {
    let context = try CommandContext(noColour: noColor)
    let form = try StatsForm(json ? "json" : format)
    let engine = try context.engine()
    let name = try StackNaming(choice: stack.choice(), context: context).nameToLook(engine)
    // Of all, the samples alone say enough.
    if !services.isEmpty { _ = try ContainerChoice(services, of: name, engine, context) }
    let looks = StatsLooks(
      sampler: StackSampler(engine, stack: name, inDetail: form.isDetailed), services: Set(services), all: all,
      byService: byService, context: context)
    let order = sort ?? .name
    if noStream {
      _ = try looks.next()
      if let interval, interval == 0 { return try write(order.sorted(looks.last), form, context) }
      Kernel.pause(milliseconds: Int32(clamping: interval ?? 500))
      return try write(order.sorted(try looks.next()), form, context)
    }
    let pause = Int32(clamping: interval ?? 1000)
    if case .table = form, context.output.isTerminal, context.surroundings.variable("TERM") != "dumb" {
      var screen = StatsScreen(title: name, ink: context.ink, order: sort ?? .cpu)
      screen.isUnicode = context.surroundings.hasUnicode
      screen.isWhole = noTrunc
      return try LiveScreen(context.output).run(&screen, every: pause) { try looks.next() }
    }
    try stream(looks, order, form, every: pause, context)
  }

  /// Look after look, each as it would be alone, until whoever reads has gone.
  private func stream(
    _ looks: StatsLooks, _ order: StatsOrder, _ form: StatsForm, every pause: Int32, _ context: CommandContext
  ) throws {
    _ = try looks.next()
    var isFirst = true
    while true {
      Kernel.pause(milliseconds: pause)
      if case .table = form, !isFirst { context.output.write("\n") }
      isFirst = false
      try write(order.sorted(try looks.next()), form, context)
    }
  }

  private func write(_ uses: [StackUse], _ form: StatsForm, _ context: CommandContext) throws {
    switch form {
    case .table: context.output.write(StatsView.table(uses).text(context.ink))
    case .json: context.output.write(uses.map(StatsView.json).joined())
    case .template(let template, let isTable):
      context.output.write(try StatsView.text(uses, template, isTable: isTable, context.ink))
    }
  }
}

/// How it is written.
enum StatsForm {
  case table, json
  case template(FieldTemplate, isTable: Bool)

  init(_ text: String?) throws {
    switch text {
    case nil, "table": self = .table
    case "json", "{{json .}}": self = .json
    case let text? where text.hasPrefix("table "):
      self = .template(try FieldTemplate(String(text.dropFirst(6))), isTable: true)
    case let text?: self = .template(try FieldTemplate(text), isTable: false)
    }
  }

  /// Whether it tells what costs more to read.
  var isDetailed: Bool { if case .table = self { false } else { true } }
}

/// Look after look, put together with the one before.
final class StatsLooks {
  private let sampler: StackSampler
  private let services: Set<String>
  private let all: Bool
  private let byService: Bool
  private let context: CommandContext
  private var before: [ContainerSample] = []
  /// What the last look gave.
  private(set) var last: [StackUse] = []

  init(sampler: StackSampler, services: Set<String>, all: Bool, byService: Bool, context: CommandContext) {
    self.sampler = sampler
    self.services = services
    self.all = all
    self.byService = byService
    self.context = context
  }

  func next() throws -> [StackUse] {
    let now = try context.attempt { () throws(EngineError) in try sampler.samples(all: all) }
      .filter { services.isEmpty || services.contains($0.service) }
    last = StackUse.between(before, now)
    if byService { last = StackUse.byService(last) }
    before = now
    return last
  }
}

extension Surroundings {
  /// Whether the locale is one of UTF-8, by the variables that locale(7) names, in their order.
  var hasUnicode: Bool {
    let locale = variable("LC_ALL") ?? variable("LC_CTYPE") ?? variable("LANG") ?? ""
    return locale.lowercased().replacing("-", with: "").contains("utf8")
  }
}

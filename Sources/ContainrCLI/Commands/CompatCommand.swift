// `containr compat`: how much of a stack file this version acts on, key by key. Touches nothing.
internal import ArgumentParser
internal import ContainrSpec

struct CompatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compat", abstract: "Says how much of a stack file has its effect here, key by key.",
    discussion: """
      Each FILE is a stack of its own; files of one stack are named with -f. honoured: acted on; metadata: has no effect by \
      the specification; ignored: has none here; refused: the service is not started because of it. \
      Exit code 0: read; 2: a file is no stack.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @OptionGroup var stack: StackOptions
  @Argument(help: "Stack files.") var files: [String] = []
  @Flag(help: "List the keys that have their effect as well.") var all = false
  @Option(help: ArgumentHelp("How it is written.", valueName: "text|json")) var format = Format.text
  @Flag(help: "No colours.") var noColor = false

  func validate() throws {
    if !files.isEmpty && !stack.files.isEmpty {
      throw ValidationError("name files with -f for one stack, or without for a stack each; not both")
    }
  }

  func run() throws {
    let context = try CommandContext(noColour: noColor)
    var reports: [CompatReport] = []
    var failed = false
    for choice in files.isEmpty ? [stack.choice()] : files.map({ stack.naming.choice([$0]) }) {
      do {
        if let report = try report(choice, context) { reports.append(report) } else { failed = true }
      } catch let exit as CommandExit {
        // The other files are none the worse for it.
        context.errors.write(exit.text(context.errorInk))
        failed = true
      }
    }
    switch format {
    case .json: context.output.write(CompatReport.json(reports))
    case .text: context.output.write(CompatReport.text(reports, context.ink))
    }
    if failed { throw CommandExit(.refused) }
  }

  /// nil after everything is said that is wrong with the stack.
  private func report(_ choice: StackChoice, _ context: CommandContext) throws -> CompatReport? {
    var reader = try choice.reader(context)
    reader.purpose = .check
    let census = StackLoader.census(try reader.input())
    let errors = census.result.diagnostics.filter { $0.severity == .error }
    context.errors.write(
      DiagnosticRenderer.render(errors, sources: census.result.sources, colour: context.errorInk.isOn))
    return errors.isEmpty
      ? CompatReport(file: reader.source.files[0].shown, census: census, showsAll: all) : nil
  }
}

/// What `compat` says of one stack.
struct CompatReport: Sendable {
  var file: String
  var census: StackCensus
  var showsAll: Bool

  private var listed: [KeyUse] {
    showsAll ? census.uses : census.uses.filter { [.ignored, .refused].contains($0.support) }
  }

  /// All reports, and the sum of several.
  static func text(_ reports: [CompatReport], _ ink: Ink) -> String {
    var text = reports.map { $0.text(ink) }.joined(separator: "\n")
    if reports.count > 1 {
      let all = reports.reduce(0) { $0 + $1.census.uses.count }
      let good = reports.reduce(0) { $0 + $1.census.count(.honoured) + $1.census.count(.metadata) }
      let whole = reports.count { $0.census.percent == 100 }
      text +=
        "\n"
        + ink.paint(
          "\(reports.count) stacks: \(all == 0 ? 100 : good * 100 / all)%, \(good) of \(all) keys; all of them in \(whole)",
          .bold) + "\n"
    }
    return text
  }

  private func text(_ ink: Ink) -> String {
    let good = census.count(.honoured) + census.count(.metadata)
    var text =
      ink.paint("\(Displayed.safe(file)): \(census.percent)%", .bold)
      + ", \(good) of \(Displayed.count(census.uses.count, "key")) have their effect"
    for support in [KeyUse.Support.ignored, .refused] where census.count(support) > 0 {
      text += ", \(census.count(support)) \(support.rawValue)"
    }
    text += "\n"
    guard !listed.isEmpty else { return text }
    let listed = listed
    var table = Table([("", .left), ("KEY", .left), ("PLACE", .left), ("WHY", .left)])
    table.rows = listed.map { ["  \($0.support.rawValue)", $0.path, $0.location.description, $0.reason ?? ""] }
    table.paint = { row, column in
      guard column == 0 else { return nil }
      switch listed[row].support {
      case .refused: return Ink.Colour.red.rawValue
      case .ignored: return Ink.Colour.yellow.rawValue
      case .honoured, .metadata: return nil
      }
    }
    return text + table.text(ink)
  }

  /// `{"format": 1, "stacks": […]}` with a newline at its end.
  static func json(_ reports: [CompatReport]) -> String {
    ModelWriter.json(
      .mapping([ModelEntry("format", .integer(1)), ModelEntry("stacks", .list(reports.map(\.value)))]))
  }

  private var value: ModelValue {
    let counts = KeyUse.Support.allCases.map { ModelEntry($0.rawValue, .integer(Int64(census.count($0)))) }
    return .mapping([
      ModelEntry("file", .string(file)), ModelEntry("percent", .integer(Int64(census.percent))),
      ModelEntry("counts", .mapping(counts)), ModelEntry("keys", .list(listed.map(Self.value))),
    ])
  }

  private static func value(_ use: KeyUse) -> ModelValue {
    .mapping([
      ModelEntry("key", .string(use.path)), ModelEntry("support", .string(use.support.rawValue)),
      ModelEntry("reason", use.reason.map { .string($0) } ?? .null),
      ModelEntry("file", .string(use.location.file)), ModelEntry("line", .integer(Int64(use.location.line))),
      ModelEntry("column", .integer(Int64(use.location.column))),
    ])
  }
}

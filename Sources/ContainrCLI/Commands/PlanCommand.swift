// `containr plan`: what `up` would do, and why. Writes nothing but the files that it is asked for.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrSystem

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Prints what `up` would do, and why. Changes nothing.",
    discussion: "Exit code 0: nothing to do; 2: changes; 3: the file or the host does not allow it.")

  @OptionGroup var stack: StackOptions
  @Argument(help: "The stack file; - is standard input.") var file: String?
  @OptionGroup var scale: ScaleOptions
  @Flag(help: "The plan as JSON.") var json = false
  @Flag(help: "Say of every change why it costs what it costs, where its value comes from, and what follows.")
  var explain = false
  @Flag(help: "Refuse layers that are not in stack.lock, and a stack without one.") var frozen = false
  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("Save the plan; 'containr-up FILE' does exactly that.", valueName: "file")) var output: String?
  @Option(help: ArgumentHelp("Draw the order of the changes, as .svg or .dot.", valueName: "file")) var graph: String?
  @Option(help: ArgumentHelp("The plan as a page for browsers.", valueName: "file")) var html: String?
  @OptionGroup var orphans: OrphanOptions
  @Flag(help: "As if the stack of this name that came from another file were this one.") var adopt = false
  @Flag(help: "No colours.") var noColor = false

  func validate() throws {
    if let graph, !graph.hasSuffix(".svg"), !graph.hasSuffix(".dot") {
      throw ValidationError("--graph takes a file that ends in .svg or .dot")
    }
    if let output, !output.hasSuffix(".json") { throw ValidationError("-o takes a file that ends in .json") }
  }

  func run() throws {
    let context = try CommandContext(noColour: noColor)
    var choice = stack.choice(file)
    choice.scale = scale.counts
    choice.isFrozen = frozen
    let loaded = try PlanRun.planning { try choice.plan(context) }
    try PlanRun(
      context: context, stack: loaded, isJSON: json, explains: explain,
      orphans: try orphans.rule(context.switches), adopts: adopt, saved: output, graph: graph, html: html
    ).run()
  }
}

/// Plans, checks and prints.
struct PlanRun {
  var context: CommandContext
  var stack: LoadedStack
  var isJSON: Bool
  var explains = false
  var orphans = OrphanRule.keep
  var adopts = false
  var saved: String?
  var graph: String?
  var html: String?

  /// A step before there is a plan. Code 2 says that there are changes, so what cannot be planned ends with another.
  static func planning<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let exit as CommandExit {
      throw exit.code == ExitCode.refused.rawValue ? exit.with(.blocked) : exit
    }
  }

  func run() throws {
    let (engine, changeset) = try Self.planning {
      let engine = try context.engine()
      let changeset = try context.attempt { () throws(EngineError) in
        var options = ReconcileOptions()
        options.orphans = orphans
        return try engine.plan(stack.plan, stackName: stack.plan.name, options: options)
      }
      return (engine, changeset)
    }
    context.output.write(
      isJSON
        ? changeset.json(explained: explains) : ChangesetView(ink: context.ink).full(changeset, explained: explains))
    let application = Application(
      context: context, engine: engine, stack: stack, changeset: changeset, report: context.output,
      reportInk: context.ink, isJSON: isJSON, adopts: adopts)
    let problems = try application.problems()
    try write(changeset, problems)
    if !problems.isEmpty {
      application.show(problems)
      throw CommandExit(.blocked)
    }
    if !changeset.isEmpty { throw CommandExit(.refused) }
  }

  private func write(_ changeset: Changeset, _ problems: [Problem]) throws {
    if let saved {
      guard problems.isEmpty else {
        throw CommandExit(.blocked, "the plan is not saved: it could not be applied", notes: problems.map(\.message))
      }
      try file(
        saved,
        try SavedPlan(
          desired: stack.plan, changeset: changeset, named: stack.named, removeOrphans: orphans == .remove
        ).text(), isPrivate: true)
    }
    if let graph {
      try file(graph, graph.hasSuffix(".dot") ? GraphPicture.dot(changeset) : GraphPicture.svg(changeset))
    }
    if let html {
      let page = HTMLReport(changeset: changeset, file: stack.plan.file, problems: problems.map(\.message))
      try file(html, page.text)
    }
  }

  private func file(_ name: String, _ text: String, isPrivate: Bool = false) throws {
    try context.write(text, to: name, isPrivate: isPrivate)
  }
}

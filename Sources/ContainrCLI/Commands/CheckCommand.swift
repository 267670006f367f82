// `containr check`: reads stack files and says what is wrong with them. Needs no root; touches nothing without --fix.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Reads stack files and reports everything that is wrong with them.",
    discussion: "Each FILE is checked for itself; files given with -f are one stack. "
      + "Exit code 0: no errors; 2: errors. Warnings do not change it.")

  @OptionGroup var stack: StackOptions
  @Argument(help: "Stack files, each checked for itself; - is standard input.") var names: [String] = []
  @Flag(help: "Everything that is not honoured by this version is an error.") var strict = false
  @Flag(help: "The layers have to be those of stack.lock, all of them.") var frozen = false
  @Option(help: "How findings are written.") var format: CheckFormat?
  @Flag(help: "The same as --format json.") var json = false
  @Flag(help: "Applies the fixes that are certain, in place.") var fix = false
  @Flag(help: "Applies those that are only likely as well.") var fixMaybe = false
  @Flag(help: "No colours.") var noColor = false

  func validate() throws {
    if !names.isEmpty, !stack.files.isEmpty {
      throw ValidationError("name files with -f (one stack) or without (each for itself), not both")
    }
    if json, let format, format != .json { throw ValidationError("--json and --format \(format) exclude each other") }
  }

  func run() throws {
    let context = try CommandContext(noColour: noColor)
    // One after the other, so that a file that cannot be read does not hide what is wrong with the next.
    let choices = names.isEmpty ? [stack.choice()] : names.map { stack.choice($0) }
    var report = CheckReport(format: json ? .json : format ?? .text, context: context)
    for choice in choices {
      do {
        try report.add(check(choice, context))
      } catch let exit as CommandExit {
        report.add(unreadable: exit)
      }
    }
    report.write()
    if let code = report.code { throw CommandExit(code) }
  }

  private func check(_ choice: StackChoice, _ context: CommandContext) throws -> CheckedStack {
    var reader = try choice.reader(context)
    reader.purpose = strict ? .strict : .check
    reader.wantsModel = false
    let input = try reader.input()
    var checked: CheckedStack
    if fix || fixMaybe {
      checked = try fixed(input, reader)
    } else {
      checked = CheckedStack(result: StackLoader.load(input))
    }
    if frozen, let plan = checked.result.plan { try checkLock(of: plan, &checked, context) }
    return checked
  }

  private func fixed(_ input: LoaderInput, _ reader: StackReader) throws -> CheckedStack {
    if reader.source.files.contains(where: { $0.place == .standardInput }) {
      throw CommandExit(.failure, "standard input cannot be fixed in place", help: "name a file")
    }
    let outcome = try StackFixer(input: input, includesMaybe: fixMaybe).run()
    return CheckedStack(result: outcome.result, changes: outcome.changes)
  }
}

extension CheckCommand {
  /// What differs from the lock file, as findings beside the file's own.
  private func checkLock(of plan: StackPlan, _ checked: inout CheckedStack, _ context: CommandContext) throws {
    guard let pins = try StackLockFile(for: plan.file, context: context).pins(plan, isFrozen: true, context) else {
      return
    }
    let problems = try context.attempt { () throws(EngineError) in
      try pins.problems(plan.services) { (layer) throws(EngineError) in
        // What is not there differs as well.
        let found = LayerPins.finding(of: layer)
        return found == .missing ? .digest("not there") : found
      }
    }
    checked.others = ProblemView.diagnostics(problems, sources: checked.result.sources)
  }
}

/// The forms of `--format`.
enum CheckFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
  case text, json, sarif, github
}

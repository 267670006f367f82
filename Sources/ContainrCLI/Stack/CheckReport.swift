// What `containr check` found in one or several stacks, written in one of the forms that people and tools read.
internal import ContainrForeground
internal import ContainrSpec

/// One stack that was checked.
struct CheckedStack {
  var result: LoaderResult
  /// What `--fix` changed in its files.
  var changes: [FixRun.Change] = []
  /// What others than the loader found.
  var others: [Diagnostic] = []
  /// Everything that was found.
  var diagnostics: [Diagnostic] { result.diagnostics + others }
}

/// Gathers what was found and writes it once.
struct CheckReport {
  var format: CheckFormat
  var context: CommandContext
  private var stacks: [CheckedStack] = []
  private var failures: [CommandExit] = []

  init(format: CheckFormat, context: CommandContext) {
    self.format = format
    self.context = context
  }

  mutating func add(_ stack: CheckedStack) { stacks.append(stack) }

  /// A stack whose files cannot be read, or not be written.
  mutating func add(unreadable exit: CommandExit) { failures.append(exit) }

  private var findings: [Diagnostic] { stacks.flatMap(\.diagnostics) }

  /// How the command ends if not with 0: a failure to write weighs more than errors.
  var code: ExitCode? {
    if failures.contains(where: { $0.code == ExitCode.failure.rawValue }) { return .failure }
    return failures.isEmpty && !findings.contains { $0.severity == .error } ? nil : .refused
  }

  func write() {
    for failure in failures { context.errors.write(failure.text(context.errorInk)) }
    for change in stacks.flatMap(\.changes) {
      context.errors.write(
        "\(context.errorInk.paint("fixed", .green))[\(change.code)]: \(Displayed.safe("\(change.location): \(change.message)"))\n"
      )
    }
    switch format {
    case .json: context.output.write(DiagnosticRenderer.renderJSON(findings) + "\n")
    case .sarif:
      context.output.write(DiagnosticRenderer.renderSARIF(findings, version: VersionCommand.version) + "\n")
    case .github: context.output.write(DiagnosticRenderer.renderGitHub(findings))
    case .text: writeText()
    }
  }

  private func writeText() {
    // Two stacks may each have a `.env`, so that lines are taken from the stack's own files.
    var shown = 0
    for stack in stacks {
      let diagnostics = stack.diagnostics
      let limit = max(DiagnosticRenderer.shown - shown, 1)
      context.errors.write(
        DiagnosticRenderer.render(
          diagnostics, sources: stack.result.sources, colour: context.errorInk.isOn, limit: limit))
      shown += min(diagnostics.count, limit)
      if !diagnostics.contains(where: { $0.severity == .error }) { context.output.write(Self.praise(stack.result)) }
    }
    if stacks.count > 1 {
      let summary = DiagnosticRenderer.summary(of: findings)
      if !summary.isEmpty { context.errors.write("\(stacks.count) stacks: \(summary)\n") }
    }
  }

  /// What a stack without errors holds.
  private static func praise(_ result: LoaderResult) -> String {
    guard let plan = result.plan else { return "\(Displayed.safe(result.sources[0].file)): no errors\n" }
    let parts = [
      Displayed.count(plan.services.count, "service"), Displayed.count(plan.networks.count, "network"),
      Displayed.count(plan.volumes.count, "volume"),
    ]
    return "\(plan.name): \(parts.joined(separator: ", ")); no errors\n"
  }
}

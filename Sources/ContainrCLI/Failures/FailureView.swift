// What failed, as findings with the line of the file, and as JSON. Pure.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrReconcile
internal import ContainrSpec

/// One apply that failed, or one wait.
struct FailureView {
  var failures: [ApplyReport.Failure] = []
  var changeset: Changeset?
  var containers: [FailedContainer]
  var sources: [SourceText]

  /// The failures in the order of the changeset with what is known of their containers, then the containers that no
  /// failure speaks of.
  var diagnostics: [Diagnostic] {
    var told: Set<String> = []
    var found: [Diagnostic] = []
    for failure in failures {
      let about = containers(of: failure)
      told.formUnion(about.map(\.report.id))
      if about.count == 1, about[0].report.kind == .notStarted {
        found.append(diagnostic(of: about[0]))
        continue
      }
      let message =
        failure.message.hasPrefix(failure.address) ? failure.message : "\(failure.address): \(failure.message)"
      var notes: [String] = []
      for container in about {
        let report = container.report
        // The failure's own words name a container that is unhealthy or has ended.
        if about.count > 1 || !failure.message.contains(report.container) {
          notes.append("\(report.container) \(report.message)")
        }
        notes += Self.notes(of: container)
      }
      if let remains = failure.remains, remains.report == nil, !remains.lastLines.isEmpty {
        notes.append("it wrote last:\n" + Self.indented(remains.lastLines.joined(separator: "\n")))
      }
      found.append(
        placed(message, at: failure.location, notes: notes, help: about.compactMap(\.report.help).first))
    }
    return found + containers.filter { !told.contains($0.report.id) }.map(diagnostic)
  }

  private func containers(of failure: ApplyReport.Failure) -> [FailedContainer] {
    guard let changeset, changeset.changes.indices.contains(failure.index) else { return [] }
    let action = changeset.changes[failure.index].action
    if case .await(let service, _) = action { return containers.filter { $0.report.service == service } }
    guard let name = action.container else { return [] }
    return containers.filter { $0.report.id == name.id }
  }

  private func diagnostic(of container: FailedContainer) -> Diagnostic {
    let report = container.report
    return placed(
      "container \(report.container): \(report.message)", at: report.location, notes: Self.notes(of: container),
      help: report.help)
  }

  private func placed(_ message: String, at place: SourceLocation?, notes: [String], help: String?) -> Diagnostic {
    let span = place.flatMap { ProblemView.span(at: $0, sources: sources) }
    // The text is not at hand for a plan that was saved or recorded.
    let words = span == nil ? place.map { ["it stands at \($0.explained)"] } ?? [] : []
    return Diagnostic(
      severity: .error, code: "failed", message: message, primary: span, notes: notes + words, help: help)
  }

  /// What is known beside the message: facts, the probe, the last lines.
  static func notes(of container: FailedContainer) -> [String] {
    var notes = container.report.notes
    if let probe = container.report.probe {
      let how = probe.exitCode.map { "ended with exit code \($0)" } ?? "gave no result"
      let output = probe.output.isEmpty ? ", and wrote nothing" : ":\n" + indented(probe.output)
      notes.append("the probe \(ShownCommand.text(probe.command)) \(how)\(output)")
    }
    if !container.words.isEmpty {
      notes.append("\(container.report.container) wrote last:\n" + indented(container.words.joined(separator: "\n")))
    }
    return notes
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
  }

  /// The elements of a JSON array.
  static func json(_ containers: [FailedContainer]) -> String {
    containers.map { container in
      let report = container.report
      let probe = report.probe.map { probe in
        "{\"command\": \(JSONText.list(probe.command)), \"exit_code\": \(JSONText.number(probe.exitCode)), "
          + "\"output\": \(JSONText.quoted(probe.output))}"
      }
      return "{"
        + [
          "\"container\": \(JSONText.quoted(report.container))", "\"service\": \(JSONText.quoted(report.service))",
          "\"kind\": \(JSONText.quoted(report.kind.rawValue))", "\"message\": \(JSONText.quoted(report.message))",
          "\"exit_code\": \(JSONText.number(report.exitCode))", "\"signal\": \(JSONText.string(report.signal))",
          "\"probe\": \(probe ?? "null")", "\"notes\": \(JSONText.list(report.notes))",
          "\"log\": \(JSONText.list(container.words))",
          "\"location\": \(JSONText.string(report.location?.description))",
          "\"help\": \(JSONText.string(report.help))",
        ].joined(separator: ", ") + "}"
    }.joined(separator: ", ")
  }
}

/// A command as one would type it.
enum ShownCommand {
  static func text(_ words: [String]) -> String {
    // CMD-SHELL: only the script is the user's.
    if words.count == 3, words[0] == "/bin/sh", words[1] == "-c" { return "'\(words[2])'" }
    return "'\(words.joined(separator: " "))'"
  }
}

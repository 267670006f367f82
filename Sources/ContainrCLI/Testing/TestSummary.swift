// A test as Markdown, for the page of a job, and as annotations of GitHub's. Pure.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrSpec

struct TestSummary {
  var record: TestRecord
  var peaks: TestPeaks

  /// GitHub takes a megabyte of all steps together.
  private static let limit = 60_000

  /// The page.
  var markdown: String {
    let uses = Dictionary(peaks.result.map { ($0.name, $0.use) }) { first, _ in first }
    let mark = record.code == 0 ? "✅" : "❌"
    var text = "### \(mark) containr test: \(Self.escaped(record.base)) — \(record.word)\n\n"
    if let message = record.message { text += "\(Self.escaped(message))\n\n" }
    text +=
      "| service | ready | after | CPU | peak CPU | peak memory | disk read / written |\n|---|---|--:|--:|--:|--:|--:|\n"
    for service in record.services {
      let use = uses[service.name]
      let ready =
        switch service.state {
        case .ready: "✅"
        case .failed: "❌ \(Self.escaped((service.message ?? "").split(separator: "\n").joined(separator: " ")))"
        case .skipped: "not reached"
        }
      let numbers: [String] =
        use.map { use in
          [
            use.processorTime.map { "\(Displayed.number(Double($0) / 1e9, digits: 2)) s" } ?? "-",
            use.processors.map { "\(Int(($0 * 100).rounded())) %" } ?? "-", Self.bytes(use.memory),
            "\(Self.bytes(use.read)) / \(Self.bytes(use.written))",
          ]
        } ?? ["", "", "", ""]
      text +=
        "| \(Self.escaped(service.name)) | \(ready) | \(service.seconds.map { "\(Displayed.number($0, digits: 1)) s" } ?? "") | "
        + numbers.joined(separator: " | ") + " |\n"
    }
    text += "\n\(Self.escaped(record.shownCommand)): "
    text += record.commandCode.map { "exit code \($0)" } ?? "not run to its end"
    text += record.commandSeconds.map { " after \(Displayed.number($0, digits: 1)) s" } ?? ""
    text += "\n"
    for service in record.services where !service.details.isEmpty {
      let details = service.details.joined(separator: "\n")
      text +=
        "\n<details><summary>\(Self.escaped(service.name))</summary>\n\n<pre>"
        + Self.escaped(String(details.suffix(4000))) + "</pre>\n\n</details>\n"
    }
    for fault in record.faults { text += "\n- \(Self.escaped(fault))" }
    return String(text.prefix(Self.limit)) + "\n"
  }

  /// `-` is what nobody counted.
  private static func bytes(_ count: UInt64?) -> String { count.map { Displayed.bytes($0) } ?? "-" }

  /// What means something to Markdown or HTML, as itself, on one line unless it is preformatted.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in Displayed.safe(text).unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "|", "*", "_", "`", "[", "]", "#", "\\", "~": out += "&#\(scalar.value);"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// Findings as annotations need them: with paths from the top of the checkout. `directory` is what they count from.
  static func annotations(_ findings: [Diagnostic], directory: String, workspace: String?) -> String {
    DiagnosticRenderer.renderGitHub(
      findings.map { finding in
        var finding = finding
        guard let file = finding.primary?.file else { return finding }
        finding.primary?.file = path(file, directory: directory, workspace: workspace)
        return finding
      })
  }

  /// A path from the top of the checkout, where it is in it.
  static func path(_ file: String, directory: String, workspace: String?) -> String {
    let absolute = file.hasPrefix("/") ? file : "\(directory)/\(file)"
    guard let workspace, absolute.hasPrefix("\(workspace)/") else { return file }
    return String(absolute.dropFirst(workspace.count + 1))
  }

  /// What failed, as findings.
  var findings: [Diagnostic] {
    var all = record.services.filter { $0.state == .failed }.map { service in
      Diagnostic(
        severity: .error, code: "containr test",
        message: "\(service.name): \(service.message ?? "it is not ready")",
        primary: service.place.map(Self.span), notes: service.details)
    }
    if let message = record.message {
      all.append(Diagnostic(severity: .error, code: "containr test", message: message, notes: record.faults))
    } else if let code = record.commandCode, code != 0 {
      all.append(
        Diagnostic(severity: .error, code: "containr test", message: "\(record.shownCommand): exit code \(code)"))
    }
    return all
  }

  private static func span(_ place: TestRecord.Place) -> SourceSpan {
    let position = SourcePosition(line: place.line, column: place.column, offset: 0)
    return SourceSpan(file: place.file, start: position, end: position)
  }
}

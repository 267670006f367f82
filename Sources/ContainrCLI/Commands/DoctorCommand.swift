// `containr doctor`: what this host has of all that containers need, and what to do about the rest.
internal import ArgumentParser
internal import ContainrDoctor
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Looks at this host: what containers need of it, and how to get what is missing.",
    discussion: """
      Nothing is changed: what has to be tried out is tried in namespaces that are gone afterwards. The exit code is 2 if \
      something is missing without which no container starts, 0 otherwise.
      """)
  @Flag(help: "As JSON.") var json = false
  @Flag(name: .shortAndLong, help: "Only what is not as it should be.") var quiet = false

  func run() throws {
    let context = try CommandContext()
    let settings = try context.surroundings.hostSettings()
    let checkup = HostCheckup(
      settings: settings, uid: context.surroundings.uid, variables: context.surroundings.environment)
    let findings: [HostFinding]
    do throws(SyscallError) { findings = try checkup.findings() } catch {
      throw CommandExit(.failure, "look at the host: \(error)")
    }
    let shown = quiet ? findings.filter { $0.verdict != .good } : findings
    context.output.write(json ? DoctorView.json(shown) : DoctorView.text(shown, context.ink))
    if !json, !quiet { context.output.write("\n\(DoctorView.summary(findings))\n") }
    if findings.contains(where: { $0.verdict == .missing }) { throw CommandExit(.refused) }
  }
}

/// Findings as text. Pure.
enum DoctorView {
  /// A line each, and one below for what to do.
  static func text(_ findings: [HostFinding], _ ink: Ink) -> String {
    let width = findings.map(\.subject.count).max() ?? 0
    let verdicts = HostFinding.Verdict.allCases.map(\.rawValue.count).max() ?? 0
    var text = ""
    for finding in findings {
      let colour: Ink.Colour =
        switch finding.verdict {
        case .good: .green
        case .note: .dim
        case .warning: .yellow
        case .missing: .red
        }
      text += ink.paint(padded(finding.verdict.rawValue, verdicts), colour)
      text += "  \(padded(finding.subject, width))  \(Displayed.safe(finding.found))\n"
      if let remedy = finding.remedy {
        text += "\(padded("", verdicts + width + 4))\(ink.paint(Displayed.safe(remedy), .cyan))\n"
      }
    }
    return text
  }

  /// One sentence about all.
  static func summary(_ findings: [HostFinding]) -> String {
    func count(_ verdict: HostFinding.Verdict) -> Int { findings.count { $0.verdict == verdict } }
    let (missing, warnings) = (count(.missing), count(.warning))
    let warned = warnings == 0 ? "" : warnings == 1 ? "1 warning" : "\(warnings) warnings"
    if missing == 0 { return warned.isEmpty ? "stacks can run here" : "stacks can run here; \(warned)" }
    let lacking = missing == 1 ? "1 thing is missing" : "\(missing) things are missing"
    return "no container can start here: \(lacking)\(warned.isEmpty ? "" : "; \(warned)")"
  }

  /// An array of objects.
  static func json(_ findings: [HostFinding]) -> String {
    let objects = findings.map { finding in
      "{\"subject\": \(JSONText.quoted(finding.subject)), \"verdict\": \(JSONText.quoted(finding.verdict.rawValue)), "
        + "\"found\": \(JSONText.quoted(finding.found)), \"remedy\": \(JSONText.string(finding.remedy))}"
    }
    return "[\(objects.joined(separator: ",\n "))]\n"
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}

// A test as JUnit's XML, which every CI service reads: a case for each service, and one for the command. Pure.
internal import ContainrForeground
internal import ContainrHost

struct JUnitReport {
  var record: TestRecord

  private enum Verdict {
    case passed, skipped(String)
    case failure(message: String, kind: String, text: String)
    case error(message: String, kind: String, text: String)
  }

  private struct Case {
    var group: String
    var name: String
    var seconds: Double
    var verdict: Verdict
    var place: TestRecord.Place?
  }

  /// The document.
  var text: String {
    let cases = cases
    var (failures, errors, skipped) = (0, 0, 0)
    for one in cases {
      switch one.verdict {
      case .passed: break
      case .skipped: skipped += 1
      case .failure: failures += 1
      case .error: errors += 1
      }
    }
    let counts =
      "tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"\(errors)\" skipped=\"\(skipped)\" "
      + "time=\"\(TestRecord.number(record.seconds))\""
    var lines = [
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites name=\(quoted(record.base)) \(counts)>",
      "  <testsuite name=\(quoted(record.base)) timestamp=\(quoted(UTCTime.text(Int(clamping: record.began)))) \(counts)>",
      "    <properties>", "      <property name=\"containr.stack\" value=\(quoted(record.stack))/>",
      "      <property name=\"containr.end\" value=\(quoted(record.word))/>",
      "      <property name=\"containr.code\" value=\"\(record.code)\"/>", "    </properties>",
    ]
    for one in cases { lines += self.lines(one) }
    return (lines + ["  </testsuite>", "</testsuites>", ""]).joined(separator: "\n")
  }

  private var cases: [Case] {
    var cases = record.services.map { service in
      let message = service.message ?? "it is not ready"
      let verdict: Verdict =
        switch service.state {
        case .ready: .passed
        case .skipped: .skipped("it did not come to it")
        case .failed:
          .failure(message: message, kind: "not-ready", text: ([message] + service.details).joined(separator: "\n"))
        }
      return Case(
        group: "\(record.base).services", name: "\(service.name) is ready", seconds: service.seconds ?? 0,
        verdict: verdict, place: service.place)
    }
    cases.append(
      Case(
        group: record.base, name: record.shownCommand, seconds: record.commandSeconds ?? 0, verdict: command,
        place: nil))
    // What ended it is no service's and not the command's.
    if let end = record.end, ![.commandNotStarted, .timedOut].contains(end),
      !(end == .notReady && record.services.contains { $0.state == .failed })
    {
      let message = record.message ?? end.meaning
      cases.append(
        Case(
          group: record.base, name: "containr test", seconds: 0,
          verdict: .error(message: message, kind: end.word, text: ([message] + record.faults).joined(separator: "\n")),
          place: nil))
    }
    return cases
  }

  private var command: Verdict {
    if let end = record.end, [.commandNotStarted, .timedOut].contains(end) {
      let message = record.message ?? end.meaning
      return .error(message: message, kind: end.word, text: message)
    }
    guard let code = record.commandCode else { return .skipped("it was not begun, or not let to its end") }
    if code == 0 { return .passed }
    return .failure(message: "exit code \(code)", kind: "exit-code", text: "\(record.shownCommand)\nexit code \(code)")
  }

  private func lines(_ one: Case) -> [String] {
    let place = one.place.map { " file=\(quoted($0.file)) line=\"\($0.line)\"" } ?? ""
    let head =
      "    <testcase classname=\(quoted(one.group)) name=\(quoted(one.name)) time=\"\(TestRecord.number(one.seconds))\"\(place)"
    func body(_ element: String, _ message: String, _ kind: String, _ text: String) -> [String] {
      [
        head + ">",
        "      <\(element) message=\(quoted(message)) type=\(quoted(kind))>\(Self.escaped(text))</\(element)>",
        "    </testcase>",
      ]
    }
    switch one.verdict {
    case .passed: return [head + "/>"]
    case .skipped(let why): return [head + ">", "      <skipped message=\(quoted(why))/>", "    </testcase>"]
    case .failure(let message, let kind, let text): return body("failure", message, kind, text)
    case .error(let message, let kind, let text): return body("error", message, kind, text)
    }
  }

  private func quoted(_ text: String) -> String { "\"\(Self.escaped(text))\"" }

  /// XML 1.0 has no place for most control characters, however they are written; line ends of an attribute would be blanks.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "\n", "\t": out.unicodeScalars.append(scalar)
      case let other where other.value < 0x20 || (0x7F...0x9F).contains(other.value) || other.value & 0xFFFE == 0xFFFE:
        out += "\u{FFFD}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}

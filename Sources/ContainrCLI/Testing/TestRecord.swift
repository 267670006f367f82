// What is known of a test when it is over: everything that is written of it comes from here. Values only.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost

struct TestRecord: Sendable {
  /// One service.
  struct Service: Sendable, Hashable {
    enum State: String, Sendable { case ready, failed, skipped }
    var name: String
    var state = State.skipped
    /// From the beginning of `up`; nil: it never was.
    var seconds: Double?
    /// What is wrong with it: one sentence.
    var message: String?
    /// Facts, the probe, the last lines.
    var details: [String] = []
    /// In the stack file.
    var place: Place?
  }
  /// Where something stands.
  struct Place: Sendable, Hashable {
    var file: String
    var line: Int
    var column: Int
  }
  /// What took how long.
  struct Phase: Sendable, Hashable {
    var name: String
    var seconds: Double
  }

  /// The name of this run's stack, and the one that it has elsewhere.
  var stack: String
  var base: String
  /// As the user names it.
  var file: String
  /// The service in which the command ran; nil: on the host.
  var service: String?
  var command: [String]
  /// How the command ended; nil: it was not begun, or not let to its end.
  var commandCode: Int32?
  var commandSeconds: Double?
  /// What ended it; nil: the command's code says it.
  var end: TestEnd?
  /// One sentence of what ended it.
  var message: String?
  /// Seconds since 1970.
  var began: UInt64
  var seconds = 0.0
  var phases: [Phase] = []
  var services: [Service] = []
  /// What went wrong beside that.
  var faults: [String] = []

  /// What is passed on.
  var code: Int32 { end?.rawValue ?? commandCode.map(TestEnd.passing) ?? TestEnd.failure.rawValue }
  /// One word for it.
  var word: String { end?.word ?? (commandCode == 0 ? "passed" : "failed") }
  /// The command as one would type it.
  var shownCommand: String {
    let words = command.isEmpty ? "the service's own command" : command.joined(separator: " ")
    return service.map { "\($0): \(words)" } ?? words
  }

  /// One document.
  var json: String {
    let phases = phases.map { "{\"name\": \(JSONText.quoted($0.name)), \"seconds\": \(Self.number($0.seconds))}" }
    let services = services.map { service in
      "{\"service\": \(JSONText.quoted(service.name)), \"state\": \"\(service.state.rawValue)\", "
        + "\"seconds\": \(service.seconds.map(Self.number) ?? "null"), "
        + "\"message\": \(JSONText.string(service.message)), \"details\": \(JSONText.list(service.details)), "
        + "\"location\": \(JSONText.string(service.place.map { "\($0.file):\($0.line):\($0.column)" }))}"
    }
    return "{\"format\": 1, \"stack\": \(JSONText.quoted(stack)), \"name\": \(JSONText.quoted(base)), "
      + "\"file\": \(JSONText.quoted(file)), \"end\": \"\(word)\", \"code\": \(code), "
      + "\"message\": \(JSONText.string(message)), \"command\": \(JSONText.list(command)), "
      + "\"service\": \(JSONText.string(service)), \"command_code\": \(JSONText.number(commandCode)), "
      + "\"command_seconds\": \(commandSeconds.map(Self.number) ?? "null"), \"seconds\": \(Self.number(seconds)),\n"
      + "\"phases\": [\(phases.joined(separator: ", "))],\n\"services\": [\(services.joined(separator: ",\n"))],\n"
      + "\"faults\": \(JSONText.list(faults))}\n"
  }

  /// Lines of `NAME=value`, which GitLab takes as a dotenv report.
  var dotenv: String {
    "CONTAINR_STACK=\(stack)\nCONTAINR_TEST_END=\(word)\nCONTAINR_TEST_CODE=\(code)\n"
      + "CONTAINR_TEST_SECONDS=\(Self.number(seconds))\n"
  }

  static func number(_ seconds: Double) -> String { Displayed.number(seconds, digits: 3) }
}

extension TestRecord.Place {
  /// `stack.yaml:7:5`, with whatever words behind it; nil for what is none.
  init?(_ text: String) {
    let first = text.split(separator: " ", maxSplits: 1).first ?? ""
    let parts = first.split(separator: ":")
    guard parts.count >= 3, let line = Int(parts[parts.count - 2]), let column = Int(parts[parts.count - 1]) else {
      return nil
    }
    self.init(file: parts.dropLast(2).joined(separator: ":"), line: line, column: column)
  }
}

// The readers of single texts, and laws that tie them to their opposites.

enum TextFuzz {
  private static let variables = ["A": "b", "EMPTY": "", "LONG": String(repeating: "x", count: 5000), "D": "$A"]

  static func interpolation(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    let count = text.unicodeScalars.count
    let outcome = Interpolator.expand(text) { variables[$0] }
    for problem in outcome.problems where problem.range.upperBound > count {
      fatalError("a problem at \(problem.range) of \(count)")
    }
    if !text.utf8.contains(UInt8(ascii: "$")), outcome.text != text { fatalError("changed without a dollar sign") }
    let escaped = replace("$", by: "$$", in: text)
    let back = Interpolator.expand(escaped) { variables[$0] }
    if back.text != text || !back.problems.isEmpty { fatalError("'\(escaped)' does not give '\(text)' back") }
  }

  static func envFile(_ bytes: [UInt8], isRaw: Bool) {
    let sink = DiagnosticSink()
    let source = SourceText(file: ".env", bytes: bytes)
    let entries = EnvFileParser.parse(source, isRaw: isRaw, sink: sink) { variables[$0] }
    for entry in entries where entry.name.isEmpty || entry.value?.utf8.contains(0) == true {
      fatalError("'\(entry.name)' has a value that no process can have")
    }
    StackFuzz.checkFindings(sink.sorted(files: [source.file]), [source])
  }

  static func values(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    words(text)
    attempt { () throws(ValueProblem) in _ = try PortText.range(text) }
    attempt { () throws(ValueProblem) in
      if try ByteSizeText.bytes(text) < 0 { fatalError("a negative size") }
    }
    attempt { () throws(ValueProblem) in _ = try DurationText.milliseconds(text) }
    attempt { () throws(ValueProblem) in _ = try NumberText.integer(text, -5...5) }
    attempt { () throws(ValueProblem) in _ = try NumberText.milliCPUs(text) }
    attempt { () throws(ValueProblem) in _ = try NumberText.mode(text) }
    attempt { () throws(ValueProblem) in _ = try NumberText.cpuset(text) }
    attempt { () throws(ValueProblem) in _ = try SignalText.name(text) }
    attempt { () throws(ValueProblem) in _ = try AddressText.any(text) }
    attempt { () throws(ValueProblem) in _ = try PathText.inContainer(text) }
    if PathText.normalise(PathText.normalise(text)) != PathText.normalise(text) { fatalError("not the shortest path") }
  }

  /// Words that are quoted and joined split into the same words.
  private static func words(_ text: String) {
    let words = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let quoted = words.map { "'" + replace("'", by: "'\\''", in: $0) + "'" }
    let back = try? ShellWords.split(quoted.joined(separator: " "))
    if back != words { fatalError("\(words) became \(back ?? [])") }
    attempt { () throws(ValueProblem) in _ = try ShellWords.split(text) }
  }

  /// By scalars: a dollar sign before a combining mark is still one.
  private static func replace(_ scalar: Unicode.Scalar, by text: String, in whole: String) -> String {
    var out = String.UnicodeScalarView()
    for each in whole.unicodeScalars {
      if each == scalar { out.append(contentsOf: text.unicodeScalars) } else { out.append(each) }
    }
    return String(out)
  }

  private static func attempt(_ body: () throws(ValueProblem) -> Void) {
    do throws(ValueProblem) {
      try body()
    } catch {
      StackFuzz.checkText(DisplayText.safe(error.message), allowsBreaks: true)
    }
  }
}

// The variables of one load: the process environment first, then `.env`. Pure.

struct ProjectEnvironment {
  private struct DotEnvValue {
    let value: String
    let location: SourceLocation
  }

  private var process: [String: String]
  private var dotEnv: [String: DotEnvValue] = [:]

  init(process: [String: String]) { self.process = process }

  mutating func addDotEnv(_ source: SourceText, sink: DiagnosticSink) {
    let process = process
    for entry in EnvFileParser.parse(source, sink: sink, lookup: { process[$0] }) {
      guard let value = entry.value else { continue }
      dotEnv[entry.name] = DotEnvValue(value: value, location: entry.span.location)
    }
  }

  /// Sets a variable unless the environment or `.env` has it.
  mutating func setDefault(_ name: String, _ value: String) {
    if self[name] == nil { process[name] = value }
  }

  subscript(_ name: String) -> String? { process[name] ?? dotEnv[name]?.value }

  /// Where `.env` sets the variable, if its value comes from there.
  func location(of name: String) -> SourceLocation? { process[name] == nil ? dotEnv[name]?.location : nil }

  /// Interpolates one scalar in place and reports its problems.
  func interpolate(_ node: YAMLNode, source: SourceText, sink: DiagnosticSink) {
    guard var scalar = node.scalar, scalar.interpolation == nil else { return }
    let raw = scalar.text
    guard raw.utf8.contains(UInt8(ascii: "$")) else { return }
    let outcome = Interpolator.expand(raw) { self[$0] }
    if !outcome.problems.isEmpty {
      SourceDollar(raw, source: source, node.span.start.offset, node.span.end.offset).report(outcome.problems, to: sink)
    }
    scalar.text = outcome.text
    let uses = outcome.used.map { name in
      InterpolationTrace.Use(name: name, value: self[name] ?? "", location: location(of: name))
    }
    scalar.interpolation = InterpolationTrace(raw: raw, uses: uses)
    node.content = .scalar(scalar)
  }
}

// The variables of one load: the process environment first, then `.env`. Pure.

struct ProjectEnvironment {
  private struct DotEnvValue {
    let value: String
    let location: SourceLocation
  }

  private var process: [String: String]
  private var dotEnv: [String: DotEnvValue] = [:]

  init(process: [String: String]) { self.process = process }

  /// Adds the variables of an environment file. `below`: those that are known win, as over the files of an `include`.
  mutating func addDotEnv(_ source: SourceText, below: Bool = false, sink: DiagnosticSink) {
    let (process, earlier) = (process, dotEnv)
    let entries = EnvFileParser.parse(
      source, sink: sink, lookup: { process[$0] ?? (below ? earlier[$0]?.value : nil) },
      fallback: { earlier[$0]?.value })
    for entry in entries {
      guard let value = entry.value, !below || earlier[entry.name] == nil else { continue }
      dotEnv[entry.name] = DotEnvValue(value: value, location: entry.span.location)
    }
  }

  /// What the environment files set, whether the environment has it as well or not.
  var fileValues: [String: String] { dotEnv.mapValues(\.value) }

  /// Sets a variable unless the environment or `.env` has it.
  mutating func setDefault(_ name: String, _ value: String) {
    if self[name] == nil { process[name] = value }
  }

  subscript(_ name: String) -> String? { process[name] ?? dotEnv[name]?.value }

  /// Where `.env` sets the variable, if its value comes from there.
  func location(of name: String) -> SourceLocation? { process[name] == nil ? dotEnv[name]?.location : nil }

  /// Interpolates one scalar in place and reports its problems. `spent`: bytes of all values of the load so far.
  func interpolate(_ node: YAMLNode, budget spent: inout Int, sink: DiagnosticSink) {
    guard var scalar = node.scalar, scalar.interpolation == nil else { return }
    let raw = scalar.text
    guard raw.utf8.contains(UInt8(ascii: "$")) else { return }
    let outcome = Interpolator.expand(raw) { self[$0] }
    if !outcome.problems.isEmpty {
      let (start, end) = (node.span.start.offset, node.span.end.offset)
      SourceDollar(raw, source: node.document.source, start, end).report(outcome.problems, to: sink)
    }
    scalar.text = outcome.text
    let limit = YAMLBudget().interpolated
    if spent <= limit, spent + outcome.text.utf8.count > limit {
      sink.add(
        Diagnostic(
          severity: .error, code: DiagnosticCode.budget.rawValue,
          message: "variables expand to more than \(limit) bytes in one stack", primary: node.span,
          label: "the limit is passed here"))
    }
    spent += outcome.text.utf8.count
    let uses = outcome.used.map { name in
      InterpolationTrace.Use(name: name, value: self[name], location: location(of: name))
    }
    scalar.interpolation = InterpolationTrace(raw: raw, uses: uses)
    node.content = .scalar(scalar)
  }
}

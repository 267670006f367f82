// What must hold of the bytes before libyaml sees them: size, UTF-8, no control characters, no disputed line breaks.

enum YAMLPrecheck {
  /// Reports what is wrong with the bytes of a file; false if they must not be parsed.
  static func passes(_ bytes: [UInt8], source: SourceText, budget: YAMLBudget, sink: DiagnosticSink) -> Bool {
    let check = Check(source: source, sink: sink)
    if bytes.count > budget.fileSize {
      return check.fail(
        .budget, "the file has \(bytes.count) bytes; at most \(budget.fileSize) are read", 0,
        help: "is this really a stack file?")
    }
    if let name = ForeignEncoding.name(of: bytes) {
      return check.fail(.encoding, "the file is \(name)", 0, help: "save it as UTF-8")
    }
    if let offset = source.firstMalformed {
      return check.fail(
        .encoding, "the file is not valid UTF-8", offset,
        label: ForeignEncoding.reason(bytes, after: source.scalars[..<offset]), help: "save the file as UTF-8")
    }
    // Nearly every file is plain ASCII with line feeds, and this one pass is all that it costs.
    guard bytes.contains(where: { ($0 < 0x20 && $0 != 0x0A) || $0 >= 0x7F || $0 == UInt8(ascii: "%") }) else {
      return true
    }
    return check.characters() && check.directives()
  }

  private struct Check {
    let source: SourceText
    let sink: DiagnosticSink

    /// Every character that is wrong ends the reading; those that only deceive are warnings.
    func characters() -> Bool {
      var warnedLine = 0
      for (offset, scalar) in source.scalars.enumerated() where scalar.value < 0x20 || scalar.value >= 0x7F {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: continue
        case 0...0x1F, 0x7F...0x84, 0x86...0x9F, 0xFFFE, 0xFFFF:
          return fail(
            .encoding, "the control character \(YAMLPrecheck.name(of: scalar)) is not allowed", offset,
            label: "remove it",
            help: "inside a double-quoted string, write it as an escape such as \"\\x1b\"")
        case 0x85, 0x2028, 0x2029:
          return fail(
            .lineSeparator, "the line separator \(YAMLPrecheck.name(of: scalar)) is not allowed", offset,
            label: "a line break for some YAML readers, not for others",
            help: "write a plain line break; inside a double-quoted string, an escape such as \"\\u2028\"",
            fixes: [fix("write a line break", offset, "\n", .maybe)])
        case 0xFEFF where !isInComment(offset):
          let isAlone = source.position(at: offset).column == 1
          return fail(
            .encoding, "a byte order mark stands in the middle of the file", offset, label: "not visible, but there",
            help: "remove it; it comes from joining two files",
            fixes: [fix("remove the byte order mark", offset, "", isAlone ? .always : .maybe)])
        case 0x202A...0x202E, 0x2066...0x2069:
          let line = source.position(at: offset).line
          if line != warnedLine { warnHidden(scalar, offset) }
          warnedLine = line
        default: continue
        }
      }
      return true
    }

    /// `%YAML 1.1` asks for a reading that nobody gives it.
    func directives() -> Bool {
      for number in 1...source.lineCount {
        guard let line = source.lineScalars(number) else { break }
        if line.isEmpty || line.first == "#" { continue }
        guard line.first == "%" else { break }
        let prefix = Array("%YAML 1.".unicodeScalars)
        guard line.starts(with: prefix), line.count > prefix.count else { continue }
        let minor = line.startIndex + prefix.count
        if source.scalars[minor] == "1" || source.scalars[minor] == "0" {
          let span = source.span(minor - 2, minor + 1)
          sink.add(
            Diagnostic(
              severity: .warning, code: DiagnosticCode.oldYAML.rawValue,
              message: "the file says YAML 1.\(source.scalars[minor]), and is read as YAML 1.2", primary: span,
              label: "yes, no, on, off stay text, and 0777 is no octal number",
              fixes: [Diagnostic.Fix("write 1.2", span, "1.2", .always)]))
        }
      }
      return true
    }

    private func warnHidden(_ scalar: Unicode.Scalar, _ offset: Int) {
      sink.add(
        Diagnostic(
          severity: .warning, code: DiagnosticCode.hiddenText.rawValue,
          message: "the invisible character \(YAMLPrecheck.name(of: scalar)) changes the order in which text is shown",
          primary: source.span(offset, offset + 1), label: "what follows may read otherwise than it looks",
          fixes: [fix("remove it", offset, "", .maybe)]))
    }

    private func isInComment(_ offset: Int) -> Bool {
      let column = source.position(at: offset).column
      return source.scalars[(offset - column + 1)..<offset].contains("#")
    }

    private func fix(
      _ message: String, _ offset: Int, _ text: String, _ applicability: Diagnostic.Fix.Applicability
    ) -> Diagnostic.Fix {
      Diagnostic.Fix(message, source.span(offset, offset + 1), text, applicability)
    }

    func fail(
      _ code: DiagnosticCode, _ message: String, _ offset: Int, label: String? = nil, help: String?,
      fixes: [Diagnostic.Fix] = []
    ) -> Bool {
      sink.add(
        Diagnostic(
          severity: .error, code: code.rawValue, message: message, primary: source.span(offset, offset + 1),
          label: label, help: help, fixes: fixes))
      return false
    }
  }

  /// `NUL` or `U+001B`.
  static func name(of scalar: Unicode.Scalar) -> String {
    if scalar == "\0" { return "NUL" }
    let hex = String(scalar.value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
  }
}

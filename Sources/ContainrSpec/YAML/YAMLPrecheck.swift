// What must hold of the bytes before libyaml sees them: size, UTF-8, no control characters.

enum YAMLPrecheck {
  /// Reports what is wrong with the bytes of a file; false if they must not be parsed.
  static func passes(_ bytes: [UInt8], source: SourceText, budget: YAMLBudget, sink: DiagnosticSink) -> Bool {
    func fail(_ code: DiagnosticCode, _ message: String, _ offset: Int, label: String?, help: String?) -> Bool {
      sink.add(
        Diagnostic(
          severity: .error, code: code.rawValue, message: message, primary: source.span(offset, offset + 1),
          label: label, help: help))
      return false
    }
    if bytes.count > budget.fileSize {
      return fail(
        .budget, "the file has \(bytes.count) bytes; at most \(budget.fileSize) are read", 0, label: nil,
        help: "is this really a stack file?")
    }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      return fail(.encoding, "the file is UTF-16", 0, label: nil, help: "save it as UTF-8")
    }
    if let offset = source.firstMalformed {
      return fail(
        .encoding, "the file is not valid UTF-8", offset, label: "these bytes are no character",
        help: "save the file as UTF-8")
    }
    if let offset = source.scalars.firstIndex(where: isForbidden) {
      let value = source.scalars[offset].value
      let name =
        value == 0 ? "NUL" : "U+" + String(repeating: "0", count: value < 16 ? 3 : 2) + String(value, radix: 16)
      return fail(
        .encoding, "the control character \(name.uppercased()) is not allowed", offset, label: "remove it",
        help: "inside a double-quoted string, write it as an escape such as \"\\x1b\"")
    }
    return true
  }

  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D, 0x85: false
    case 0...0x1F, 0x7F...0x9F, 0xFFFE, 0xFFFF: true
    default: false
    }
  }
}

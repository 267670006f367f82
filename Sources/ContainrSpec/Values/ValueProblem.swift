// Why a text is not the value that it should be. Thrown by the pure readers in this folder.

struct ValueProblem: Error {
  let code: DiagnosticCode
  /// One sentence about the text, as a diagnostic's message.
  let message: String
  var label: String?
  var help: String?
  /// What the whole text should be.
  var better: Better?

  struct Better {
    let old: String
    let new: String
    let applicability: Diagnostic.Fix.Applicability

    init(old: String, new: String, applicability: Diagnostic.Fix.Applicability) {
      self.old = old
      self.new = new
      self.applicability = applicability
    }

    /// A name that was probably meant: certain if it is one typing mistake away. nil without a name.
    init?(_ name: String, _ near: String?, whole: String, prefix: String = "") {
      guard let near else { return nil }
      let distance = NearestName.distance(Array(name.lowercased().utf8), Array(near.lowercased().utf8))
      self.init(old: whole, new: prefix + near, applicability: distance <= 1 ? .always : .maybe)
    }
  }

  init(
    _ code: DiagnosticCode, _ message: String, label: String? = nil, help: String? = nil, better: Better? = nil
  ) {
    self.code = code
    self.message = message
    self.label = label
    self.help = help
    self.better = better
  }
}

extension String {
  /// Whether the text is made of ASCII digits only, at least one.
  var isDigits: Bool { !isEmpty && utf8.allSatisfy { (0x30...0x39).contains($0) } }

  /// The parts between the separators, empty ones kept. By bytes: a separator counts even before a combining mark, and
  /// no time goes into finding where characters end.
  func pieces(_ separator: Unicode.Scalar) -> [String] {
    utf8.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false).map { String(Substring($0)) }
  }

  /// Without blanks at both ends.
  var trimmed: String {
    var text = Substring(self)
    while text.first == " " || text.first == "\t" { text = text.dropFirst() }
    while text.last == " " || text.last == "\t" { text = text.dropLast() }
    return String(text)
  }
}

// Why a text is not the value that it should be. Thrown by the pure readers in this folder.

struct ValueProblem: Error {
  let code: DiagnosticCode
  /// One sentence about the text, as a diagnostic's message.
  let message: String
  var label: String?
  var help: String?

  init(_ code: DiagnosticCode, _ message: String, label: String? = nil, help: String? = nil) {
    self.code = code
    self.message = message
    self.label = label
    self.help = help
  }
}

extension String {
  /// Whether the text is made of ASCII digits only, at least one.
  var isDigits: Bool { !isEmpty && utf8.allSatisfy { (0x30...0x39).contains($0) } }

  /// Without blanks at both ends.
  var trimmed: String {
    var text = Substring(self)
    while text.first == " " || text.first == "\t" { text = text.dropFirst() }
    while text.last == " " || text.last == "\t" { text = text.dropLast() }
    return String(text)
  }
}

// Splits one string into words as a POSIX shell does, without expansion.

enum ShellWords {
  static func split(_ text: String) throws(ValueProblem) -> [String] {
    var words: [String] = []
    var word = String.UnicodeScalarView()
    var isInWord = false
    var quote: Unicode.Scalar?
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if isEscaped {
        // Inside double quotes a backslash stays before anything but these.
        if quote == "\"", !["\"", "\\", "$", "`", "\n"].contains(scalar) { word.append("\\") }
        if scalar != "\n" { word.append(scalar) }
        isEscaped = false
      } else if scalar == "\\", quote != "'" {
        isEscaped = true
        isInWord = true
      } else if let open = quote {
        if scalar == open { quote = nil } else { word.append(scalar) }
      } else if scalar == "'" || scalar == "\"" {
        quote = scalar
        isInWord = true
      } else if scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" {
        if isInWord { words.append(String(word)) }
        word = String.UnicodeScalarView()
        isInWord = false
      } else {
        word.append(scalar)
        isInWord = true
      }
    }
    if let quote {
      throw ValueProblem(
        .commandLine, "the quote \(quote) is never closed", label: "cannot be split into words",
        help: "close it, or write the command as a list")
    }
    if isEscaped { throw ValueProblem(.commandLine, "a backslash at the end escapes nothing") }
    if isInWord { words.append(String(word)) }
    return words
  }
}

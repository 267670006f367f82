// Reads `.env` and `env_file` text: names, quotes, escapes, comments, interpolation. Pure; problems go to the sink.

/// The grammar of Compose environment files.
struct EnvFileParser {
  struct Entry {
    let name: String
    /// nil: the name stands alone and takes its value from the caller's environment.
    let value: String?
    let span: SourceSpan
  }

  private let source: SourceText
  private let sink: DiagnosticSink
  private let lookup: (String) -> String?
  private let fallback: (String) -> String?
  private var index = 0
  private var values: [String: String] = [:]
  private var entries: [Entry] = []

  /// Entries in file order; later ones win. `lookup` comes before values that stand earlier in the file, `fallback`
  /// after them: it knows the files before this one.
  static func parse(
    _ source: SourceText, isRaw: Bool = false, sink: DiagnosticSink, lookup: (String) -> String?,
    fallback: @escaping (String) -> String? = { _ in nil }
  ) -> [Entry] {
    if let offset = source.firstMalformed {
      sink.add(
        Diagnostic(
          severity: .error, code: DiagnosticCode.encoding.rawValue, message: "the file is not valid UTF-8",
          primary: source.span(offset, offset + 1), label: "these bytes are no character"))
      return []
    }
    if source.scalars.count > YAMLBudget().fileSize {
      sink.add(
        Diagnostic(
          severity: .error, code: DiagnosticCode.budget.rawValue, message: "the environment file is too large",
          primary: source.span(0, 1), label: "more than \(YAMLBudget().fileSize) characters"))
      return []
    }
    return withoutActuallyEscaping(lookup) { lookup in
      var parser = EnvFileParser(source: source, sink: sink, lookup: lookup, fallback: fallback)
      while parser.index < source.scalars.count { parser.line(isRaw: isRaw) }
      return parser.entries
    }
  }

  private init(
    source: SourceText, sink: DiagnosticSink, lookup: @escaping (String) -> String?,
    fallback: @escaping (String) -> String?
  ) {
    self.source = source
    self.sink = sink
    self.lookup = lookup
    self.fallback = fallback
  }

  private var current: Unicode.Scalar? { index < source.scalars.count ? source.scalars[index] : nil }
  private var isAtLineEnd: Bool { current.map { $0 == "\n" || $0 == "\r" } ?? true }

  private mutating func line(isRaw: Bool) {
    skipBlanks()
    if isAtLineEnd || current == "#" { return skipLine() }
    if matches("export"), index + 6 < source.scalars.count, isBlank(source.scalars[index + 6]) {
      index += 6
      skipBlanks()
    }
    let start = index
    while let scalar = current, Self.isNamePart(scalar) { index += 1 }
    let name = text(start, index)
    let span = source.span(start, max(index, start + 1))
    skipBlanks()
    guard !name.isEmpty, isAtLineEnd || current == "=" || (current == ":" && !isRaw) || current == "#" else {
      fail("this line is not 'NAME=value'", source.span(start, lineEnd(from: start)), label: "cannot be read")
      return skipLine()
    }
    if isAtLineEnd || current == "#" {
      entries.append(Entry(name: name, value: nil, span: span))
      return skipLine()
    }
    index += 1
    let value = isRaw ? rest() : value()
    if let value, value.unicodeScalars.contains("\0") {
      fail("the value of \(name) contains a NUL character", span, label: "no value may")
    } else if let value {
      values[name] = value
      entries.append(Entry(name: name, value: value, span: span))
    }
    skipLine()
  }

  private mutating func value() -> String? {
    skipBlanks()
    guard let quote = current, quote == "'" || quote == "\"" else {
      let start = index
      let end = lineEnd(from: start)
      var stop = start
      // A '#' begins a comment only after a blank.
      while stop < end {
        if source.scalars[stop] == "#", stop == start || isBlank(source.scalars[stop - 1]) { break }
        stop += 1
      }
      while stop > start, isBlank(source.scalars[stop - 1]) { stop -= 1 }
      index = end
      return interpolated(text(start, stop), start, stop)
    }
    let open = index
    index += 1
    while let scalar = current, scalar != quote {
      index += scalar == "\\" && index + 1 < source.scalars.count ? 2 : 1
    }
    guard current == quote else {
      fail("the quote is never closed", source.span(open, open + 1), label: "opens here")
      return nil
    }
    let inner = (open + 1, index)
    index += 1
    skipBlanks()
    if !isAtLineEnd, current != "#" {
      fail("text after the closing quote", source.span(index, lineEnd(from: index)), label: "unexpected")
      return nil
    }
    let raw = text(inner.0, inner.1)
    if quote == "'" { return Self.unescapedSingle(raw) }
    return interpolated(Self.unescaped(raw), inner.0, inner.1)
  }

  private func interpolated(_ text: String, _ start: Int, _ end: Int) -> String? {
    let outcome = Interpolator.expand(text) { lookup($0) ?? values[$0] ?? fallback($0) }
    if !outcome.problems.isEmpty {
      SourceDollar(text, source: source, start, end).report(outcome.problems, to: sink)
    }
    return outcome.text
  }

  /// The rest of the line as it stands.
  private mutating func rest() -> String {
    let start = index
    index = lineEnd(from: start)
    return text(start, index)
  }

  private static func unescapedSingle(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if isEscaped {
        if scalar != "'" { out.append("\\") }
        out.append(scalar)
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else {
        out.append(scalar)
      }
    }
    if isEscaped { out.append("\\") }
    return String(out)
  }

  private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
    "n": "\n", "r": "\r", "t": "\t", "a": "\u{7}", "b": "\u{8}", "c": "\\", "f": "\u{C}", "v": "\u{B}", "\\": "\\",
    "\"": "\"",
  ]

  private static func unescaped(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var out = String.UnicodeScalarView()
    var index = 0
    while index < scalars.count {
      guard scalars[index] == "\\", index + 1 < scalars.count else {
        out.append(scalars[index])
        index += 1
        continue
      }
      let next = scalars[index + 1]
      index += 2
      if next == "$" {
        out.append(contentsOf: "$$".unicodeScalars)
      } else if next == "0", let value = octal(scalars[index...].prefix(3)) {
        out.append(value)
        index += 3
      } else if next == "c" {
        out.append(contentsOf: "\\c".unicodeScalars)
      } else if let escape = escapes[next] {
        out.append(escape)
      } else {
        out.append("\\")
        out.append(next)
      }
    }
    return String(out)
  }

  /// The character of exactly three octal digits; fewer, or a value above 255, are no escape.
  private static func octal(_ digits: ArraySlice<Unicode.Scalar>) -> Unicode.Scalar? {
    guard digits.count == 3, digits.allSatisfy({ ("0"..."7").contains($0) }) else { return nil }
    let value = digits.reduce(0) { $0 * 8 + $1.value - 0x30 }
    return value <= 0xFF ? Unicode.Scalar(value) : nil
  }

  private mutating func skipBlanks() {
    while let scalar = current, isBlank(scalar) { index += 1 }
  }

  private mutating func skipLine() {
    index = lineEnd(from: index)
    while let scalar = current, scalar == "\n" || scalar == "\r" { index += 1 }
  }

  private func lineEnd(from start: Int) -> Int {
    var end = start
    while end < source.scalars.count, source.scalars[end] != "\n", source.scalars[end] != "\r" { end += 1 }
    return end
  }

  private func matches(_ word: String) -> Bool {
    source.scalars[index...].starts(with: word.unicodeScalars)
  }

  private func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }

  private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_", ".", "-", "[", "]": true
    default: false
    }
  }

  private func text(_ start: Int, _ end: Int) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: source.scalars[start..<end])
    return String(view)
  }

  private func fail(_ message: String, _ span: SourceSpan, label: String) {
    sink.add(
      Diagnostic(
        severity: .error, code: DiagnosticCode.envFile.rawValue, message: message, primary: span, label: label,
        help: "lines are NAME=value; quote a value that holds quotes, '#' or line breaks"))
  }
}

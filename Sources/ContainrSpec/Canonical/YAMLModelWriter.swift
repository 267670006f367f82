// Values as YAML in block style. Writes text only; what needs quotes is decided in PlainText.

struct YAMLModelWriter {
  /// libyaml reads no longer key in front of a `:` on its line.
  private static let keyLimit = 1000

  let escapesDollars: Bool
  private(set) var text = ""

  init(escapesDollars: Bool) { self.escapesDollars = escapesDollars }

  /// One document.
  mutating func write(_ value: ModelValue) {
    switch value {
    case .mapping(let entries) where !entries.isEmpty: mapping(entries, indent: 0)
    case .list(let items) where !items.isEmpty: list(items, indent: 0)
    default: scalar(value, indent: 0)
    }
  }

  /// The entries; the first one continues the line that the text is on.
  private mutating func mapping(_ entries: [ModelEntry], indent: Int) {
    for (index, entry) in entries.enumerated() {
      if index > 0 { blanks(indent) }
      let key = PlainText.key(entry.key)
      if key.utf8.count > Self.keyLimit {
        text += "? \(key)\n"
        blanks(indent)
      } else {
        text += key
      }
      text += ":"
      child(entry.value, indent: indent)
    }
  }

  /// What follows a `:`.
  private mutating func child(_ value: ModelValue, indent: Int) {
    switch value {
    case .mapping(let entries) where !entries.isEmpty:
      text += "\n"
      blanks(indent + 2)
      mapping(entries, indent: indent + 2)
    case .list(let items) where !items.isEmpty:
      text += "\n"
      blanks(indent + 2)
      list(items, indent: indent + 2)
    default:
      text += " "
      scalar(value, indent: indent)
    }
  }

  private mutating func list(_ items: [ModelValue], indent: Int) {
    for (index, item) in items.enumerated() {
      if index > 0 { blanks(indent) }
      text += "- "
      switch item {
      case .mapping(let entries) where !entries.isEmpty: mapping(entries, indent: indent + 2)
      case .list(let inner) where !inner.isEmpty: list(inner, indent: indent + 2)
      default: scalar(item, indent: indent)
      }
    }
  }

  /// What fits behind a key or a dash; `indent` is the level of that.
  private mutating func scalar(_ value: ModelValue, indent: Int) {
    switch value {
    case .null: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .decimal(let digits): text += digits
    case .mapping: text += "{}"
    case .list: text += "[]"
    case .string(let string):
      let string = escapesDollars ? DollarText.escaped(string) : string
      if let header = LiteralBlock.header(for: string) {
        text += header
        block(string, indent: indent + 2)
        return
      }
      text += PlainText.value(string)
    }
    text += "\n"
  }

  private mutating func block(_ string: String, indent: Int) {
    text += "\n"
    var lines = LiteralBlock.lines(string)
    // The break behind the last line is written with that line.
    if string.unicodeScalars.last == "\n" { lines.removeLast() }
    for line in lines {
      if !line.isEmpty {
        blanks(indent)
        text.unicodeScalars.append(contentsOf: line)
      }
      text += "\n"
    }
  }

  private mutating func blanks(_ count: Int) { text += String(repeating: " ", count: count) }
}

/// Dollar signs of text that is interpolated when it is read again.
enum DollarText {
  /// Every `$` as `$$`.
  static func escaped(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      out.append(scalar)
      if scalar == "$" { out.append(scalar) }
    }
    return String(out)
  }
}

/// When a text of several lines can stand as a literal block, and how that begins.
enum LiteralBlock {
  /// `|`, `|-` or `|+` with the indentation where that cannot be seen; nil: the block would not read as the text.
  static func header(for text: String) -> String? {
    let scalars = text.unicodeScalars
    guard scalars.contains("\n"), scalars.contains(where: { $0 != "\n" && $0 != " " && $0 != "\t" }),
      scalars.allSatisfy({ $0 == "\n" || $0 == "\t" || PlainText.isPrintable($0) })
    else { return nil }
    let first = scalars.first!
    let indentation = first == " " || first == "\t" || first == "\n" ? "2" : ""
    guard scalars.last == "\n" else { return "|\(indentation)-" }
    return scalars.dropLast().last == "\n" ? "|\(indentation)+" : "|\(indentation)"
  }

  static func lines(_ text: String) -> [Substring.UnicodeScalarView] {
    text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
  }
}

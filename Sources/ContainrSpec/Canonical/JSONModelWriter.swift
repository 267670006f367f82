// Values as JSON. Writes text only.

struct JSONModelWriter {
  let isPretty: Bool
  let escapesDollars: Bool
  private(set) var text = ""

  init(isPretty: Bool, escapesDollars: Bool) {
    self.isPretty = isPretty
    self.escapesDollars = escapesDollars
  }

  mutating func write(_ value: ModelValue) { write(value, indent: 0) }

  private mutating func write(_ value: ModelValue, indent: Int) {
    switch value {
    case .null: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .decimal(let digits): text += Self.number(digits)
    case .string(let string): text += Self.quoted(escapesDollars ? DollarText.escaped(string) : string)
    case .list(let items):
      open("[", "]", items, indent) { writer, item in writer.write(item, indent: indent + 2) }
    case .mapping(let entries):
      open("{", "}", entries, indent) { writer, entry in
        writer.text += Self.quoted(entry.key) + (writer.isPretty ? ": " : ":")
        writer.write(entry.value, indent: indent + 2)
      }
    }
  }

  private mutating func open<Item>(
    _ start: String, _ end: String, _ items: [Item], _ indent: Int, _ body: (inout JSONModelWriter, Item) -> Void
  ) {
    text += start
    for (index, item) in items.enumerated() {
      if index > 0 { text += "," }
      line(indent + 2)
      body(&self, item)
    }
    if !items.isEmpty { line(indent) }
    text += end
  }

  private mutating func line(_ indent: Int) {
    if isPretty { text += "\n" + String(repeating: " ", count: indent) }
  }

  /// `.5`, `5.` and `+5` are numbers in YAML only.
  private static func number(_ digits: String) -> String {
    var digits = digits[...]
    let isNegative = digits.first == "-"
    if isNegative || digits.first == "+" { digits = digits.dropFirst() }
    if digits.first == "." { digits = "0" + digits }
    let whole = digits.prefix { $0 != "." && $0 != "e" && $0 != "E" }
    var rest = digits.dropFirst(whole.count)
    if rest.first == ".", !(rest.dropFirst().first?.isNumber ?? false) { rest = rest.dropFirst() }
    let significant = whole.drop { $0 == "0" }
    return (isNegative ? "-" : "") + (significant.isEmpty ? "0" : significant) + rest
  }

  static func quoted(_ string: String) -> String {
    var out = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      // Printed JSON is read as YAML as well, which takes fewer characters as they are.
      case let hidden where !PlainText.isPrintable(hidden):
        let digits = String(hidden.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}

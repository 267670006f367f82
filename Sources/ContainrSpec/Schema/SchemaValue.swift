// JSON as the schema is written in: keys keep their order, so that the published file changes only where it must.

/// One value of the schema document.
indirect enum SchemaValue: Sendable {
  case text(String)
  case number(String)
  case boolean(Bool)
  case list([SchemaValue])
  case object([(String, SchemaValue)])
  /// JSON that is written down already.
  case json(String)

  /// Indented by two blanks a level, without a line break at the end.
  func render(indent: String = "") -> String {
    let inner = indent + "  "
    switch self {
    case .text(let text): return JSONLiteral.string(text)
    case .number(let text), .json(let text): return text
    case .boolean(let value): return value ? "true" : "false"
    case .list(let items):
      if items.isEmpty { return "[]" }
      let lines = items.map { inner + $0.render(indent: inner) }
      return "[\n\(lines.joined(separator: ",\n"))\n\(indent)]"
    case .object(let entries):
      if entries.isEmpty { return "{}" }
      let lines = entries.map { "\(inner)\(JSONLiteral.string($0.0)): \($0.1.render(indent: inner))" }
      return "{\n\(lines.joined(separator: ",\n"))\n\(indent)}"
    }
  }
}

// `--format`: a table, JSON, or a text with `{{.Field}}` in it, as Docker's commands take it. Pure.
internal import ContainrForeground

/// How a list is printed.
enum ListFormat: Sendable {
  case table, json
  case template(FieldTemplate)

  /// `table`, `json`, or a template; nil is a table.
  init(_ text: String?) throws {
    switch text {
    case nil, "table": self = .table
    case "json", "{{json .}}": self = .json
    case let text?: self = .template(try FieldTemplate(text))
    }
  }
}

/// A text with fields.
struct FieldTemplate: Sendable {
  private enum Part: Sendable {
    case text(String)
    case field(String, isJSON: Bool)
  }
  private var parts: [Part] = []

  /// `{{.Name}}`, `{{json .Labels}}`, and `\t` and `\n` for a tab and a new line.
  init(_ text: String) throws {
    var rest = text.replacing("\\t", with: "\t").replacing("\\n", with: "\n")[...]
    while let begin = rest.range(of: "{{") {
      if begin.lowerBound > rest.startIndex { parts.append(.text(String(rest[..<begin.lowerBound]))) }
      guard let end = rest[begin.upperBound...].range(of: "}}") else {
        throw CommandExit(.failure, "--format: '{{' without '}}'")
      }
      let words = rest[begin.upperBound..<end.lowerBound].split(separator: " ")
      guard let name = words.last, name.first == ".", words.count == 1 || (words.count == 2 && words[0] == "json")
      else {
        throw CommandExit(
          .failure, "--format: '{{\(rest[begin.upperBound..<end.lowerBound])}}' is not understood",
          help: "write {{.Field}} or {{json .Field}}")
      }
      parts.append(.field(String(name.dropFirst()), isJSON: words.count == 2))
      rest = rest[end.upperBound...]
    }
    if !rest.isEmpty { parts.append(.text(String(rest))) }
  }

  /// The text with these values: as they are read, and as JSON.
  func text(_ fields: [(name: String, text: String, json: String)]) throws -> String {
    var out = ""
    for part in parts {
      switch part {
      case .text(let text): out += text
      case .field(let name, let isJSON):
        guard let field = fields.first(where: { $0.name == name }) else {
          throw CommandExit(
            .failure, "--format: there is no field .\(name)",
            help: "there are \(fields.map { ".\($0.name)" }.joined(separator: ", "))")
        }
        out += isJSON ? field.json : field.text
      }
    }
    return out
  }
}

extension Substring {
  fileprivate func range(of word: String) -> Range<Index>? { firstRange(of: word) }
}

// `--format`: a table, JSON, or a text with `{{.Field}}` in it, as Docker's commands take it. Pure.
internal import ContainrForeground

/// How a list is printed.
enum ListFormat: Sendable {
  case table, json
  case template(FieldTemplate)

  /// `table`, `json`, or a template, after `table ` one of columns; nil is a table.
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
  /// After `table `: columns apart by tabs, under headings.
  private let isTable: Bool

  /// `{{.Name}}`, `{{json .Labels}}`, and `\t` and `\n` for a tab and a new line.
  init(_ text: String) throws {
    isTable = text.hasPrefix("table ")
    var rest = text.dropFirst(isTable ? 6 : 0).replacing("\\t", with: "\t").replacing("\\n", with: "\n")[...]
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

  /// The fields that it has.
  var names: [String] {
    parts.compactMap { (part) -> String? in
      guard case .field(let name, _) = part else { return nil }
      return name
    }
  }

  /// A line for each, or a table of them.
  func list(_ rows: [[VolumeView.Field]], _ ink: Ink) throws -> String {
    if !isTable { return try rows.map { try text($0) + "\n" }.joined() }
    func cells(_ line: String) -> [String] {
      line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    let headings = cells(
      parts.map { part in
        switch part {
        case .text(let text): text
        case .field(let name, _): Self.heading(name)
        }
      }.joined())
    var table = Table(headings.map { ($0, .left) })
    table.rows = try rows.map { row in
      // A value with a tab in it is still one line of so many columns.
      Array((cells(try text(row)) + Array(repeating: "", count: headings.count)).prefix(headings.count))
    }
    return table.text(ink)
  }

  /// `CREATED AT` of `CreatedAt`; `ID` stays one word.
  private static func heading(_ name: String) -> String {
    var out = ""
    var wasLower = false
    for character in name {
      if character.isUppercase, wasLower { out += " " }
      wasLower = character.isLowercase
      out += character.uppercased()
    }
    return out
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

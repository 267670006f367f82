// As much of JSON Schema draft-07 as the published schema uses. A keyword that is not known here fails the test that
// meets it, so the schema cannot say something that nobody checks.
import Foundation

/// A JSON value for schemas and documents.
indirect enum JSON: Hashable, Sendable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  /// As YAML in flow style, which JSON with quoted keys is.
  var text: String {
    switch self {
    case .null: "null"
    case .boolean(let value): String(value)
    case .number(let value): Int(exactly: value).map(String.init) ?? String(value)
    case .string(let text): Self.quoted(text)
    case .array(let items): "[" + items.map(\.text).joined(separator: ", ") + "]"
    case .object(let entries):
      "{"
        + entries.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)): \($0.value.text)" }.joined(separator: ", ")
        + "}"
    }
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  init(_ value: Any) {
    switch value {
    case let object as [String: Any]: self = .object(object.mapValues { JSON($0) })
    case let array as [Any]: self = .array(array.map { JSON($0) })
    case let text as String: self = .string(text)
    case let number as NSNumber:
      self = CFNumberKind.isBoolean(number) ? .boolean(number.boolValue) : .number(number.doubleValue)
    default: self = .null
    }
  }

  subscript(_ key: String) -> JSON? {
    if case .object(let entries) = self { return entries[key] }
    return nil
  }
}

private enum CFNumberKind {
  static func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}

/// Validates documents.
final class JSONSchema {
  private let root: JSON
  private var expressions: [String: NSRegularExpression] = [:]
  /// Keywords that were met and are not known here.
  private(set) var unknown: Set<String> = []

  init(_ text: String) throws {
    root = JSON(try JSONSerialization.jsonObject(with: Data(text.utf8)))
  }

  func accepts(_ document: JSON) -> Bool { accepts(document, root) }

  private func accepts(_ value: JSON, _ schema: JSON) -> Bool {
    guard case .object(let keywords) = schema else { return schema != .boolean(false) }
    return keywords.allSatisfy { keyword, argument in holds(keyword, argument, value, schema) }
  }

  private func holds(_ keyword: String, _ argument: JSON, _ value: JSON, _ schema: JSON) -> Bool {
    switch (keyword, argument) {
    case ("$schema", _), ("title", _), ("description", _), ("examples", _), ("deprecated", _), ("definitions", _):
      return true
    case ("$ref", .string(let reference)):
      let name = String(reference.dropFirst("#/definitions/".count))
      return root["definitions"]?[name].map { accepts(value, $0) } ?? false
    case ("anyOf", .array(let variants)): return variants.contains { accepts(value, $0) }
    case ("type", .string(let type)): return isType(value, type)
    case ("type", .array(let types)):
      return types.contains { if case .string(let type) = $0 { isType(value, type) } else { false } }
    case ("const", _): return value == argument
    case ("minimum", .number(let bound)): if case .number(let number) = value { return number >= bound }
    case ("maximum", .number(let bound)): if case .number(let number) = value { return number <= bound }
    case ("minLength", .number(let bound)): if case .string(let text) = value { return Double(text.count) >= bound }
    case ("minItems", .number(let bound)): if case .array(let items) = value { return Double(items.count) >= bound }
    case ("pattern", .string(let pattern)): if case .string(let text) = value { return matches(text, pattern) }
    case ("items", _): if case .array(let items) = value { return items.allSatisfy { accepts($0, argument) } }
    case ("required", .array(let names)):
      if case .object(let entries) = value {
        return names.allSatisfy { if case .string(let name) = $0 { entries[name] != nil } else { false } }
      }
    case ("properties", _), ("patternProperties", _), ("additionalProperties", _): return members(value, schema)
    default: unknown.insert(keyword)
    }
    return true
  }

  private func members(_ value: JSON, _ schema: JSON) -> Bool {
    guard case .object(let entries) = value else { return true }
    return entries.allSatisfy { key, value in
      var isKnown = false
      if let property = schema["properties"]?[key] {
        isKnown = true
        guard accepts(value, property) else { return false }
      }
      if case .object(let patterns) = schema["patternProperties"] {
        for (pattern, property) in patterns where matches(key, pattern) {
          isKnown = true
          guard accepts(value, property) else { return false }
        }
      }
      return isKnown || schema["additionalProperties"].map { accepts(value, $0) } ?? true
    }
  }

  private func isType(_ value: JSON, _ type: String) -> Bool {
    switch (value, type) {
    case (.null, "null"), (.boolean, "boolean"), (.string, "string"), (.array, "array"), (.object, "object"),
      (.number, "number"):
      true
    case (.number(let number), "integer"): number == number.rounded()
    default: false
    }
  }

  private func matches(_ text: String, _ pattern: String) -> Bool {
    if expressions[pattern] == nil { expressions[pattern] = try? NSRegularExpression(pattern: pattern) }
    guard let expression = expressions[pattern] else {
      unknown.insert("pattern \(pattern)")
      return false
    }
    return expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
  }
}

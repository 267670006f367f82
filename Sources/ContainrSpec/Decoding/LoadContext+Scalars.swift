// Typed reading of scalar nodes. Each returns nil after it has reported why.

extension LoadContext {
  /// The text of a scalar that stands for a string: strings and numbers, not booleans, not null.
  func text(_ node: YAMLNode, key: String, expected: String = "a string") -> String? {
    guard let scalar = node.scalar else {
      wrongType(node, key: key, expected: expected)
      return nil
    }
    switch scalar.kind {
    case .string, .integer, .float: return scalar.text
    case .boolean:
      wrongType(
        node, key: key, expected: expected, help: "write \"\(scalar.text)\" if the text is meant",
        fixes: quoting(node))
    case .null: wrongType(node, key: key, expected: expected)
    }
    return nil
  }

  /// A scalar of any type but null, as it is written; YAML 1.1 spellings are linted.
  func anyText(_ node: YAMLNode, key: String, expected: String = "a string") -> String? {
    guard let scalar = node.scalar, scalar.kind != .null else {
      wrongType(node, key: key, expected: expected)
      return nil
    }
    lint(node)
    return scalar.text
  }

  /// A scalar that `read` turns into a value.
  func value<Value>(
    _ node: YAMLNode, key: String, expected: String = "a string", _ read: (String) throws(ValueProblem) -> Value
  ) -> Value? {
    guard let text = text(node, key: key, expected: expected) else { return nil }
    do throws(ValueProblem) {
      return try read(text)
    } catch {
      report(error, at: node)
      return nil
    }
  }

  func integer(_ node: YAMLNode, key: String, _ range: ClosedRange<Int64>) -> Int64? {
    value(node, key: key, expected: "a number") { text throws(ValueProblem) in try NumberText.integer(text, range) }
  }

  func boolean(_ node: YAMLNode, key: String) -> Bool? {
    guard let scalar = node.scalar, scalar.kind != .null else {
      wrongType(node, key: key, expected: "a boolean")
      return nil
    }
    switch scalar.text {
    case "true", "True", "TRUE": return true
    case "false", "False", "FALSE": return false
    case "yes", "Yes", "YES", "on", "On", "ON", "y", "Y": return legacyBoolean(node, scalar.text, true)
    case "no", "No", "NO", "off", "Off", "OFF", "n", "N": return legacyBoolean(node, scalar.text, false)
    default:
      wrongType(node, key: key, expected: "a boolean", help: "write true or false")
      return nil
    }
  }

  private func legacyBoolean(_ node: YAMLNode, _ text: String, _ value: Bool) -> Bool {
    warning(
      .ambiguousScalar, "'\(text)' is taken as \(value)", at: node.span, label: "text by the rules of YAML 1.2",
      help: "write \(value)", fixes: rewriting(node, to: String(value), .always))
    return value
  }

  /// The items of a list; a single scalar counts as a list of one if `allowsScalar`.
  func items(_ node: YAMLNode, key: String, allowsScalar: Bool = false) -> [YAMLNode]? {
    switch node.content {
    case .sequence(let items): return items
    case .scalar(let scalar) where allowsScalar && scalar.kind != .null: return [node]
    default:
      let hint = node.scalar.map { "write '- \($0.text)' on a line of its own, or [\($0.text)]" }
      wrongType(node, key: key, expected: allowsScalar ? "a list or a string" : "a list", help: hint)
      return nil
    }
  }

  /// The entries of a mapping.
  func entries(_ node: YAMLNode, key: String) -> [YAMLEntry]? {
    guard case .mapping(let entries) = node.content else {
      wrongType(node, key: key, expected: "a mapping")
      return nil
    }
    return entries
  }
}

// One object of a document while it is decoded: types are checked, unknown keys are passed over as the specification
// wants it, and an error knows the value's path. Pure.

/// A document that says something impossible.
public struct JSONShapeError: Error, Sendable, Hashable {
  /// Names and numbers from the top.
  public var path: [String]
  /// In words, without the path.
  public var reason: String

  /// A fault of the value at a path.
  public init(_ path: [String], _ reason: String) {
    self.path = path
    self.reason = reason
  }

  /// `process.args[0]`.
  public var name: String {
    path.reduce("") { text, part in
      if Int(part) != nil { return "\(text)[\(part)]" }
      return text.isEmpty ? part : "\(text).\(part)"
    }
  }

  /// `config.json:12:3: process.cwd must be absolute`.
  public func text(file: String, in bytes: [UInt8]) -> String {
    let position = JSONPosition(of: path, in: bytes)
    return "\(file):\(position.line):\(position.column): \(name.isEmpty ? "" : "\(name) ")\(reason)"
  }
}

/// An object and where it stands.
public struct JSONReader: Sendable {
  /// Names and numbers from the top.
  public let path: [String]
  /// All of it, in order.
  public let members: [JSONMember]

  /// The members of an object at a path; anything else than an object is a fault.
  public init(_ value: JSONValue, path: [String] = []) throws(JSONShapeError) {
    guard case .object(let members) = value else { throw JSONShapeError(path, "must be an object, not \(value.kind)") }
    self.members = members
    self.path = path
  }

  /// The names in it, in order.
  public var keys: [String] { members.map(\.key) }

  /// A value; null counts as absent, as in every reader of this file.
  public func value(_ key: String) -> JSONValue? {
    guard let found = members.last(where: { $0.key == key })?.value, found != .null else { return nil }
    return found
  }

  /// A fault of one member.
  public func fault(_ key: String, _ reason: String) -> JSONShapeError { JSONShapeError(path + [key], reason) }

  /// A text; nil if there is none.
  public func string(_ key: String) throws(JSONShapeError) -> String? {
    guard let value = value(key) else { return nil }
    return try Self.string(value, path + [key])
  }

  /// A text that must be there.
  public func requiredString(_ key: String) throws(JSONShapeError) -> String {
    guard let text = try string(key) else { throw JSONShapeError(path, "needs \(key)") }
    return text
  }

  /// A list of texts; empty if there is none.
  public func strings(_ key: String) throws(JSONShapeError) -> [String] {
    var all: [String] = []
    for (index, value) in try array(key).enumerated() {
      all.append(try Self.string(value, path + [key, String(index)]))
    }
    return all
  }

  /// A truth value; nil if there is none.
  public func bool(_ key: String) throws(JSONShapeError) -> Bool? {
    guard let value = value(key) else { return nil }
    guard case .bool(let answer) = value else { throw fault(key, "must be true or false, not \(value.kind)") }
    return answer
  }

  /// A whole number that fits; nil if there is none.
  public func number<Number: FixedWidthInteger>(_ key: String, as: Number.Type = Number.self) throws(JSONShapeError)
    -> Number?
  {
    guard let value = value(key) else { return nil }
    return try Self.number(value, path + [key])
  }

  /// A whole number that must be there.
  public func requiredNumber<Number: FixedWidthInteger>(_ key: String) throws(JSONShapeError) -> Number {
    guard let number: Number = try number(key) else { throw JSONShapeError(path, "needs \(key)") }
    return number
  }

  /// A list; empty if there is none.
  public func array(_ key: String) throws(JSONShapeError) -> [JSONValue] {
    guard let value = value(key) else { return [] }
    guard case .array(let values) = value else { throw fault(key, "must be an array, not \(value.kind)") }
    return values
  }

  /// An object; nil if there is none.
  public func object(_ key: String) throws(JSONShapeError) -> JSONReader? {
    guard let value = value(key) else { return nil }
    return try JSONReader(value, path: path + [key])
  }

  /// A list of objects; empty if there is none.
  public func objects(_ key: String) throws(JSONShapeError) -> [JSONReader] {
    var all: [JSONReader] = []
    for (index, value) in try array(key).enumerated() {
      all.append(try JSONReader(value, path: path + [key, String(index)]))
    }
    return all
  }

  /// A map of names to texts.
  public func texts(_ key: String) throws(JSONShapeError) -> [String: String] {
    var all: [String: String] = [:]
    guard let object = try object(key) else { return [:] }
    for name in object.keys { all[name] = try object.string(name) ?? "" }
    return all
  }

  private static func string(
    _ value: JSONValue, _ path: @autoclosure () -> [String]
  ) throws(JSONShapeError) -> String {
    guard case .string(let text) = value else { throw JSONShapeError(path(), "must be a string, not \(value.kind)") }
    // What goes to the kernel would end there.
    if text.utf8.contains(0) { throw JSONShapeError(path(), "has a NUL in it") }
    return text
  }

  private static func number<Number: FixedWidthInteger>(
    _ value: JSONValue, _ path: @autoclosure () -> [String]
  ) throws(JSONShapeError) -> Number {
    let number: Number?
    switch value {
    case .integer(let integer): number = Number(exactly: integer)
    case .natural(let natural): number = Number(exactly: natural)
    default: throw JSONShapeError(path(), "must be a whole number, not \(value.kind)")
    }
    guard let number else {
      throw JSONShapeError(path(), "is \(value.text()), and must be from \(Number.min) to \(Number.max)")
    }
    return number
  }
}

extension JSONValue {
  /// What it is, for an error.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a truth value"
    case .integer, .natural: "a number"
    case .real: "a fraction"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

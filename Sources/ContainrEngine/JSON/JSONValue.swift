// JSON as a value: read by json-c, strictly, and written by ourselves. Pure.
internal import CJSON

/// A JSON value. Numbers keep their digits: 2^64-1 is what an unlimited resource is called.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// Over Int64.max.
  case natural(UInt64)
  case real(Double)
  case string(String)
  case array([JSONValue])
  /// In the order of the text; of equal keys the last.
  case object([JSONMember])

  /// The greatest depth that is read.
  static let depth: Int32 = 64

  /// Reads one value, and nothing behind it. Members of its objects that are named in `passing` are checked and left out.
  public init(_ bytes: [UInt8], passing: [StaticString] = []) throws(JSONSyntaxError) {
    guard let tokener = json_tokener_new_ex(Self.depth) else {
      throw JSONSyntaxError(offset: 0, reason: "out of memory")
    }
    defer { json_tokener_free(tokener) }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8)
    try Self.checkStrictly(bytes)
    if bytes.count >= Int(Int32.max) { throw JSONSyntaxError(offset: 0, reason: "the file is too big") }
    let object = bytes.withUnsafeBytes { raw in
      json_tokener_parse_ex(tokener, raw.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count))
    }
    defer { json_object_put(object) }
    let status = json_tokener_get_error(tokener)
    let end = Int(json_tokener_get_parse_end(tokener))
    if status == json_tokener_continue { throw JSONSyntaxError(offset: bytes.count, reason: "the text ends too early") }
    if status != json_tokener_success {
      throw JSONSyntaxError(offset: end, reason: String(cString: json_tokener_error_desc(status)))
    }
    if let extra = bytes[end...].firstIndex(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) {
      throw JSONSyntaxError(offset: extra, reason: "something follows the value")
    }
    self = Self.value(object, passing)
  }

  /// What json-c passes even when it is strict: single quotes, comments, NaN, control characters in strings (RFC 8259).
  private static func checkStrictly(_ bytes: [UInt8]) throws(JSONSyntaxError) {
    if let fault = bytes.withUnsafeBufferPointer(laxity) {
      throw JSONSyntaxError(offset: fault.at, reason: fault.reason)
    }
  }

  /// Where json-c would be lax, and why.
  private static func laxity(_ bytes: UnsafeBufferPointer<UInt8>) -> (at: Int, reason: String)? {
    var isInString = false
    var isEscaped = false
    var offset = 0
    while offset < bytes.count {
      let byte = bytes[offset]
      if isInString {
        if byte < 0x20 { return (offset, "a control character in a string") }
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
      } else {
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "'"), UInt8(ascii: "/"), UInt8(ascii: "N"), UInt8(ascii: "I"):
          return (offset, "unexpected character")
        default: break
        }
      }
      offset += 1
    }
    return nil
  }

  private static func isNamed(_ name: UnsafePointer<CChar>, _ names: [StaticString]) -> Bool {
    names.contains { known in
      var at = 0
      while at < known.utf8CodeUnitCount, UInt8(bitPattern: name[at]) == known.utf8Start[at] { at += 1 }
      return at == known.utf8CodeUnitCount && name[at] == 0
    }
  }

  private static func value(_ object: OpaquePointer?, _ passing: [StaticString]) -> JSONValue {
    guard let object else { return .null }
    switch json_object_get_type(object) {
    case json_type_boolean: return .bool(json_object_get_boolean(object) != 0)
    case json_type_double: return .real(json_object_get_double(object))
    case json_type_int:
      let signed = json_object_get_int64(object)
      if signed < 0 { return .integer(signed) }
      let natural = json_object_get_uint64(object)
      return Int64(exactly: natural).map { .integer($0) } ?? .natural(natural)
    case json_type_string:
      let bytes = UnsafeRawBufferPointer(
        start: json_object_get_string(object), count: Int(json_object_get_string_len(object)))
      return .string(String(decoding: bytes, as: UTF8.self))
    case json_type_array:
      return .array(
        (0..<json_object_array_length(object)).map { value(json_object_array_get_idx(object, $0), passing) })
    case json_type_object:
      var members: [JSONMember] = []
      var place = json_object_iter_begin(object)
      var end = json_object_iter_end(object)
      while json_object_iter_equal(&place, &end) == 0 {
        if let name = json_object_iter_peek_name(&place), !isNamed(name, passing) {
          members.append(JSONMember(String(cString: name), value(json_object_iter_peek_value(&place), passing)))
        }
        json_object_iter_next(&place)
      }
      return .object(members)
    default: return .null
    }
  }
}

/// A name and its value.
public struct JSONMember: Sendable, Hashable {
  /// The name.
  public var key: String
  /// What it stands for.
  public var value: JSONValue

  /// A pair.
  public init(_ key: String, _ value: JSONValue) {
    self.key = key
    self.value = value
  }
}

/// Text that is no JSON.
public struct JSONSyntaxError: Error, Sendable, Hashable {
  /// Bytes before the fault.
  public var offset: Int
  /// In words.
  public var reason: String
}

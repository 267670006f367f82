// Where in a JSON text a value stands: json-c does not tell. Looked for only when an error is to be shown. Pure.

/// A line and a column, both from 1; columns count bytes.
public struct JSONPosition: Sendable, Hashable {
  /// From 1.
  public var line: Int
  /// From 1.
  public var column: Int

  /// The position of an offset in bytes.
  public init(offset: Int, in bytes: [UInt8]) {
    let before = bytes.prefix(max(0, min(offset, bytes.count)))
    line = 1 + before.count { $0 == 0x0A }
    column = before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
  }

  /// The position of the value at a path of names and numbers, in a text that has been read; the position of the last
  /// one on the path that is there.
  public init(of path: [String], in bytes: [UInt8]) {
    var scanner = Scanner(bytes: bytes)
    var found = scanner.skipBlank()
    for part in path {
      guard let next = scanner.enter(part) else { break }
      found = next
    }
    self.init(offset: found, in: bytes)
  }
}

/// A walk over valid JSON.
private struct Scanner {
  let bytes: [UInt8]
  private var at = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  private var byte: UInt8 { at < bytes.count ? bytes[at] : 0 }

  @discardableResult
  mutating func skipBlank() -> Int {
    while [0x20, 0x09, 0x0A, 0x0D].contains(byte) { at += 1 }
    return at
  }

  /// From a container's start to its member's value; nil, and no move, if it has none.
  mutating func enter(_ name: String) -> Int? {
    let start = at
    var found: Int?
    let isObject = byte == UInt8(ascii: "{")
    guard isObject || byte == UInt8(ascii: "[") else { return nil }
    at += 1
    var index = 0
    while at < bytes.count {
      skipBlank()
      if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") { break }
      var key = String(index)
      if isObject {
        let from = at
        skipValue()
        key = String(decoding: bytes[min(from + 1, at)..<max(from + 1, at - 1)], as: UTF8.self)
        skipBlank()
        at += 1  // the colon
        skipBlank()
      }
      if key == name { found = at }
      skipValue()
      skipBlank()
      if byte == UInt8(ascii: ",") { at += 1 }
      index += 1
    }
    at = found ?? start
    return found
  }

  private mutating func skipValue() {
    switch byte {
    case UInt8(ascii: "\""):
      at += 1
      while at < bytes.count, byte != UInt8(ascii: "\"") { at += byte == UInt8(ascii: "\\") ? 2 : 1 }
      at += 1
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      var depth = 0
      repeat {
        switch byte {
        case UInt8(ascii: "\""):
          skipValue()
          continue
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        default: break
        }
        at += 1
      } while depth > 0 && at < bytes.count
    default:
      while at < bytes.count, ![0x2C, 0x5D, 0x7D, 0x20, 0x09, 0x0A, 0x0D].contains(byte) { at += 1 }
    }
  }
}

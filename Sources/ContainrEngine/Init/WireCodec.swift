// The bytes between host and shim: little-endian numbers and counted strings, every length checked. Pure.
// Both ends are of one build; the protocol version in front says so.

/// Bytes that cannot be what the other side wrote.
public struct WireError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong.
  public var description: String
}

/// A value with a wire form.
public protocol WireValue {
  func encode(to writer: inout WireWriter)
  init(from reader: inout WireReader) throws(WireError)
}

/// Appends values to a byte array.
public struct WireWriter: Sendable {
  /// What was written so far.
  public private(set) var bytes: [UInt8] = []
  /// An empty writer.
  public init() {}

  /// A number, little-endian.
  public mutating func put<Number: FixedWidthInteger>(_ value: Number) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// A byte, 0 or 1.
  public mutating func put(_ value: Bool) { put(UInt8(value ? 1 : 0)) }

  /// Counted bytes.
  public mutating func put(_ value: [UInt8]) {
    put(UInt32(value.count))
    bytes.append(contentsOf: value)
  }

  /// Counted UTF-8.
  public mutating func put(_ value: String) {
    put(UInt32(value.utf8.count))
    bytes.append(contentsOf: value.utf8)
  }

  /// A presence byte, then the string.
  public mutating func put(_ value: String?) {
    put(value != nil)
    if let value { put(value) }
  }

  /// A presence byte, then the number.
  public mutating func put<Number: FixedWidthInteger>(_ value: Number?) {
    put(value != nil)
    if let value { put(value) }
  }

  /// A counted array.
  public mutating func put(_ values: [String]) {
    put(UInt32(values.count))
    for value in values { put(value) }
  }

  /// A counted array.
  public mutating func put<Value: WireValue>(_ values: [Value]) {
    put(UInt32(values.count))
    for value in values { value.encode(to: &self) }
  }
}

/// Takes values off a byte array.
public struct WireReader: Sendable {
  private let bytes: [UInt8]
  private var offset: Int

  /// Reads from `offset` on.
  public init(_ bytes: [UInt8], from offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  /// Where the next value begins.
  public var position: Int { offset }

  /// Throws if bytes are left over.
  public func end() throws(WireError) {
    if offset != bytes.count { throw WireError(description: "\(bytes.count - offset) bytes too many") }
  }

  /// A number, little-endian.
  public mutating func number<Number: FixedWidthInteger>(_: Number.Type = Number.self) throws(WireError) -> Number {
    let size = MemoryLayout<Number>.size
    let start = try advance(size)
    return bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: Number.self)) }
  }

  /// A presence byte, then the number.
  public mutating func optionalNumber<Number: FixedWidthInteger>(
    _: Number.Type = Number.self
  ) throws(WireError) -> Number? { try bool() ? try number() : nil }

  /// A byte that is 0 or 1.
  public mutating func bool() throws(WireError) -> Bool {
    let value: UInt8 = try number()
    if value > 1 { throw WireError(description: "\(value) is no truth value") }
    return value == 1
  }

  /// Counted bytes.
  public mutating func data() throws(WireError) -> [UInt8] {
    let count = try count()
    let start = try advance(count)
    return Array(bytes[start..<start + count])
  }

  /// Counted UTF-8.
  public mutating func string() throws(WireError) -> String {
    let count = try count()
    let start = try advance(count)
    return String(decoding: bytes[start..<start + count], as: UTF8.self)
  }

  /// A presence byte, then the string.
  public mutating func optionalString() throws(WireError) -> String? { try bool() ? try string() : nil }

  /// A counted array.
  public mutating func strings() throws(WireError) -> [String] {
    var values: [String] = []
    for _ in 0..<(try count()) { values.append(try string()) }
    return values
  }

  /// A counted array.
  public mutating func values<Value: WireValue>(_: Value.Type = Value.self) throws(WireError) -> [Value] {
    var values: [Value] = []
    for _ in 0..<(try count()) { values.append(try Value(from: &self)) }
    return values
  }

  /// A count of things that take at least a byte each, so that a wrong one cannot ask for more than there is.
  private mutating func count() throws(WireError) -> Int {
    let count = Int(try number(UInt32.self))
    if count > bytes.count - offset { throw WireError(description: "a count of \(count) runs over the end") }
    return count
  }

  private mutating func advance(_ size: Int) throws(WireError) -> Int {
    if size > bytes.count - offset { throw WireError(description: "the data ends early") }
    defer { offset += size }
    return offset
  }
}

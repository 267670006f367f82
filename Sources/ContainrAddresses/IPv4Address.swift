// IPv4 addresses as values: strict text, ordering, network order. Knows no sockets.

/// An IPv4 address.
public struct IPv4Address: Sendable, Hashable, Comparable, LosslessStringConvertible {
  /// Host order: 127.0.0.1 is 0x7f000001.
  public var value: UInt32

  /// From host order.
  public init(_ value: UInt32) { self.value = value }

  /// From four octets, first one first.
  public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
    value = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
  }

  /// Exactly four decimal octets without leading zeros (`010.1.1.1` means different things to different tools).
  public init?(_ description: String) {
    var text = description
    guard let address = text.withUTF8({ IPv4Address(bytes: $0[...]) }) else { return nil }
    self = address
  }

  init?(bytes: Slice<UnsafeBufferPointer<UInt8>>) {
    var value: UInt32 = 0
    var rest = bytes
    for place in 0..<4 {
      let end = place == 3 ? rest.endIndex : rest.firstIndex(of: UInt8(ascii: "."))
      guard let end, let octet = UInt8(strictDecimal: rest[rest.startIndex..<end]) else { return nil }
      value = value << 8 | UInt32(octet)
      if place < 3 { rest = rest[(end + 1)...] }
    }
    self.value = value
  }

  /// 0.0.0.0
  public static let any = IPv4Address(0)
  /// 127.0.0.1
  public static let loopback = IPv4Address(0x7f00_0001)

  /// The four octets, first one first.
  public var octets: [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
  }

  /// As `sin_addr` wants it.
  public var networkOrder: UInt32 { value.bigEndian }

  /// In 127.0.0.0/8.
  public var isLoopback: Bool { value >> 24 == 127 }

  /// In 169.254.0.0/16 (RFC 3927).
  public var isLinkLocal: Bool { value >> 16 == 0xa9fe }

  /// Dotted quad.
  public var description: String { octets.map { String($0) }.joined(separator: ".") }

  /// In numeric order.
  public static func < (left: IPv4Address, right: IPv4Address) -> Bool { left.value < right.value }
}

extension IPv4Address: Codable {
  /// From one string.
  public init(from decoder: any Decoder) throws {
    self = try decodeText(decoder) { IPv4Address($0) }
  }

  /// As one string.
  public func encode(to encoder: any Encoder) throws { try encodeText(description, encoder) }
}

extension UInt8 {
  /// 0 to 255 in decimal digits, no sign, no leading zero.
  init?(strictDecimal digits: some Collection<UInt8>) {
    guard !digits.isEmpty, digits.count <= 3, digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
    var value = 0
    for digit in digits {
      guard digit >= 48, digit <= 57 else { return nil }
      value = value * 10 + Int(digit - 48)
    }
    guard value <= 255 else { return nil }
    self = UInt8(value)
  }
}

/// Decodes a value that is written as one string.
func decodeText<Value>(_ decoder: any Decoder, _ parse: (String) -> Value?) throws -> Value {
  let container = try decoder.singleValueContainer()
  let text = try container.decode(String.self)
  guard let value = parse(text) else {
    throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no \(Value.self)")
  }
  return value
}

func encodeText(_ text: String, _ encoder: any Encoder) throws {
  var container = encoder.singleValueContainer()
  try container.encode(text)
}

// Domain names: labels, text, and the wire form. Every read is bounded (RFC 1035, 4.1.4).
internal import ContainrAddresses

/// A domain name; compared without regard to ASCII case, kept as it was written.
public struct DNSName: Sendable, Hashable, LosslessStringConvertible {
  /// Without the root; each of 1 to 63 bytes, 255 with their lengths at most.
  public let labels: [[UInt8]]

  /// nil if a label is empty or too long, or there are too many. A final dot is allowed.
  public init?(_ description: String) {
    var parts = description.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { Array($0) }
    if parts.last == [] { parts.removeLast() }
    self.init(labels: parts)
  }

  /// nil if a label is empty or too long, or there are too many.
  public init?(labels: [[UInt8]]) {
    guard labels.allSatisfy({ (1...63).contains($0.count) }), labels.reduce(1, { $0 + $1.count + 1 }) <= 255 else {
      return nil
    }
    self.labels = labels
  }

  /// Lower case, dots between, no final dot; bytes that are no UTF-8 are replaced.
  public var text: String {
    labels.map { String(decoding: $0.map(Self.lower), as: UTF8.self) }.joined(separator: ".")
  }

  /// As it was written.
  public var description: String { labels.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".") }

  /// As it stands in a message, without compression.
  var wire: [UInt8] { labels.flatMap { label -> [UInt8] in [UInt8(label.count)] + label } + [0] }

  /// Moves `offset` behind a name without reading it; false if it reaches over the end.
  static func skip(_ bytes: [UInt8], _ offset: inout Int) -> Bool {
    while offset < bytes.count {
      let length = Int(bytes[offset])
      if length & 0xc0 == 0xc0 {
        offset += 2
        return offset <= bytes.count
      }
      if length > 63 { return false }
      offset += length + 1
      if length == 0 { return true }
    }
    return false
  }

  /// The address of a lower-case name below in-addr.arpa or ip6.arpa (RFC 1035, 3.5; RFC 3596, 2.5).
  static func reverseAddress(of name: String) -> IPAddress? {
    let bytes = Array(name.utf8)
    func labels(below suffix: StaticString, _ count: Int) -> [ArraySlice<UInt8>]? {
      let end = suffix.withUTF8Buffer { Array($0) }
      guard bytes.count > end.count, bytes.suffix(end.count).elementsEqual(end) else { return nil }
      let labels = bytes.dropLast(end.count).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      return labels.count == count ? labels.reversed() : nil
    }
    if let octets = labels(below: ".in-addr.arpa", 4) {
      return IPv4Address(String(decoding: Array(octets.joined(separator: [UInt8(ascii: ".")])), as: UTF8.self)).map {
        .v4($0)
      }
    }
    guard let digits = labels(below: ".ip6.arpa", 32), digits.allSatisfy({ $0.count == 1 }) else { return nil }
    let groups = stride(from: 0, to: 32, by: 4).map { Array(digits[$0..<$0 + 4].joined()) }
    return IPv6Address(String(decoding: Array(groups.joined(separator: [UInt8(ascii: ":")])), as: UTF8.self)).map {
      .v6($0)
    }
  }

  /// Equal but for case.
  public static func == (left: DNSName, right: DNSName) -> Bool {
    left.labels.count == right.labels.count
      && zip(left.labels, right.labels).allSatisfy { $0.map(lower) == $1.map(lower) }
  }

  /// Without case.
  public func hash(into hasher: inout Hasher) {
    for label in labels { hasher.combine(label.map(Self.lower)) }
  }

  private static func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }
}

// Messages in a stream of bytes, each behind two bytes of its length (RFC 1035, 4.2.2). Knows no sockets.

/// The framing of DNS over TCP.
enum DNSFrame {
  /// nil for what is longer than a length can say.
  static func wrap(_ message: [UInt8]) -> [UInt8]? {
    guard message.count <= 0xffff else { return nil }
    return [UInt8(message.count >> 8), UInt8(message.count & 255)] + message
  }

  /// Takes all whole messages off the front, in one pass: a buffer may hold tens of thousands of empty ones.
  static func take(_ bytes: inout [UInt8]) -> [[UInt8]] {
    var messages: [[UInt8]] = []
    var at = 0
    while bytes.count - at >= 2 {
      let length = Int(bytes[at]) << 8 | Int(bytes[at + 1])
      guard bytes.count - at >= 2 + length else { break }
      messages.append(Array(bytes[at + 2..<at + 2 + length]))
      at += 2 + length
    }
    bytes.removeFirst(at)
    return messages
  }
}

// The numbers of DNS messages that we speak of (RFC 1035, RFC 2782, RFC 6891). Values only.
internal import ContainrAddresses

/// The record types that we speak of.
public enum DNSType {
  static let a: UInt16 = 1, authority: UInt16 = 6, pointer: UInt16 = 12, aaaa: UInt16 = 28, service: UInt16 = 33
  static let options: UInt16 = 41, any: UInt16 = 255

  /// The record that holds such an address.
  static func of(_ address: IPAddress) -> UInt16 { address.family == .ipv4 ? a : aaaa }
}

/// Answer codes.
public enum DNSCode: UInt16, Sendable, Hashable {
  case noError = 0
  case malformed = 1
  case serverFailure = 2
  case noSuchName = 3
  case notImplemented = 4
  case refused = 5
}

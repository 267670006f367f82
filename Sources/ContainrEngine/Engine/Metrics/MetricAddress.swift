// Where metrics are served, from the words of a user. Pure.
internal import ContainrAddresses
internal import SystemPackage

/// A place to listen at.
public enum MetricAddress: Sendable, Hashable, CustomStringConvertible {
  /// An absolute path, shorter than 108 bytes.
  case socket(String)
  /// An address of 4 or 16 octets and a port; port 0 is whichever is free.
  case port([UInt8], UInt16)

  /// `9091` and `:9091` are of the loopback, `0.0.0.0:9091` and `[::]:9091` of all addresses; `/run/x.sock` and `unix:/run/x.sock`
  /// are a socket. nil for anything else.
  public init?(_ text: String) {
    let path = text.hasPrefix("unix:") ? String(text.dropFirst(5)) : text
    if path.hasPrefix("/") {
      guard path.utf8.count < 108, !path.hasSuffix("/") else { return nil }
      self = .socket(path)
      return
    }
    let colon = text.lastIndex(of: ":")
    let digits = colon.map { text[text.index(after: $0)...] } ?? text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else {
      return nil
    }
    var host = colon.map { String(text[..<$0]) } ?? ""
    if host.isEmpty || host == "localhost" {
      self = .port([127, 0, 0, 1], port)
      return
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
      guard let address = IPv6Address(host) else { return nil }
      self = .port(IPAddress.v6(address).octets, port)
      return
    }
    guard let address = IPv4Address(host) else { return nil }
    self = .port(IPAddress.v4(address).octets, port)
  }

  /// Whether others than this host reach it.
  public var isOpen: Bool {
    guard case .port(let octets, _) = self, let address = IPAddress(octets: octets) else { return false }
    return !address.isLoopback
  }

  /// `unix:/run/x.sock`, `http://127.0.0.1:9091/metrics`.
  public var description: String {
    switch self {
    case .socket(let path): "unix:\(path)"
    case .port(let octets, let port):
      "http://\(IPAddress(octets: octets).map(\.bracketed) ?? "?"):\(port)/metrics"
    }
  }
}

// Resolvers that others' names are asked of, as they are written (resolv.conf(5)). Values only.
public import ContainrAddresses

/// A resolver that others' names are asked of, reached from this process's network namespace.
public struct DNSUpstream: Sendable, Hashable {
  /// Of either family.
  public var address: IPAddress
  /// The interface of a link-local address; nil for all others.
  public var zone: String?
  /// Usually 53.
  public var port: UInt16

  /// A resolver.
  public init(_ address: IPAddress, zone: String? = nil, port: UInt16 = 53) {
    self.address = address
    self.zone = zone
    self.port = port
  }

  /// `1.1.1.1`, `fd00::1`, `fe80::1%eth0`; nil for what is no address.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "%", maxSplits: 1)
    guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
    self.init(address, zone: parts.count > 1 ? String(parts[1]) : nil)
  }

  /// The `nameserver` lines of a resolv.conf, each once.
  public static func list(in text: String) -> [DNSUpstream] {
    var all: [DNSUpstream] = []
    for line in text.split(separator: "\n") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard words.count > 1, words[0] == "nameserver", let one = DNSUpstream(words[1]), !all.contains(one) else {
        continue
      }
      all.append(one)
    }
    return all
  }
}

// Addresses and ports as the C side takes and gives them.
internal import ContainrAddresses
internal import CContainrLinux

extension cl_endpoint {
  /// `zone` is the index of the interface of a link-local address.
  init(_ address: IPAddress, port: UInt16, zone: UInt32 = 0) {
    self.init()
    withUnsafeMutableBytes(of: &self.address) { $0.copyBytes(from: address.octets) }
    self.zone = zone
    self.port = port
    is_ipv6 = address.family == .ipv6 ? 1 : 0
  }

  /// The address without its zone.
  var ip: IPAddress {
    withUnsafeBytes(of: address) { bytes in
      if is_ipv6 == 0 { return .v4(IPv4Address(UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))) }
      return .v6(IPv6Address(UInt128(bigEndian: bytes.loadUnaligned(as: UInt128.self))))
    }
  }
}

// The pair of links by which a packet comes in once more that the host's own rules have let through.
internal import ContainrAddresses
internal import ContainrSystem

extension LinkDriver {
  /// Both ends of one hardware address, without ARP, up, in this namespace; made where it is missing. The copies are
  /// addressed to that address, so that the inner end takes them for its own.
  public func ensureHandover(_ link: HandoverLink, alias: String, group: UInt32) throws(NetworkError) {
    for name in [link.out, link.into] { try LinkRules.check(name: name) }
    try LinkRules.check(group: group)
    try LinkRules.check(alias: alias)
    if let there = try self.link(named: link.out) {
      guard there.kind == "veth", there.group == group else {
        throw .foreign(name: link.out, "\(there.kind ?? "device") with alias \(there.alias ?? "none")")
      }
    } else {
      try perform([LinkRequests.createHandover(link, group: group)])
    }
    guard let out = try self.link(named: link.out), let into = try self.link(named: link.into) else {
      throw .malformed("links \(link.out) and \(link.into) are gone again")
    }
    try perform([
      LinkRequests.setAlias(alias, of: link.out), LinkRequests.setAlias(alias, of: link.into),
      // Only for the sake of the reverse path filter, which refuses what comes in by a link without any address.
      LinkRequests.addAddress(
        HandoverLink.address, prefixLength: 32, index: into.index, name: link.into, replace: true),
      // Never less than that of a way in, whose packets come by here whole.
      LinkRequests.setMTU(HandoverLink.mtu, index: out.index, name: link.out),
      LinkRequests.setMTU(HandoverLink.mtu, index: into.index, name: link.into),
      LinkRequests.setUp(index: out.index, name: link.out), LinkRequests.setUp(index: into.index, name: link.into),
    ])
  }
}

extension LinkDriver {
  /// The ways of what is for `::1`, which leaves by the outer end and is answered there (`NftIPv6`). Both ends have IPv6.
  public func ensureLoopbackRoutes(_ link: HandoverLink) throws(NetworkError) {
    guard let out = try self.link(named: link.out), let into = try self.link(named: link.into) else {
      throw .malformed("links \(link.out) and \(link.into) are gone")
    }
    try perform(
      [
        LinkRequests.addRoute(to: HandoverLink.outside6, index: out.index, name: link.out),
        LinkRequests.addRoute(to: HandoverLink.inside6, index: into.index, name: link.into),
        // What comes in has to be local there: for `::1` the kernel looks at no other interface than that it came by.
        LinkRequests.addRoute(to: .loopback, index: out.index, name: link.out, isLocal: true),
      ], tolerating: [17])  // EEXIST
  }

  /// What is missing of the links and, with `hasLoopback`, of those ways, in words.
  public func handoverFaults(_ link: HandoverLink, hasLoopback: Bool) throws(NetworkError) -> [String] {
    guard let out = try self.link(named: link.out), let into = try self.link(named: link.into), out.isUp, into.isUp
    else { return ["the links \(link.out) and \(link.into) are gone or down"] }
    if !hasLoopback { return [] }
    let routes = try self.routes(.ipv6)
    return [(HandoverLink.outside6, link.out), (HandoverLink.inside6, link.into)].compactMap { address, name in
      let prefix = IPPrefix.v6(IPv6Prefix(masking: address))
      let isThere = routes.contains { $0.prefix == prefix && $0.interfaces == [name] }
      return isThere ? nil : "the route to \(address) by \(name) is gone"
    }
  }
}

extension LinkRequests {
  /// To one address, directly. `isLocal`: what comes by that interface for it is for this host.
  static func addRoute(to address: IPv6Address, index: Int, name: String, isLocal: Bool = false) -> NetlinkRequest {
    NetlinkRequest("add route to \(address) on \(name)", type: RTNetlink.newRoute, flags: RTNetlink.create) { payload in
      // RT_TABLE_LOCAL and RTN_LOCAL, or RT_TABLE_MAIN and RTN_UNICAST
      for byte: UInt8 in [RTNetlink.ipv6, 128, 0, 0, isLocal ? 255 : 254, 4, 0, isLocal ? 2 : 1] {
        payload.append(byte)
      }
      payload.append(UInt32(0))
      payload.attribute(1, bytes: address.octets)
      payload.attribute(4, UInt32(index))
    }
  }

  /// The hardware address of both ends.
  private static let address = MACAddress(for: HandoverLink.address)

  static func createHandover(_ link: HandoverLink, group: UInt32) -> NetlinkRequest {
    let flags: UInt32 = 0x80  // IFF_NOARP; not up: the kernel refuses that before each end knows the other
    return NetlinkRequest(
      "create links \(link.out) and \(link.into)", type: RTNetlink.newLink,
      flags: RTNetlink.create | RTNetlink.exclusive
    ) { payload in
      payload.interfaceInfo(flags: flags, change: flags)
      payload.attribute(3, link.out)
      payload.attribute(1, bytes: address.octets)
      payload.attribute(27, group)
      payload.nested(18) { info in
        info.attribute(1, "veth")
        info.nested(2) { data in
          data.nested(1) { peer in
            peer.interfaceInfo(flags: flags, change: flags)
            peer.attribute(3, link.into)
            peer.attribute(1, bytes: address.octets)
            peer.attribute(27, group)
          }
        }
      }
    }
  }
}

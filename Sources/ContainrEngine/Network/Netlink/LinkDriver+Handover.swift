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

extension LinkRequests {
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

// The way back of packets that are for an address which a relay has taken though it is somebody else's (IP_TRANSPARENT):
// whatever belongs to a socket of such a kind is local, and nothing else. In a network namespace of our own alone.
internal import ContainrAddresses

/// Rules and routes for such answers.
public enum ClientReturn {
  /// Both the mark and the table of routes that it leads to; nobody else has either in this namespace.
  static let mark: UInt32 = 0x6374_7200
  /// Below the table of local addresses, before the main one.
  static let priority: UInt32 = 100

  /// Makes them, of IPv4 and where this kernel has it of IPv6. What was made stays where the rest fails: without a socket of
  /// that kind it does nothing. Fails on kernels without nft_socket.
  public static func ensure(table: String, hasIPv6: Bool) throws(NetworkError) {
    let links = try LinkDriver()
    for isIPv6 in hasIPv6 ? [false, true] : [false] {
      _ = try NftTable.run("apply", ruleset(table: table, isIPv6: isIPv6))
      try links.perform(
        [LinkRequests.addLocalTable(mark, isIPv6: isIPv6), LinkRequests.addRule(mark, priority, isIPv6: isIPv6)],
        tolerating: [17])  // EEXIST
    }
  }

  /// One transaction that makes the same again where it is there. Pure.
  static func ruleset(table: String, isIPv6: Bool) -> String {
    let name = "table \(isIPv6 ? "ip6" : "ip") \(table)-return"
    return """
      add \(name)
      delete \(name)
      \(name) {
      \tchain prerouting {
      \t\ttype filter hook prerouting priority -150; policy accept;
      \t\tsocket transparent 1 meta mark set \(mark)
      \t}
      }

      """
  }
}

extension LinkRequests {
  /// A table of routes in which every address is this host's.
  static func addLocalTable(_ table: UInt32, isIPv6: Bool) -> NetlinkRequest {
    NetlinkRequest(
      "add the routes of answers to clients", type: RTNetlink.newRoute, flags: RTNetlink.create | RTNetlink.exclusive
    ) { payload in
      // RTPROT_STATIC, RT_SCOPE_HOST, RTN_LOCAL; the table stands in its attribute.
      for byte: UInt8 in [isIPv6 ? RTNetlink.ipv6 : RTNetlink.ipv4, 0, 0, 0, 0, 4, 254, 2] { payload.append(byte) }
      payload.append(UInt32(0))
      payload.attribute(15, table)
      payload.attribute(4, UInt32(1))  // lo
    }
  }

  /// What has a mark looks there first (ip-rule(8)).
  static func addRule(_ mark: UInt32, _ priority: UInt32, isIPv6: Bool) -> NetlinkRequest {
    NetlinkRequest(
      "add the rule of answers to clients", type: 32, flags: RTNetlink.create | RTNetlink.exclusive
    ) { payload in
      // FR_ACT_TO_TBL
      for byte: UInt8 in [isIPv6 ? RTNetlink.ipv6 : RTNetlink.ipv4, 0, 0, 0, 0, 0, 0, 1] { payload.append(byte) }
      payload.append(UInt32(0))
      payload.attribute(6, priority)
      payload.attribute(10, mark)
      payload.attribute(15, mark)
    }
  }
}

// The table of family bridge as text: who may speak by which port of our bridges. Pure. It stands before everything that a
// host or a neighbour could believe of a member: its hardware address, its address, who is the gateway, where to go instead.
internal import ContainrAddresses

enum NftMembers {
  /// The table's block. `flags` are for a scratch table only.
  static func table(for plan: FirewallPlan, named name: String, flags: [String] = []) -> String {
    var text = "table bridge \(name) {\n"
    for flag in flags { text += "\tflags \(flag);\n" }
    for set in sets(plan) {
      text += "\tset \(set.name) {\n\t\t\(set.type)\n"
      text += NftRuleset.elements(
        plan.members.sorted { $0.link < $1.link }.flatMap { member in
          set.keys(member).map { "\($0) \(NftText.comment(member.id))" }
        })
      text += "\t}\n\n"
    }
    let rules = rules(plan.memberPrefix, hasIPv6: plan.hasIPv6)
    return text + NftRuleset.chain("members", "filter hook prerouting priority -300", rules) + "}\n"
  }

  /// Elements that go and come; empty if none do. A port that changes its address is let go before.
  static func text(movingFrom old: FirewallPlan, to new: FirewallPlan) -> String {
    func line(_ verb: String, _ member: MemberRule, _ comment: String = "") -> String {
      sets(new).flatMap { set in
        set.keys(member).map { "\(verb) element bridge \(new.table) \(set.name) { \($0)\(comment) }\n" }
      }.joined()
    }
    let (gone, come) = (Set(old.members).subtracting(new.members), Set(new.members).subtracting(old.members))
    return gone.map { line("delete", $0) }.sorted().joined()
      + come.map { line("add", $0, " \(NftText.comment($0.id))") }.sorted().joined()
  }

  /// Who may have which address by which link. The last one holds the addresses of IPv6 once more, as the number that stands
  /// in a neighbour advertisement: no field of that message has a name in every version of nft.
  private static func sets(
    _ plan: FirewallPlan
  ) -> [(name: String, type: String, keys: (MemberRule) -> [String])] {
    func start(_ member: MemberRule) -> String { "\"\(member.link)\" . \(member.macAddress) ." }
    let four = (
      name: "members", type: "type ifname . ether_addr . ipv4_addr",
      keys: { (member: MemberRule) in member.addresses.map { "\(start(member)) \($0)" } }
    )
    if !plan.hasIPv6 { return [four] }
    return [
      four,
      ("hardware", "type ifname . ether_addr", { ["\"\($0.link)\" . \($0.macAddress)"] }),
      (
        "members6", "type ifname . ether_addr . ipv6_addr",
        { member in member.addresses6.map { "\(start(member)) \($0)" } }
      ),
      (
        "targets6", "typeof iifname . ether saddr . \(target)",
        { member in member.addresses6.map { "\(start(member)) \(hexadecimal($0.value))" } }
      ),
    ]
  }

  /// `0xfd00…`, as nft lists it. The library writes a number of 128 bits digit by digit with divisions, which takes ten times
  /// as long.
  private static func hexadecimal(_ value: UInt128) -> String {
    let (high, low) = (UInt64(truncatingIfNeeded: value >> 64), String(UInt64(truncatingIfNeeded: value), radix: 16))
    if high == 0 { return "0x" + low }
    return "0x" + String(high, radix: 16) + String(repeating: "0", count: 16 - low.utf8.count) + low
  }

  /// The target address, behind type, code, checksum and flags (RFC 4861, 4.4).
  private static let target = "@th,64,128"

  /// As they are listed: nft itself adds, and leaves out again, that ARP or IPv4 is what is looked into. By the names of
  /// links and not of bridges: not every kernel knows on which bridge a port is (CONFIG_NFT_BRIDGE_META).
  private static func rules(_ prefix: String, hasIPv6: Bool) -> [String] {
    let six = [
      NftRuleset.rule("icmpv6 type nd-router-advert drop", "nobody is a router"),
      NftRuleset.rule("icmpv6 type nd-redirect drop", "nobody tells another where to go, by IPv6 either"),
      NftRuleset.rule(
        "icmpv6 type nd-neighbor-advert iifname . ether saddr . \(target) != @targets6 drop",
        "nobody is where another is"),
      // The bridge would learn the hardware address of somebody else.
      NftRuleset.rule("ip6 saddr :: iifname . ether saddr @hardware accept", "who has no address yet"),
      NftRuleset.rule("iifname . ether saddr . ip6 saddr != @members6 drop", "IPv6 in another's name"),
      NftRuleset.rule("ether type ip6 accept", "IPv6"),
    ]
    return [
      NftRuleset.rule("iifname != \"\(prefix)*\" accept", "links of others"),
      // First what there is most of, which is looked into no further.
      NftRuleset.rule("iifname . ether saddr . ip saddr @members ip protocol != 1 accept", "IPv4 in its own name"),
      NftRuleset.rule("iifname . ether saddr . ip saddr != @members drop", "IPv4 in another's name"),
      NftRuleset.rule("icmp type redirect drop", "nobody tells another where to go"),
      NftRuleset.rule("ether type ip accept", "IPv4"),
      NftRuleset.rule("iifname . ether saddr . arp saddr ip != @members drop", "ARP in another's name"),
      NftRuleset.rule(
        "iifname . arp saddr ether . arp saddr ip != @members drop", "ARP of another's hardware address"),
      NftRuleset.rule("ether type arp accept", "ARP"),
    ] + (hasIPv6 ? six : []) + [NftRuleset.rule("drop", "nothing else")]
  }
}

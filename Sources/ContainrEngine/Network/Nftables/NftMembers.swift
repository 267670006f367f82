// The table of family bridge as text: who may speak by which port of our bridges. Pure. It stands before everything that a
// host or a neighbour could believe of a member: its hardware address, its address, who is the gateway, where to go instead.

enum NftMembers {
  /// The table's block. `flags` are for a scratch table only.
  static func table(for plan: FirewallPlan, named name: String, flags: [String] = []) -> String {
    var text = "table bridge \(name) {\n"
    for flag in flags { text += "\tflags \(flag);\n" }
    text += "\tset members {\n\t\ttype ifname . ether_addr . ipv4_addr\n"
    text += NftRuleset.elements(
      plan.members.sorted { $0.link < $1.link }.compactMap { member in
        key(member).map { "\($0) \(NftText.comment(member.id))" }
      })
    text += "\t}\n\n"
    if plan.hasIPv6 {
      text += "\tset members6 {\n\t\ttype ifname . ether_addr . ipv6_addr\n"
      text += NftRuleset.elements(
        plan.members.sorted { $0.link < $1.link }.compactMap { member in
          key6(member).map { "\($0) \(NftText.comment(member.id))" }
        })
      text += "\t}\n\n"
    }
    let rules = rules(plan.memberPrefix, hasIPv6: plan.hasIPv6)
    return text + NftRuleset.chain("members", "filter hook prerouting priority -300", rules) + "}\n"
  }

  /// Elements that go and come; empty if none do. A port that changes its address is let go before.
  static func text(movingFrom old: FirewallPlan, to new: FirewallPlan) -> String {
    func line(_ verb: String, _ member: MemberRule, _ comment: String = "") -> String {
      let six = new.hasIPv6 ? key6(member) : nil
      return [("members", key(member)), ("members6", six)].compactMap { set, key in
        key.map { "\(verb) element bridge \(new.table) \(set) { \($0)\(comment) }\n" }
      }.joined()
    }
    let (gone, come) = (Set(old.members).subtracting(new.members), Set(new.members).subtracting(old.members))
    return gone.map { line("delete", $0) }.sorted().joined()
      + come.map { line("add", $0, " \(NftText.comment($0.id))") }.sorted().joined()
  }

  private static func key(_ member: MemberRule) -> String? {
    member.address.map { "\"\(member.link)\" . \(member.macAddress) . \($0)" }
  }

  private static func key6(_ member: MemberRule) -> String? {
    member.address6.map { "\"\(member.link)\" . \(member.macAddress) . \($0)" }
  }

  /// As they are listed: nft itself adds, and leaves out again, that ARP or IPv4 is what is looked into. By the names of
  /// links and not of bridges: not every kernel knows on which bridge a port is (CONFIG_NFT_BRIDGE_META).
  private static func rules(_ prefix: String, hasIPv6: Bool) -> [String] {
    let six = [
      NftRuleset.rule("icmpv6 type nd-router-advert drop", "nobody is a router"),
      NftRuleset.rule("icmpv6 type nd-redirect drop", "nobody tells another where to go, by IPv6 either"),
      NftRuleset.rule("ip6 saddr fe80::/10 accept", "addresses of the link alone"),
      NftRuleset.rule("ip6 saddr :: accept", "who has no address yet"),
      NftRuleset.rule("iifname . ether saddr . ip6 saddr != @members6 drop", "IPv6 in another's name"),
      NftRuleset.rule("ether type ip6 accept", "IPv6"),
    ]
    return [
      NftRuleset.rule("iifname != \"\(prefix)*\" accept", "links of others"),
      NftRuleset.rule("iifname . ether saddr . arp saddr ip != @members drop", "ARP in another's name"),
      NftRuleset.rule(
        "iifname . arp saddr ether . arp saddr ip != @members drop", "ARP of another's hardware address"),
      NftRuleset.rule("ether type arp accept", "ARP"),
      NftRuleset.rule("iifname . ether saddr . ip saddr != @members drop", "IPv4 in another's name"),
      NftRuleset.rule("icmp type redirect drop", "nobody tells another where to go"),
      NftRuleset.rule("ether type ip accept", "IPv4"),
    ] + (hasIPv6 ? six : []) + [NftRuleset.rule("drop", "nothing else")]
  }
}

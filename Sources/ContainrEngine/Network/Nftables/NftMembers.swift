// The table of family bridge as text: who may speak by which port of our bridges. Pure. It stands before everything that a
// host or a neighbour could believe of a member: its hardware address, its address, who is the gateway, where to go instead.

enum NftMembers {
  /// The table's block. `flags` are for a scratch table only.
  static func table(for plan: FirewallPlan, named name: String, flags: [String] = []) -> String {
    var text = "table bridge \(name) {\n"
    for flag in flags { text += "\tflags \(flag);\n" }
    text += "\tset members {\n\t\ttype ifname . ether_addr . ipv4_addr\n"
    text += NftRuleset.elements(
      plan.members.sorted { $0.link < $1.link }.map { "\(key($0)) \(NftText.comment($0.id))" })
    text += "\t}\n\n"
    return text + NftRuleset.chain("members", "filter hook prerouting priority -300", rules(plan.memberPrefix)) + "}\n"
  }

  /// Elements that go and come; empty if none do. A port that changes its address is let go before.
  static func text(movingFrom old: FirewallPlan, to new: FirewallPlan) -> String {
    func line(_ verb: String, _ member: MemberRule, _ comment: String = "") -> String {
      "\(verb) element bridge \(new.table) members { \(key(member))\(comment) }\n"
    }
    let (gone, come) = (Set(old.members).subtracting(new.members), Set(new.members).subtracting(old.members))
    return gone.map { line("delete", $0) }.sorted().joined()
      + come.map { line("add", $0, " \(NftText.comment($0.id))") }.sorted().joined()
  }

  private static func key(_ member: MemberRule) -> String {
    "\"\(member.link)\" . \(member.macAddress) . \(member.address)"
  }

  /// As they are listed: nft itself adds, and leaves out again, that ARP or IPv4 is what is looked into. By the names of
  /// links and not of bridges: not every kernel knows on which bridge a port is (CONFIG_NFT_BRIDGE_META).
  private static func rules(_ prefix: String) -> [String] {
    [
      NftRuleset.rule("iifname != \"\(prefix)*\" accept", "links of others"),
      NftRuleset.rule("iifname . ether saddr . arp saddr ip != @members drop", "ARP in another's name"),
      NftRuleset.rule(
        "iifname . arp saddr ether . arp saddr ip != @members drop", "ARP of another's hardware address"),
      NftRuleset.rule("ether type arp accept", "ARP"),
      NftRuleset.rule("iifname . ether saddr . ip saddr != @members drop", "IPv4 in another's name"),
      NftRuleset.rule("icmp type redirect drop", "nobody tells another where to go"),
      NftRuleset.rule("ether type ip accept", "IPv4"),
      NftRuleset.rule("drop", "nothing else"),
    ]
  }
}

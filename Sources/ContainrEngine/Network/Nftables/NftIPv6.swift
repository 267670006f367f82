// The table of family ip6 as text. Pure. Its names end in 6, so that a listing of all our tables can be taken apart as one.

enum NftIPv6 {
  static let family = "ip6"

  /// The table's block. `flags` are for a scratch table only.
  static func table(for plan: FirewallPlan, named name: String, flags: [String] = []) -> String {
    let bridges = plan.bridges.filter { $0.prefix6 != nil }.sorted { $0.name < $1.name }
    var text = "table ip6 \(name) {\n"
    for flag in flags { text += "\tflags \(flag);\n" }
    text += "\tmap into6 {\n\t\ttype ifname : verdict\n"
    text += NftRuleset.elements(
      bridges.map { "\"\($0.name)\" \(NftText.comment("into \($0.name)")) : jump into6-\($0.name)" })
    text += "\t}\n\n\tmap from6 {\n\t\ttype ifname : verdict\n"
    text += NftRuleset.elements(
      bridges.map {
        "\"\($0.name)\" \(NftText.comment("from \($0.name)")) : \($0.isInternal ? "drop" : "accept")"
      })
    text += "\t}\n\n"
    for bridge in bridges {
      text += NftRuleset.chain(
        "into6-\(bridge.name)", nil,
        [
          NftRuleset.rule("iifname \"\(bridge.name)\" accept", "into \(bridge.name): its own members"),
          NftRuleset.rule("drop", "into \(bridge.name): everything else"),
        ])
    }
    for chain in chains(bridges) where !chain.rules.isEmpty {
      text += NftRuleset.chain(chain.name, chain.hook, chain.rules)
    }
    return text + "}\n"
  }

  /// What has the loopback's address and comes from outside the kernel drops by itself.
  private static func chains(_ bridges: [BridgeRule]) -> [(name: String, hook: String, rules: [String])] {
    let replies = NftRuleset.rule("ct state established,related accept", "replies")
    return [
      (
        "guard-prerouting6", "filter hook prerouting priority -150",
        [replies]
          + bridges.compactMap { bridge in
            bridge.prefix6.map {
              NftRuleset.rule(
                "iifname != \"\(bridge.name)\" ip6 daddr \($0) drop", "members of \(bridge.name) are not reached")
            }
          }
      ),
      (
        "nat-prerouting6", "nat hook prerouting priority -100",
        bridges.compactMap { bridge in
          bridge.gateway6.map {
            NftRuleset.names("ip6", bridge.name, at: "\($0)", port: "[\($0)]:\(DNSServer.port)")
          }
        }
      ),
      ("input6", "filter hook input priority -1", bridges.filter(\.isInternal).flatMap(toHost)),
      (
        "forward6", "filter hook forward priority 0",
        [
          replies, NftRuleset.rule("oifname vmap @into6", "into our bridges"),
          NftRuleset.rule("iifname vmap @from6", "out of our bridges"),
        ]
      ),
      (
        "nat-postrouting6", "nat hook postrouting priority 100",
        bridges.filter { !$0.isInternal && $0.masquerades }.compactMap { bridge in
          bridge.prefix6.map {
            NftRuleset.rule(
              "oifname != \"\(bridge.name)\" ip6 saddr \($0) masquerade", "out of \(bridge.name)")
          }
        }
      ),
    ]
  }

  /// What an internal network reaches of this host: who its neighbour is, its name server, and answers.
  private static func toHost(_ bridge: BridgeRule) -> [String] {
    guard let gateway = bridge.gateway6 else { return [] }
    let from = "iifname \"\(bridge.name)\""
    return [
      NftRuleset.rule("\(from) ct state established,related accept", "from \(bridge.name): replies"),
      NftRuleset.rule("\(from) icmpv6 type nd-neighbor-solicit accept", "from \(bridge.name): who is there"),
      NftRuleset.rule("\(from) icmpv6 type nd-neighbor-advert accept", "from \(bridge.name): I am"),
      NftRuleset.rule(
        "\(from) ip6 daddr \(gateway) meta l4proto { 6, 17 } th dport \(DNSServer.port) accept",
        "from \(bridge.name): names"),
      NftRuleset.rule("\(from) ip6 daddr \(gateway) icmpv6 type echo-request accept", "from \(bridge.name): ping"),
      NftRuleset.rule("\(from) drop", "from \(bridge.name): nothing else of this host"),
    ]
  }
}

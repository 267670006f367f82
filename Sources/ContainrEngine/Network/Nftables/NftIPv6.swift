// The table of family ip6 as text. Pure. Its names end in 6, so that a listing of all our tables can be taken apart as one.
internal import ContainrAddresses

enum NftIPv6 {
  static let family = "ip6"

  private static let ports = NftPorts(family: .ipv6)

  /// The table's block. `flags` are for a scratch table only.
  static func table(for plan: FirewallPlan, named name: String, flags: [String] = []) -> String {
    let bridges = plan.bridges.filter { $0.prefix6 != nil }.sorted { $0.name < $1.name }
    var text = "table ip6 \(name) {\n"
    for flag in flags { text += "\tflags \(flag);\n" }
    text += ports.maps(plan) + ports.guards(plan) + loopback(plan)
    text += "\tmap into6 {\n\t\ttype ifname : verdict\n"
    text += NftRuleset.elements(
      bridges.map { "\"\($0.name)\" \(NftText.comment("into \($0.name)")) : jump into6-\($0.name)" })
    text += "\t}\n\n\tmap from6 {\n\t\ttype ifname : verdict\n"
    text += NftRuleset.elements(
      bridges.map {
        "\"\($0.name)\" \(NftText.comment("from \($0.name)")) : \($0.isInternal ? "drop" : "accept")"
      })
    text += "\t}\n\n"
    for bridge in bridges { text += NftRuleset.chain("into6-\(bridge.name)", nil, into(bridge, plan)) }
    text += ports.handOver(plan) + ports.fromOutside(plan)
    for chain in chains(bridges, plan) where !chain.rules.isEmpty {
      text += NftRuleset.chain(chain.name, chain.hook, chain.rules)
    }
    return text + "}\n"
  }

  /// The ports that `::1` has. The kernel lets no packet with that address pass an interface, nor has it a switch for that,
  /// as it has for 127.0.0.1. So what is for `::1` is sent out of this host by the outer end of the links to hand over, under
  /// two addresses that nobody has, and comes in by the inner one as if from outside; the answer goes the same way back, and
  /// becomes `::1` again where it comes in (docs/decisions/0031-published-ports-over-ipv6.md).
  private static func loopback(_ plan: FirewallPlan) -> String {
    if !plan.hasLoopback6 { return "" }
    let keys = ports.sorted(plan).filter(\.isOnLoopback6).map { "\(ports.short($0)) \(NftText.comment($0.id))" }
    return "\tset loopback6 {\n\t\ttype inet_proto . inet_service\n" + NftRuleset.elements(keys) + "\t}\n\n"
  }

  /// nil without such ports.
  private static func loopbackLink(_ plan: FirewallPlan) -> HandoverLink? { plan.hasLoopback6 ? plan.handover : nil }

  /// What may be forwarded into a bridge, after replies were let through.
  private static func into(_ bridge: BridgeRule, _ plan: FirewallPlan) -> [String] {
    let name = bridge.name
    var rules = [NftRuleset.rule("iifname \"\(name)\" accept", "into \(name): its own members")]
    if !bridge.isInternal {
      rules.append(NftRuleset.rule("ct status dnat accept", "into \(name): published ports"))
    } else if let link = loopbackLink(plan) {
      rules.append(
        NftRuleset.rule(
          "iifname \"\(link.into)\" ip6 saddr \(HandoverLink.inside6) ct status dnat accept",
          "into \(name): loopback to published ports"))
    }
    return rules + [NftRuleset.rule("drop", "into \(name): everything else")]
  }

  /// What has the loopback's address and comes from outside the kernel drops by itself.
  private static func chains(
    _ bridges: [BridgeRule], _ plan: FirewallPlan
  ) -> [(name: String, hook: String, rules: [String])] {
    let replies = NftRuleset.rule("ct state established,related accept", "replies")
    let link = loopbackLink(plan)
    let (outside, inside) = (HandoverLink.outside6, HandoverLink.inside6)
    let fromLoopback = link.map { link in
      let from = "iifname \"\(link.into)\" ip6 daddr \(outside) dnat ip6 to meta l4proto"
      return [
        NftRuleset.rule("\(from) . ip6 daddr . th dport map @publish-at6", "ports of loopback"),
        NftRuleset.rule("\(from) . th dport map @publish6", "ports of every host address, by loopback"),
      ]
    }
    return [
      (
        "guard-prerouting6", "filter hook prerouting priority -150",
        (link.map { link in
          [
            NftRuleset.rule(
              "ip6 daddr \(outside) iifname != \"\(link.into)\" drop", "loopback is not reachable from outside"),
            NftRuleset.rule(
              "ip6 daddr \(inside) iifname != \"\(link.out)\" drop", "loopback is not answered from outside"),
          ]
        } ?? []) + [replies]
          + bridges.compactMap { bridge in
            bridge.prefix6.map {
              NftRuleset.rule(
                "iifname != \"\(bridge.name)\" ip6 daddr \($0) drop",
                "members of \(bridge.name) only by published ports")
            }
          }
      ),
      (
        "nat-prerouting6", "nat hook prerouting priority -100",
        // What comes for ::1 has an address that is not this host's.
        (fromLoopback ?? [])
          + ports.prerouting(
            plan,
            names: bridges.compactMap { bridge in
              bridge.gateway6.map {
                NftRuleset.names("ip6", bridge.name, at: "\($0)", port: "[\($0)]:\(DNSServer.port)")
              }
            })
      ),
      (
        "nat-output6", "nat hook output priority -100",
        (link == nil
          ? []
          : [
            NftRuleset.rule(
              "ip6 daddr ::1 meta l4proto . th dport @loopback6 dnat to \(outside)", "out of the host, and in again")
          ]) + ports.output(plan)
      ),
      ("input6", "filter hook input priority -1", bridges.filter(\.isInternal).flatMap(toHost)),
      // After every rule of the host's own.
      ("admit6", "filter hook input priority 300", ports.admit(plan)),
      (
        "forward6", "filter hook forward priority 0",
        [replies]
          + (link.map { [NftRuleset.rule("iifname \"\($0.out)\" drop", "only answers to loopback")] } ?? [])
          + bridges.filter(\.isInternal).map {
            NftRuleset.rule(
              "iifname \"\($0.name)\" oifname != \"\($0.name)\" drop",
              "\($0.name) has no way out, nor to published ports")
          } + [
            NftRuleset.rule("oifname vmap @into6", "into our bridges"),
            NftRuleset.rule("iifname vmap @from6", "out of our bridges"),
          ]
      ),
      (
        "nat-postrouting6", "nat hook postrouting priority 100",
        (link.map {
          [
            NftRuleset.rule(
              "oifname \"\($0.out)\" ip6 daddr \(outside) snat to \(inside)", "so that the answer comes back by here")
          ]
        } ?? []) + bridges.flatMap { masquerade($0, hasLoopback: link != nil) }
      ),
    ]
  }

  private static func masquerade(_ bridge: BridgeRule, hasLoopback: Bool) -> [String] {
    guard let prefix = bridge.prefix6 else { return [] }
    let out = "oifname \"\(bridge.name)\""
    var rules: [String] = []
    if hasLoopback {
      rules.append(
        NftRuleset.rule("\(out) ip6 saddr \(HandoverLink.inside6) masquerade", "loopback to \(bridge.name)"))
    }
    rules.append(
      NftRuleset.rule(
        "\(out) ip6 saddr \(prefix) ct status dnat masquerade", "\(bridge.name) to itself by published ports"))
    if bridge.isInternal {
      rules.append(
        NftRuleset.rule("\(out) ct status dnat masquerade", "this host to \(bridge.name) by published ports"))
    } else if bridge.masquerades {
      rules.append(
        NftRuleset.rule("oifname != \"\(bridge.name)\" ip6 saddr \(prefix) masquerade", "out of \(bridge.name)"))
    }
    return rules
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

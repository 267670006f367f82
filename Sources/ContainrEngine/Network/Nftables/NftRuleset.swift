// The ruleset as text: a pure function of the plan. It is written exactly as `nft list` writes it back, so that the
// text of the plan and the listing of the kernel can be compared line by line.
internal import ContainrAddresses

/// Generates nft text.
public enum NftRuleset {
  /// The families that we have a table in.
  static let families = ["ip", "bridge"]

  /// One transaction that replaces both tables. The plan must be valid (`FirewallPlan.validate`).
  public static func text(for plan: FirewallPlan) -> String {
    let six = plan.hasIPv6 ? removal(of: plan.table, families: [NftIPv6.family]) : ""
    return removal(of: plan.table) + six + tables(for: plan, named: plan.table)
  }

  /// One transaction that takes both tables away, there or not.
  static func removal(of table: String, families: [String] = families) -> String {
    families.map { "add table \($0) \(table)\ndelete table \($0) \(table)\n" }.joined()
  }

  /// The blocks of both tables.
  static func tables(for plan: FirewallPlan, named name: String, flags: [String] = []) -> String {
    table(for: plan, named: name, flags: flags) + NftMembers.table(for: plan, named: name, flags: flags)
      + (plan.hasIPv6 ? NftIPv6.table(for: plan, named: name, flags: flags) : "")
  }

  /// One transaction that takes the ports and members away that are in `old` alone and adds those that are in `new`
  /// alone; nil if there are none.
  static func text(movingFrom old: FirewallPlan, to new: FirewallPlan) -> String? {
    let ports = IPFamily.allCases.map { NftPorts(family: $0).text(movingFrom: old, to: new) }.joined()
    let members = NftMembers.text(movingFrom: old, to: new)
    return ports.isEmpty && members.isEmpty ? nil : ports + members
  }

  /// The table's block. `flags` are for a scratch table only.
  static func table(for plan: FirewallPlan, named name: String, flags: [String] = []) -> String {
    let bridges = plan.bridges.sorted { $0.name < $1.name }
    var text = "table ip \(name) {\n"
    for flag in flags { text += "\tflags \(flag);\n" }
    let ports = NftPorts(family: .ipv4)
    text += ports.maps(plan) + ports.guards(plan)
    text += "\tmap into {\n\t\ttype ifname : verdict\n"
    text += elements(bridges.map { "\(quote($0)) \(NftText.comment("into \($0.name)")) : jump into-\($0.name)" })
    text += "\t}\n\n\tmap from {\n\t\ttype ifname : verdict\n"
    text += elements(
      bridges.map { bridge in
        "\(quote(bridge)) \(NftText.comment("from \(bridge.name)")) : \(bridge.isInternal ? "drop" : "accept")"
      })
    text += "\t}\n\n"
    for bridge in bridges { text += chain("into-\(chainName(bridge.name))", nil, into(bridge)) }
    text += ports.handOver(plan) + ports.fromOutside(plan)
    for chain in chains(bridges, plan) where !chain.rules.isEmpty {
      text += self.chain(chain.name, chain.hook, chain.rules)
    }
    return text + "}\n"
  }

  static func elements(_ elements: [String]) -> String {
    elements.isEmpty ? "" : "\t\telements = { " + elements.joined(separator: ",\n\t\t\t     ") + " }\n"
  }

  static func chain(_ name: String, _ hook: String?, _ rules: [String]) -> String {
    var text = "\tchain \(name) {\n"
    if let hook { text += "\t\ttype \(hook); policy accept;\n" }
    for rule in rules { text += "\t\t\(rule)\n" }
    return text + "\t}\n\n"
  }

  /// What may be forwarded into a bridge, after replies were let through.
  private static func into(_ bridge: BridgeRule) -> [String] {
    let name = bridge.name
    var rules = [rule("iifname \"\(name)\" accept", "into \(name): its own members")]
    // Into an internal network nothing is forwarded: this host's own packets do not come by here.
    if !bridge.isInternal { rules.append(rule("ct status dnat accept", "into \(name): published ports")) }
    rules.append(rule("drop", "into \(name): everything else"))
    return rules
  }

  private static func chains(
    _ bridges: [BridgeRule], _ plan: FirewallPlan
  ) -> [(name: String, hook: String, rules: [String])] {
    let ports = NftPorts(family: .ipv4)
    // What a member sends to its gateway's port 53 is for our name server, whoever has published that port.
    let names = bridges.compactMap { bridge in
      bridge.gateway.map { Self.names("ip", bridge.name, at: "\($0)", port: "\($0):\(DNSServer.port)") }
    }
    return [
      (
        // After conntrack, before DNAT: only who is addressed directly still carries a bridge's address here, and replies that
        // will become 127.0.0.1 again do not carry that yet. One chain, and the address first: each packet comes by here.
        "guard-prerouting", "filter hook prerouting priority -150",
        [
          rule("ip daddr 127.0.0.0/8 iifname != \"lo\" drop", "loopback is not reachable from outside"),
          rule("ip saddr 127.0.0.0/8 iifname != \"lo\" drop", "loopback does not come from outside"),
          rule("ct state established,related accept", "replies"),
        ]
          + bridges.compactMap { bridge in
            bridge.prefix.map {
              rule(
                "iifname != \"\(bridge.name)\" ip daddr \($0) drop",
                "members of \(bridge.name) only by published ports")
            }
          }
      ),
      ("nat-prerouting", "nat hook prerouting priority -100", ports.prerouting(plan, names: names)),
      ("nat-output", "nat hook output priority -100", ports.output(plan)),
      ("input", "filter hook input priority -1", bridges.filter(\.isInternal).flatMap(toHost)),
      // After every rule of the host's own.
      ("admit", "filter hook input priority 300", ports.admit(plan)),
      (
        "forward", "filter hook forward priority 0",
        [
          rule("ct state established,related accept", "replies")
        ]
          + bridges.filter(\.isInternal).map {
            rule(
              "iifname \"\($0.name)\" oifname != \"\($0.name)\" drop",
              "\($0.name) has no way out, nor to published ports")
          } + [
            rule("oifname vmap @into", "into our bridges"),
            rule("iifname vmap @from", "out of our bridges"),
          ]
      ),
      ("nat-postrouting", "nat hook postrouting priority 100", bridges.flatMap(masquerade)),
    ]
  }

  /// What an internal network reaches of this host: its name server, and answers. Whether the gateway is there may be asked.
  private static func toHost(_ bridge: BridgeRule) -> [String] {
    guard let gateway = bridge.gateway else { return [] }
    let from = "iifname \"\(bridge.name)\""
    return [
      rule("\(from) ct state established,related accept", "from \(bridge.name): replies"),
      rule(
        "\(from) ip daddr \(gateway) meta l4proto { 6, 17 } th dport \(DNSServer.port) accept",
        "from \(bridge.name): names"),
      rule("\(from) ip daddr \(gateway) icmp type echo-request accept", "from \(bridge.name): ping"),
      rule("\(from) drop", "from \(bridge.name): nothing else of this host"),
    ]
  }

  /// Leads queries to the name server, which listens on a port of its own.
  static func names(_ family: String, _ bridge: String, at gateway: String, port: String) -> String {
    rule(
      "iifname \"\(bridge)\" \(family) daddr \(gateway) meta l4proto { 6, 17 } th dport 53 dnat to \(port)",
      "from \(bridge): to its name server")
  }

  private static func masquerade(_ bridge: BridgeRule) -> [String] {
    guard let prefix = bridge.prefix else { return [] }
    let out = "oifname \"\(bridge.name)\""
    var rules = [
      rule("\(out) ip saddr 127.0.0.0/8 masquerade", "loopback to \(bridge.name)"),
      rule("\(out) ip saddr \(prefix) ct status dnat masquerade", "\(bridge.name) to itself by published ports"),
    ]
    if bridge.isInternal {
      // Its members have no default route: they can only answer to their own subnet.
      rules.append(rule("\(out) ct status dnat masquerade", "this host to \(bridge.name) by published ports"))
    } else if bridge.masquerades {
      rules.append(rule("oifname != \"\(bridge.name)\" ip saddr \(prefix) masquerade", "out of \(bridge.name)"))
    }
    return rules
  }

  static func rule(_ body: String, _ comment: String) -> String { "\(body) \(NftText.comment(comment))" }
  private static func quote(_ bridge: BridgeRule) -> String { "\"\(bridge.name)\"" }
  private static func chainName(_ name: String) -> String { name }
}

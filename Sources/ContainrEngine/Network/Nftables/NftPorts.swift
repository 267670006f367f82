// Published ports as text, of either family: the maps that redirect, and the sets of those that ask the host's own rules
// first. Pure. Names of IPv6 end in 6, so that a listing of all our tables can be taken apart as one.
internal import ContainrAddresses

/// What the two tables of IP have alike.
struct NftPorts {
  let family: IPFamily

  /// Behind the name of every map, set and chain of IPv6.
  var suffix: String { family == .ipv4 ? "" : "6" }
  /// The family's word of nft.
  var word: String { family == .ipv4 ? "ip" : "ip6" }

  /// All ports by host address and port, and by port alone; where some obey the host, those that do not once more.
  func maps(_ plan: FirewallPlan) -> String {
    let ports = sorted(plan)
    let open = ports.filter { !$0.obeysHost }
    return map("publish-at", ports.filter { $0.boundAddress != nil })
      + map("publish", ports.filter { $0.boundAddress == nil })
      + (plan.hasGuards(family)
        ? map("open-at", open.filter { $0.boundAddress != nil }) + map("open", open.filter { $0.boundAddress == nil })
        : "")
  }

  private func map(_ name: String, _ ports: [PublishedPort]) -> String {
    let type = family == .ipv4 ? "ipv4_addr" : "ipv6_addr"
    let key = name.hasSuffix("-at") ? "inet_proto . \(type) . inet_service" : "inet_proto . inet_service"
    return "\tmap \(name)\(suffix) {\n\t\ttype \(key) : \(type) . inet_service\n"
      + NftRuleset.elements(ports.map { "\(self.key($0)) \(target($0))" }) + "\t}\n\n"
  }

  /// What is left to the host's rules first, and who need not ask them.
  func guards(_ plan: FirewallPlan) -> String {
    if !plan.hasGuards(family) { return "" }
    func keys(_ isWanted: (PublishedPort) -> Bool) -> [String] {
      sorted(plan).filter { $0.obeysHost && isWanted($0) }.map { "\(key($0)) \(NftText.comment($0.id))" }
    }
    let inside = plan.bridges.map(\.name) + ["lo"] + (plan.handover.map { [$0.into] } ?? [])
    let type = family == .ipv4 ? "ipv4_addr" : "ipv6_addr"
    var text = "\tset guard-at\(suffix) {\n\t\ttype inet_proto . \(type) . inet_service\n"
    text += NftRuleset.elements(keys { $0.boundAddress != nil })
    text += "\t}\n\n\tset guard\(suffix) {\n\t\ttype inet_proto . inet_service\n"
    text += NftRuleset.elements(keys { $0.boundAddress == nil })
    text += "\t}\n\n\tset inside\(suffix) {\n\t\ttype ifname\n"
    text += NftRuleset.elements(inside.sorted().map { "\"\($0)\" \(NftText.comment("inside: \($0)"))" })
    return text + "\t}\n\n"
  }

  /// The host's rules have let it through: a copy comes in once more, by a link from which ports are published.
  func handOver(_ plan: FirewallPlan) -> String {
    guard plan.hasGuards(family), let link = plan.handover else { return "" }
    let target = family == .ipv4 ? "\(HandoverLink.target)" : "\(HandoverLink.outside6)"
    return NftRuleset.chain(
      "hand-over\(suffix)", nil,
      [
        NftRuleset.rule(
          "dup to \(target) device \"\(link.out)\"", "let through by the host: once more, to the container"),
        NftRuleset.rule("drop", "not to the host itself"),
      ])
  }

  /// Which published ports a new flow meets, each look-up once: what is for others than this host meets none, what comes from
  /// outside only those that are open there, and what comes from inside all. `names`: from inside to its name server.
  func prerouting(_ plan: FirewallPlan, names: [String]) -> [String] {
    [local]
      + (plan.hasGuards(family)
        ? [NftRuleset.rule("iifname != @inside\(suffix) goto from-outside\(suffix)", "from outside")] : [])
      + names + publish(plan)
  }

  /// From this host.
  func output(_ plan: FirewallPlan) -> [String] { [local] + publish(plan) }

  private var local: String { NftRuleset.rule("fib daddr type != local accept", "not for this host") }

  private func publish(_ plan: FirewallPlan) -> [String] { redirections("publish", plan) }

  private func redirections(_ map: String, _ plan: FirewallPlan, between: [String] = []) -> [String] {
    let anywhere = NftRuleset.rule(
      "dnat \(word) to meta l4proto . th dport map @\(map)\(suffix)", "ports of every host address")
    if !plan.hasPlaced(family) { return [anywhere] }
    return [
      NftRuleset.rule(
        "dnat \(word) to meta l4proto . \(word) daddr . th dport map @\(map)-at\(suffix)", "ports of one host address")
    ] + between + [anywhere]
  }

  /// What comes from outside for a port that obeys the host is not redirected: it goes to the host's own input. One of an
  /// address that obeys is not that of another container, which is open at every address.
  func fromOutside(_ plan: FirewallPlan) -> String {
    if !plan.hasGuards(family) { return "" }
    let left = NftRuleset.rule("\(guardedAt) accept", "left to the host's rules: ports of one host address")
    return NftRuleset.chain("from-outside\(suffix)", nil, redirections("open", plan, between: [left]))
  }

  /// After every rule of the host's own.
  func admit(_ plan: FirewallPlan) -> [String] {
    if !plan.hasGuards(family) { return [] }
    let jump = "jump hand-over\(suffix)"
    return [
      NftRuleset.rule("ct state != new accept", "what has been let through"),
      NftRuleset.rule("iifname @inside\(suffix) accept", "from inside"),
    ]
      + (plan.hasPlaced(family)
        ? [NftRuleset.rule("\(guardedAt) \(jump)", "let through by the host: ports of one host address")] : []) + [
        NftRuleset.rule(
          "fib daddr type local meta l4proto . th dport @guard\(suffix) \(jump)",
          "let through by the host: ports of every host address")
      ]
  }

  private var guardedAt: String { "meta l4proto . \(word) daddr . th dport @guard-at\(suffix)" }

  /// Ports that are gone, and those that have come, of the whole change; empty if there are none.
  func text(movingFrom old: FirewallPlan, to new: FirewallPlan) -> String {
    let (before, after) = (Set(old.ports(family)), Set(new.ports(family)))
    let (gone, come) = (before.subtracting(after), after.subtracting(before))
    func line(_ verb: String, _ set: String, _ element: String) -> String {
      "\(verb) element \(word) \(new.table) \(set)\(suffix) { \(element) }\n"
    }
    func maps(_ port: PublishedPort) -> [String] {
      let names = new.hasGuards(family) && !port.obeysHost ? ["publish", "open"] : ["publish"]
      return names.map { port.boundAddress == nil ? $0 : "\($0)-at" }
    }
    func sets(_ verb: String, _ ports: Set<PublishedPort>) -> String {
      let guards = ports.filter(\.obeysHost).map { port in
        line(
          verb, port.boundAddress == nil ? "guard" : "guard-at", "\(key(port)) \(NftText.comment(port.id))")
      }
      let local = ports.filter(\.isOnLoopback6).map {
        line(verb, "loopback", "\(short($0)) \(NftText.comment($0.id))")
      }
      return (guards + local).sorted().joined()
    }
    func lines(_ verb: String, _ ports: Set<PublishedPort>, _ element: (PublishedPort) -> String) -> String {
      ports.flatMap { port in maps(port).map { line(verb, $0, element(port)) } }.sorted().joined()
    }
    return lines("delete", gone) { key($0) } + sets("delete", gone) + sets("add", come)
      + lines("add", come) { "\(key($0)) \(target($0))" }
  }

  func sorted(_ plan: FirewallPlan) -> [PublishedPort] {
    let any = IPAddress.any(family)
    return plan.ports(family).sorted {
      ($0.boundAddress ?? any, $0.transport, $0.hostPort) < ($1.boundAddress ?? any, $1.transport, $1.hostPort)
    }
  }

  /// Without the address.
  func short(_ port: PublishedPort) -> String { "\(port.transport.number) . \(port.hostPort)" }

  /// What comes for `::1` has another address by then (`NftIPv6`).
  private func key(_ port: PublishedPort) -> String {
    guard let address = port.boundAddress else { return short(port) }
    let text = address == .v6(.loopback) ? "\(HandoverLink.outside6)" : "\(address)"
    return "\(port.transport.number) . \(text) . \(port.hostPort)"
  }

  private func target(_ port: PublishedPort) -> String {
    "\(NftText.comment(port.id)) : \(port.containerAddress) . \(port.containerPort)"
  }
}

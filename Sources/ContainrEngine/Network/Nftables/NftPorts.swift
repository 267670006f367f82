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

  /// The two maps.
  func maps(_ plan: FirewallPlan) -> String {
    let ports = sorted(plan)
    let anywhere = ports.filter { $0.boundAddress == nil }.map { "\(key($0)) \(target($0))" }
    let somewhere = ports.filter { $0.boundAddress != nil }.map { "\(key($0)) \(target($0))" }
    let type = family == .ipv4 ? "ipv4_addr" : "ipv6_addr"
    var text =
      "\tmap publish-at\(suffix) {\n\t\ttype inet_proto . \(type) . inet_service : \(type) . inet_service\n"
    text += NftRuleset.elements(somewhere)
    text += "\t}\n\n\tmap publish\(suffix) {\n\t\ttype inet_proto . inet_service : \(type) . inet_service\n"
    return text + NftRuleset.elements(anywhere) + "\t}\n\n"
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

  /// To the container at once.
  var publish: [String] {
    [
      NftRuleset.rule(
        "fib daddr type local dnat \(word) to meta l4proto . \(word) daddr . th dport map @publish-at\(suffix)",
        "ports of one host address"),
      NftRuleset.rule(
        "fib daddr type local dnat \(word) to meta l4proto . th dport map @publish\(suffix)",
        "ports of every host address"),
    ]
  }

  /// What comes from outside is not redirected: it goes to the host's own input.
  func leave(_ plan: FirewallPlan) -> [String] {
    if !plan.hasGuards(family) { return [] }
    return guarded.map {
      NftRuleset.rule("iifname != @inside\(suffix) \($0.0) accept", "left to the host's rules: \($0.1)")
    }
  }

  /// After every rule of the host's own.
  func admit(_ plan: FirewallPlan) -> [String] {
    if !plan.hasGuards(family) { return [] }
    return guarded.map {
      NftRuleset.rule(
        "iifname != @inside\(suffix) ct state new \($0.0) jump hand-over\(suffix)", "let through by the host: \($0.1)")
    }
  }

  private var guarded: [(String, String)] {
    [
      ("meta l4proto . \(word) daddr . th dport @guard-at\(suffix)", "ports of one host address"),
      ("fib daddr type local meta l4proto . th dport @guard\(suffix)", "ports of every host address"),
    ]
  }

  /// Ports that are gone, and those that have come, of the whole change; empty if there are none.
  func text(movingFrom old: FirewallPlan, to new: FirewallPlan) -> String {
    let (before, after) = (Set(old.ports(family)), Set(new.ports(family)))
    let (gone, come) = (before.subtracting(after), after.subtracting(before))
    func line(_ verb: String, _ set: String, _ element: String) -> String {
      "\(verb) element \(word) \(new.table) \(set)\(suffix) { \(element) }\n"
    }
    func map(_ port: PublishedPort) -> String { port.boundAddress == nil ? "publish" : "publish-at" }
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
    return gone.map { line("delete", map($0), key($0)) }.sorted().joined() + sets("delete", gone)
      + sets("add", come) + come.map { line("add", map($0), "\(key($0)) \(target($0))") }.sorted().joined()
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

// The ruleset as text, and differences between a plan and a listing: pure.
import ContainrAddresses
import Testing

@testable import ContainrNetwork

let shop = FirewallPlan(
  bridges: [
    BridgeRule(name: "cbr1", prefix: IPv4Prefix("10.89.0.64/26")!, isInternal: true),
    BridgeRule(name: "cbr0", prefix: IPv4Prefix("10.89.0.0/26")!),
  ],
  ports: [
    PublishedPort(
      hostPort: 8080, containerAddress: IPAddress("10.89.0.2")!, containerPort: 80, id: "shop/web-1"),
    PublishedPort(
      hostAddress: .v4(.loopback), hostPort: 5432, containerAddress: IPAddress("10.89.0.3")!, containerPort: 5432,
      id: "shop/db-1"),
    PublishedPort(
      hostAddress: .v4(.any), hostPort: 53, containerAddress: IPAddress("10.89.0.4")!, containerPort: 53,
      transport: .udp, id: "shop/\"dns\"\n"),
  ],
  members: [
    MemberRule(
      link: "cv0", macAddress: MACAddress(octets: [2, 0, 10, 89, 0, 2])!, address: IPv4Address("10.89.0.2")!,
      id: "shop/web-1")
  ],
  memberPrefix: "cv")

@Suite("nft ruleset") struct NftRulesetTests {
  @Test("the whole table is replaced in one transaction, every rule says what it is for")
  func golden() {
    #expect(NftRuleset.text(for: shop) == goldenShop)
  }

  @Test("every rule and every element has a comment")
  func comments() {
    let observed = NftObservation(listing: NftRuleset.text(for: shop))
    #expect(observed.sections.count == 14)
    for section in observed.sections.values {
      for line in section.lines { #expect(line.contains(" comment \""), "\(line)") }
    }
  }

  @Test("ports move by their elements alone, deleted before they are added")
  func move() {
    var moved = shop
    moved.ports[0].containerAddress = IPAddress("10.89.0.9")!
    moved.ports[1].containerPort = 5433
    #expect(
      NftRuleset.text(movingFrom: shop, to: moved) == """
        delete element ip containr publish { 6 . 8080 }
        delete element ip containr publish-at { 6 . 127.0.0.1 . 5432 }
        add element ip containr publish { 6 . 8080 comment "shop/web-1" : 10.89.0.9 . 80 }
        add element ip containr publish-at { 6 . 127.0.0.1 . 5432 comment "shop/db-1" : 10.89.0.3 . 5433 }

        """)
    #expect(NftRuleset.text(movingFrom: shop, to: shop) == nil)
    moved = shop
    moved.members[0].address = IPv4Address("10.89.0.9")!
    #expect(
      NftRuleset.text(movingFrom: shop, to: moved) == """
        delete element bridge containr members { "cv0" . 02:00:0a:59:00:02 . 10.89.0.2 }
        add element bridge containr members { "cv0" . 02:00:0a:59:00:02 . 10.89.0.9 comment "shop/web-1" }

        """)
  }

  @Test("a port that obeys the host is left to its rules, and what they let through is handed over")
  func guarded() throws {
    var plan = shop
    plan.ports[0].obeysHost = true
    #expect(throws: NetworkError.self) { try plan.validate() }
    plan.handover = HandoverLink(out: "chout", into: "chin")
    try plan.validate()
    let text = plan.ruleset
    for line in [
      "\t\telements = { 6 . 8080 comment \"shop/web-1\" }\n", "\"chin\" comment \"inside: chin\"",
      "\t\tdup to 192.0.0.10 device \"chout\" comment", "\ttype filter hook input priority 300; policy accept;\n",
      "\t\tfib daddr type != local accept comment \"not for this host\"\n\t\tiifname != @inside goto from-outside comment",
      "\t\tfib daddr type local meta l4proto . th dport @guard jump hand-over comment",
      "\t\tct state != new accept comment \"what has been let through\"\n\t\tiifname @inside accept comment",
    ] { #expect(text.contains(line), "\(line) in\n\(text)") }
    for word in ["hand-over", "from-outside", "map open"] { #expect(!shop.ruleset.contains(word), "\(word)") }
    // From outside what obeys is not there at all; what is open has its own look-up, once.
    let sections = NftObservation(listing: text).sections
    #expect(sections["map open"]?.lines == ["17 . 53 comment \"shop/_dns__\" : 10.89.0.4 . 53"])
    #expect(sections["map open-at"]?.lines == ["6 . 127.0.0.1 . 5432 comment \"shop/db-1\" : 10.89.0.3 . 5432"])
    #expect(
      sections["chain from-outside"]?.lines == [
        "dnat ip to meta l4proto . ip daddr . th dport map @open-at comment \"ports of one host address\"",
        "meta l4proto . ip daddr . th dport @guard-at accept comment \"left to the host's rules: ports of one host address\"",
        "dnat ip to meta l4proto . th dport map @open comment \"ports of every host address\"",
      ])
    var plain = plan
    plain.ports.remove(at: 1)
    #expect(plain.shape != plan.shape && !plain.ruleset.contains("@open-at") && !plain.ruleset.contains("@guard-at"))
    var moved = plan
    moved.ports[0].containerPort = 81
    let move = try #require(NftRuleset.text(movingFrom: plan, to: moved))
    #expect(move.contains("add element ip containr guard { 6 . 8080 comment \"shop/web-1\" }\n"))
    #expect(!move.contains(" open"), "what obeys is not open")
    moved = plan
    moved.ports[1].containerPort = 81
    let opened = try #require(NftRuleset.text(movingFrom: plan, to: moved))
    for map in ["publish-at", "open-at"] {
      #expect(
        opened.contains(
          "add element ip containr \(map) { 6 . 127.0.0.1 . 5432 comment \"shop/db-1\" : 10.89.0.3 . 81 }\n"))
    }
    let all = SysctlRequirement.required(for: plan, uplinks: []).map { "\($0.path)=\($0.value)" }
    #expect(all.contains("/proc/sys/net/ipv4/conf/chin/rp_filter=0"))
  }

  @Test("ports of IPv6 have a table of their own, and ::1 a way of its own, which nobody else takes")
  func six() throws {
    var plan = shop
    plan.bridges[1].prefix6 = IPv6Prefix("fd00:1::/64")!
    plan.ports.append(
      PublishedPort(hostPort: 8080, containerAddress: IPAddress("fd00:1::2")!, containerPort: 80, id: "web"))
    #expect(throws: NetworkError.self) { try plan.validate() }
    plan.handover = HandoverLink(out: "chout", into: "chin")
    try plan.validate()
    let (four, six) = (NftRuleset.table(for: plan, named: "t"), NftIPv6.table(for: plan, named: "t"))
    #expect(four == NftRuleset.table(for: shop, named: "t"), "nothing of it is in the other table")
    for line in [
      "6 . 8080 comment \"web\" : fd00:1::2 . 80", "set loopback6 {",
      "ip6 daddr ::1 meta l4proto . th dport @loopback6",
      "ip6 daddr 100:0:0:1::1 iifname != \"chin\" drop", "ip6 daddr 100:0:0:1::2 iifname != \"chout\" drop",
      "oifname \"cbr0\" ip6 saddr 100:0:0:1::2 masquerade",
      "ct status dnat accept comment \"into cbr0: published ports",
    ] { #expect(six.contains(line), "\(line) in\n\(six)") }
    let settings = SysctlRequirement.required(for: plan, uplinks: []).map { "\($0.path)=\($0.value)" }
    #expect(settings.contains("/proc/sys/net/ipv6/conf/chin/force_forwarding=1"))
    #expect(!settings.contains("/proc/sys/net/ipv4/conf/chin/rp_filter=0"), "no port of IPv4 needs it")
    plan.ports[3].hostAddress = IPAddress("2001:db8::1")
    plan.handover = nil
    try plan.validate()
    #expect(!NftIPv6.table(for: plan, named: "t").contains("100:0:0:1"), "a port of one address has no loopback")
    plan.ports[3].hostAddress = .v4(.loopback)
    #expect(throws: NetworkError.self) { try plan.validate() }
  }

  @Test("whoever drops what is forwarded is found in a listing of all chains")
  func foreignDrops() {
    let listing = """
      table ip filter {
      \tchain FORWARD {
      \t\ttype filter hook forward priority 0; policy drop;
      \t}
      \tchain INPUT {
      \t\ttype filter hook input priority 0; policy drop;
      \t}
      }
      table ip6 filter {
      \tchain FORWARD {
      \t\ttype filter hook forward priority 0; policy drop;
      \t}
      }
      table inet firewalld {
      \tchain filter_FORWARD {
      \t\ttype filter hook forward priority 10; policy accept;
      \t}
      }
      """
    let found = NftText.forwardDrops(in: listing)
    #expect(found.map(\.chain) == ["FORWARD"] && found.map(\.table) == [["ip", "filter"]])
  }

  @Test("a listing that says the same is no drift")
  func same() {
    let one = NftObservation(listing: NftRuleset.text(for: shop))
    let wrapped = NftRuleset.text(for: shop).split(separator: "\n").dropFirst(2).joined(separator: "\n\n")
    #expect(one.differences(from: NftObservation(listing: wrapped)) == [])
  }

  @Test("what was deleted or edited by hand is named")
  func drift() {
    let expected = NftObservation(listing: NftRuleset.text(for: shop))
    func changed(_ old: String, _ new: String) -> [String] {
      let pieces = goldenShop.components(around: old)
      return expected.differences(from: NftObservation(listing: pieces.0 + new + pieces.1))
    }
    #expect(
      changed("6 . 8080 comment \"shop/web-1\" : 10.89.0.2 . 80,\n\t\t\t     ", "")
        == ["published port 0.0.0.0:8080/tcp missing"])
    #expect(
      changed("10.89.0.3 . 5432", "10.89.0.9 . 5432") == [
        "published port 127.0.0.1:5432/tcp changed: expected `6 . 127.0.0.1 . 5432 comment \"shop/db-1\" : 10.89.0.3 . 5432`"
          + ", found `6 . 127.0.0.1 . 5432 comment \"shop/db-1\" : 10.89.0.9 . 5432`"
      ])
    #expect(
      changed("\t\toifname vmap @into comment \"into our bridges\"\n", "")
        == ["rule forward/into our bridges missing"])
    #expect(
      changed("\t\tdrop comment \"into cbr0: everything else\"", "\t\taccept comment \"into cbr0: everything else\"")
        == [
          "rule into-cbr0/into cbr0: everything else changed: expected `drop comment \"into cbr0: everything else\"`, "
            + "found `accept comment \"into cbr0: everything else\"`"
        ])
    #expect(changed("priority 0; policy accept;", "priority 0; policy drop;").count == 1)
    #expect(
      changed("\t\toifname vmap @into", "\t\ttcp dport 22 accept\n\t\toifname vmap @into")
        == ["foreign rule in chain forward: `tcp dport 22 accept`"])
    #expect(
      changed("table ip containr {\n", "table ip containr {\n\tflags dormant\n")
        == ["the table has the foreign `flags dormant`"])
    #expect(
      changed("\tmap publish {", "\tmap other {") == [
        "foreign map other", "map publish missing", "published port 0.0.0.0:53/udp missing",
        "published port 0.0.0.0:8080/tcp missing",
      ])
  }

  @Test("a port that is published twice, or a name that cannot stand in a rule, is refused")
  func validation() {
    var twice = shop
    twice.ports.append(twice.ports[0])
    #expect(
      throws: NetworkError.invalid("host port 0.0.0.0:8080/tcp is published twice: by shop/web-1 and by shop/web-1")
    ) {
      try twice.validate()
    }
    #expect(throws: NetworkError.self) { try FirewallPlan(table: "a; flush ruleset").validate() }
    #expect(throws: NetworkError.self) {
      try FirewallPlan(bridges: [BridgeRule(name: "a\"b", prefix: SubnetAllocator.standardPool)]).validate()
    }
  }

  @Test("the kernel parameters are named with their reasons, loopback routing only where ports need it")
  func sysctls() {
    let all = SysctlRequirement.required(for: shop, uplinks: ["eth0"])
    let paths = all.map { "\($0.path)=\($0.value)" }
    #expect(
      paths == [
        "/proc/sys/net/ipv6/conf/cbr0/disable_ipv6=1", "/proc/sys/net/ipv6/conf/cbr0/accept_ra=0",
        "/proc/sys/net/ipv4/conf/cbr0/forwarding=1", "/proc/sys/net/ipv4/conf/cbr0/send_redirects=0",
        "/proc/sys/net/ipv4/conf/cbr0/accept_redirects=0", "/proc/sys/net/ipv4/conf/cbr0/rp_filter=1",
        "/proc/sys/net/ipv4/conf/cbr0/arp_ignore=1", "/proc/sys/net/ipv4/conf/cbr0/route_localnet=1",
        "/proc/sys/net/ipv6/conf/cbr1/disable_ipv6=1", "/proc/sys/net/ipv6/conf/cbr1/accept_ra=0",
        "/proc/sys/net/ipv4/conf/cbr1/forwarding=1", "/proc/sys/net/ipv4/conf/cbr1/send_redirects=0",
        "/proc/sys/net/ipv4/conf/cbr1/accept_redirects=0", "/proc/sys/net/ipv4/conf/cbr1/rp_filter=1",
        "/proc/sys/net/ipv4/conf/cbr1/arp_ignore=1", "/proc/sys/net/ipv4/conf/eth0/forwarding=1",
      ])
    #expect(all.allSatisfy { !$0.reason.isEmpty })
  }
}

extension String {
  /// Before and after the first `needle`.
  func components(around needle: String) -> (String, String) {
    guard let range = range(ofText: needle) else { return (self, "") }
    return (String(self[..<range.lowerBound]), String(self[range.upperBound...]))
  }
}

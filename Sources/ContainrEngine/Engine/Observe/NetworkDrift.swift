// What a container sees of its networks held against its leases. Pure: texts of /proc/PID/net, which show the network
// namespace of that process without anybody entering it (docs/decisions/0013-drift.md).
internal import ContainrAddresses
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrRuntime

/// A network namespace, as far as leases are about it.
struct NetworkView: Hashable {
  struct Route: Hashable {
    var interface: String
    var prefix: IPv4Prefix
    /// nil: reached directly.
    var gateway: IPv4Address?

    var words: String {
      let target = prefix.length == 0 ? "default" : prefix.description
      return target + (gateway.map { " via \($0)" } ?? "") + " on \(interface)"
    }
  }
  /// A default route of IPv6.
  struct Gateway: Hashable {
    var interface: String
    var address: IPv6Address
  }
  var interfaces: Set<String>
  var routes: [Route]
  /// Of all interfaces, lo included.
  var addresses: Set<IPv4Address>
  /// Of all interfaces, but those of one link.
  var addresses6: Set<IPv6Address>
  /// The next hops of default routes by interface.
  var gateways6: Set<Gateway>
  /// Those that are up; nil: this kernel does not tell.
  var up: Set<String>?

  /// Of the groups only the devices matter: one that is up has joined the group of all hosts, and one that is down none.
  init(_ texts: NetworkTexts) {
    func lines(_ bytes: [UInt8]) -> [Substring] { String(decoding: bytes, as: UTF8.self).split(separator: "\n") }
    interfaces = Set(lines(texts.interfaces).map(String.init))
    routes = lines(texts.routes).dropFirst().compactMap(Self.route)
    up =
      texts.groups.isEmpty
      ? nil
      : Set(
        lines(texts.groups).dropFirst().compactMap { line in
          if line.first == "\t" { return nil }
          return line.split(whereSeparator: { $0 == "\t" || $0 == " " }).dropFirst().first.map(String.init)
        })
    addresses6 = Set(lines(texts.addresses6).compactMap { Self.address6($0.prefix(32)) }.filter { !$0.isLoopback })
    gateways6 = Set(
      lines(texts.routes6).compactMap { line in
        Self.address6(line.prefix(32)).map { Gateway(interface: String(line.dropFirst(33)), address: $0) }
      })
    addresses = []
    var last: Substring = ""
    for line in lines(texts.trie) {
      let words = line.split(separator: " ")
      if words.first == "|--", words.count > 1 { last = words[1] }
      if words.starts(with: ["/32", "host", "LOCAL"]), let address = IPv4Address(String(last)) {
        addresses.insert(address)
      }
    }
  }

  private static func route(_ line: Substring) -> Route? {
    let words = line.split(separator: "\t").map { $0.filter { $0 != " " } }
    guard words.count > 7, let destination = address(words[1]), let gateway = address(words[2]),
      let mask = address(words[7])
    else { return nil }
    let length = mask.value.nonzeroBitCount
    guard let prefix = IPv4Prefix(containing: destination, length: length) else { return nil }
    return Route(interface: words[0], prefix: prefix, gateway: gateway == .any ? nil : gateway)
  }

  /// Thirty-two hexadecimal digits.
  private static func address6(_ hex: Substring) -> IPv6Address? {
    hex.utf8.count == 32 ? UInt128(hex, radix: 16).map { IPv6Address($0) } : nil
  }

  /// Eight hexadecimal digits of the address's bytes as this machine reads them.
  private static func address(_ hex: String) -> IPv4Address? {
    UInt32(hex, radix: 16).map { IPv4Address(UInt32(bigEndian: $0)) }
  }
}

enum NetworkDrift {
  /// A place on a network as it was given.
  struct Place: Hashable {
    var network: String
    /// The name of its interface.
    var interface: String
    var ipv4: FamilyPlace?
    var ipv6: FamilyPlace?
    /// Further addresses, of one link.
    var others: [IPAddress] = []
  }

  /// What it is given of one family.
  struct FamilyPlace: Hashable {
    var address: IPAddress
    var subnet: IPPrefix
    /// The default route, if this place carries it.
    var gateway: IPAddress?
  }

  /// Interfaces that the kernel itself puts into every new namespace once their module is loaded.
  private static let fallback: Set<String> = [
    "lo", "tunl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "sit0", "ip6tnl0", "ip6gre0",
  ]

  /// What is wrong with a container's places, and what is there beside them. `isFree`: the program may change its network
  /// by itself (CAP_NET_ADMIN), so that what it adds is its own affair.
  static func differences(
    _ view: NetworkView, places: [Place], isFree: Bool
  ) -> (faults: [ObservedLinkFault], drift: [ObservedDrift]) {
    var faults: [ObservedLinkFault] = []
    let interfaces = Dictionary(places.map { ($0.interface, $0.network) }) { first, _ in first }
    func fault(_ network: String, _ words: String) { faults.append(ObservedLinkFault(network: network, words: words)) }
    var wanted: Set<NetworkView.Route> = []
    for place in places {
      guard view.interfaces.contains(place.interface) else {
        fault(place.network, "its interface \(place.interface) on network \(place.network) is gone")
        continue
      }
      if view.up?.contains(place.interface) == false {
        fault(place.network, "its interface \(place.interface) on network \(place.network) is down")
        continue
      }
      if let ipv4 = place.ipv4 {
        let (found, words) = Self.differences(view, place.interface, ipv4, of: place.network)
        wanted.formUnion(found)
        for words in words { fault(place.network, words) }
      }
      if let ipv6 = place.ipv6 {
        if let address = ipv6.address.v6, !view.addresses6.contains(address) {
          fault(place.network, "its address \(address) on network \(place.network) is gone")
        }
        if let gateway = ipv6.gateway?.v6,
          !view.gateways6.contains(NetworkView.Gateway(interface: place.interface, address: gateway))
        {
          fault(place.network, "its default route via \(gateway) is gone")
        }
      }
      for case .v4(let address) in place.others {
        if !view.addresses.contains(address) {
          fault(place.network, "its address \(address) on network \(place.network) is gone")
        }
        // Its own route comes and goes with it.
        wanted.formUnion(
          view.routes.filter {
            $0.interface == place.interface && $0.gateway == nil && $0.prefix.contains(address)
          })
      }
    }
    guard let first = places.first else { return (faults, []) }
    if view.up?.contains("lo") == false || !view.addresses.contains(where: \.isLoopback) {
      fault(first.network, "lo is down")
    }
    if isFree { return (faults, []) }
    for route in view.routes where !wanted.contains(route) && interfaces[route.interface] != nil {
      fault(interfaces[route.interface] ?? first.network, "the route \(route.words) was added")
    }
    let known = Set(places.flatMap { [$0.ipv4?.address, $0.ipv6?.address].compactMap { $0 } + $0.others })
    let all = view.addresses.filter { !$0.isLoopback }.map { IPAddress.v4($0) } + view.addresses6.map { .v6($0) }
    for address in all.sorted() where !known.contains(address) {
      let place =
        places.first { [$0.ipv4, $0.ipv6].contains { $0?.subnet.contains(address) ?? false } } ?? first
      fault(place.network, "the address \(address) was added")
    }
    let strangers = view.interfaces.subtracting(fallback).subtracting(interfaces.keys)
    return (
      faults,
      strangers.sorted().map {
        ObservedDrift(what: "interface \($0)", expected: "not there", actual: "there", repairable: false)
      }
    )
  }

  /// The IPv4 side of one place: the routes that belong to it, and what is wrong, in words.
  private static func differences(
    _ view: NetworkView, _ interface: String, _ place: FamilyPlace, of network: String
  ) -> (wanted: [NetworkView.Route], words: [String]) {
    guard let address = place.address.v4, let subnet = place.subnet.v4 else { return ([], []) }
    var wanted: [NetworkView.Route] = []
    var words: [String] = []
    let direct = view.routes.first { $0.interface == interface && $0.prefix == subnet && $0.gateway == nil }
    if let direct { wanted.append(direct) }
    if !view.addresses.contains(address) {
      words.append("its address \(address) on network \(network) is gone")
    } else if direct == nil {
      words.append("its route to \(subnet) is gone")
    }
    guard let gateway = place.gateway?.v4 else { return (wanted, words) }
    if let route = view.routes.first(where: {
      $0.interface == interface && $0.prefix.length == 0 && $0.gateway == gateway
    }) {
      wanted.append(route)
    } else {
      words.append("its default route via \(gateway) is gone")
    }
    return (wanted, words)
  }
}

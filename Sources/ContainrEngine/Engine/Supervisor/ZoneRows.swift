// Rows → the names of each network. Pure.
internal import ContainrAddresses
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore

enum ZoneRows {
  private typealias Names = [String: [IPAddress]]

  /// The zone of one network. `ended` are ids of containers that do not run any more.
  ///
  /// A container asks the name server of its first network only. So that server tells it, and it alone, the names of its
  /// other networks as well, and what it calls others by (`links`, `external_links`). Names lead to the containers that
  /// serve; the others may ask like everybody.
  static func zone(of network: NetworkRecord, _ contents: StoreContents, ended: Set<String>) -> DNSZone {
    let living = contents.containers.filter {
      $0.stage != .removing && $0.stage != .stopped && !ended.contains($0.id)
    }.map(Member.init)
    let members = living.filter { $0.addresses[network.name] != nil }
    let around = Set(members.flatMap(\.addresses.keys))
    let names = Dictionary(uniqueKeysWithValues: around.map { ($0, Self.names(on: $0, living)) })
    var reverse: [IPAddress: String] = [:]
    var personal: [IPAddress: Names] = [:]
    var upstreams: [IPAddress: [DNSUpstream]] = [:]
    // Most members are on the same networks: what they share is made once.
    var shared: [[String]: DNSNeighbours] = [:]
    var neighbours: [IPAddress: DNSNeighbours] = [:]
    for member in members {
      let own = member.addresses[network.name] ?? []
      var told: Names = [:]
      for other in member.addresses.keys.sorted() where other != network.name {
        told.merge(names[other] ?? [:]) { first, _ in first }
      }
      told.merge(links(of: member, living)) { _, link in link }
      let others = member.addresses.keys.filter { $0 != network.name }.sorted()
      if !others.isEmpty {
        let around = shared[others] ?? Self.neighbours(on: others, contents, living)
        shared[others] = around
        for address in own { neighbours[address] = around }
      }
      for address in own {
        reverse[address] = member.record.name.display
        if !told.isEmpty { personal[address] = told }
        if !member.servers.isEmpty { upstreams[address] = member.servers }
      }
    }
    return DNSZone(
      names[network.name] ?? [:], reverse: reverse, personal: personal, neighbours: neighbours,
      services: services(on: network.name, members), upstreams: upstreams)
  }

  /// The addresses of networks, and whose they are.
  private static func neighbours(
    on networks: [String], _ contents: StoreContents, _ living: [Member]
  ) -> DNSNeighbours {
    let rows = contents.networks.filter { networks.contains($0.name) }
    var names: [IPAddress: String] = [:]
    for member in living {
      for network in networks {
        for address in member.addresses[network] ?? [] { names[address] = member.record.name.display }
      }
    }
    return DNSNeighbours(prefixes: rows.flatMap { [$0.subnet, $0.subnet6] }.compactMap { IPPrefix($0) }, names: names)
  }

  /// A container as names see it.
  private struct Member {
    let record: ContainerRecord
    let fields: [PlanField]
    /// By network.
    let addresses: [String: [IPAddress]]

    /// Where names and whom to ask stand in the fields.
    private static let paths = ["container_name", "dns", "external_links", "hostname", "links", "networks", "ports"]
      .map { Array($0.utf8) }

    init(_ record: ContainerRecord) {
      self.record = record
      fields = PlanCoding.fields(record.fields) { line in Self.paths.contains { line.starts(with: $0) } }
      addresses = record.leases.reduce(into: [:]) { all, lease in
        all[lease.network, default: []] += [lease.address, lease.address6].compactMap { IPAddress($0) }
      }
    }

    func value(_ path: String) -> String? { fields.first { $0.path == path }?.value }

    /// The fields below a path, by what stands behind the dot.
    func family(_ path: String) -> [(key: String, value: String)] {
      fields.compactMap { $0.path.hasPrefix(path + ".") ? (String($0.path.dropFirst(path.count + 1)), $0.value) : nil }
    }

    /// `["1.1.1.1", "fd00::1"]`: an address holds nothing that is escaped.
    var servers: [DNSUpstream] {
      (value("dns") ?? "").split(whereSeparator: { "[]\", ".contains($0) }).compactMap { DNSUpstream($0) }
    }

    /// Names that lead to it on one of its networks, in lower case.
    func names(on lease: LeaseRecord) -> Set<String> {
      let attachment = value("networks.\(lease.key)") ?? ""
      let aliases = attachment.split(separator: " ").first { $0.hasPrefix("aliases=") }?.dropFirst(8) ?? ""
      var all = [record.service, record.name.display] + aliases.split(separator: ",").map(String.init)
      all += [value("hostname"), value("container_name")].compactMap(\.self)
      return Set(all.map { $0.lowercased() })
    }
  }

  private static func names(on network: String, _ members: [Member]) -> Names {
    var names: Names = [:]
    for member in members where member.record.role == .serving {
      guard let lease = member.record.leases.first(where: { $0.network == network }) else { continue }
      for name in member.names(on: lease) { names[name, default: []] += member.addresses[network] ?? [] }
    }
    return names
  }

  /// What a container calls others by: those of the networks that it shares with them.
  private static func links(of member: Member, _ all: [Member]) -> Names {
    var names: Names = [:]
    func link(_ name: String, to targets: [Member]) {
      for target in targets where target.record.role == .serving {
        for network in member.addresses.keys.sorted() { names[name, default: []] += target.addresses[network] ?? [] }
      }
    }
    for (name, service) in member.family("links") {
      link(name, to: all.filter { $0.record.stack == member.record.stack && $0.record.service == service })
    }
    for (name, container) in member.family("external_links") {
      link(name, to: all.filter { $0.record.name.display == container || $0.value("container_name") == container })
    }
    return names.filter { !$0.value.isEmpty }
  }

  /// `_http._tcp.web` for each published port with a name.
  private static func services(on network: String, _ members: [Member]) -> [String: [DNSService]] {
    var services: [String: Set<DNSService>] = [:]
    for member in members where member.record.role == .serving {
      for (key, text) in member.family("ports") {
        let words = text.split(separator: " ")
        guard let port = words.first.flatMap({ UInt16($0) }), let transport = key.split(separator: "/").last else {
          continue
        }
        let offer = DNSService(port: port, target: member.record.name.display.lowercased())
        for word in words.dropFirst() {
          guard let name = word.split(separator: "=", maxSplits: 1).last else { continue }
          for owner in [member.record.service, member.record.name.display] {
            services["_\(name)._\(transport).\(owner)".lowercased(), default: []].insert(offer)
          }
        }
      }
    }
    return services.mapValues { $0.sorted { ($0.target, $0.port) < ($1.target, $1.port) } }
  }
}

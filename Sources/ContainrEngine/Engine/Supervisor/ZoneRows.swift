// Rows → the names of each network. Pure.
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore

enum ZoneRows {
  /// The zone of one network. `ended` are ids of containers that do not run any more.
  ///
  /// A container asks the name server of its first network only. So that server tells it, and it alone, the names of its
  /// other networks as well. Names lead to the containers that serve; the others may ask like everybody.
  static func zone(of network: NetworkRecord, _ contents: StoreContents, ended: Set<String>) -> DNSZone {
    let living = contents.containers.filter {
      $0.stack == network.stack && $0.stage != .removing && $0.stage != .stopped && !ended.contains($0.id)
    }
    let names = names(on: network.name, living)
    let members = living.filter { $0.leases.contains { $0.network == network.name } }
    let others = Set(members.flatMap { $0.leases.map(\.network) }).subtracting([network.name])
    let elsewhere = Dictionary(uniqueKeysWithValues: others.map { ($0, self.names(on: $0, living)) })
    var reverse: [IPv4Address: String] = [:]
    var personal: [IPv4Address: [String: [IPv4Address]]] = [:]
    for container in members {
      guard let lease = container.leases.first(where: { $0.network == network.name }),
        let address = IPv4Address(lease.address)
      else { continue }
      reverse[address] = container.name.display
      for other in container.leases.map(\.network).sorted() {
        personal[address, default: [:]].merge(elsewhere[other] ?? [:]) { first, _ in first }
      }
    }
    return DNSZone(names, reverse: reverse, personal: personal)
  }

  private static func names(on network: String, _ containers: [ContainerRecord]) -> [String: [IPv4Address]] {
    var names: [String: [IPv4Address]] = [:]
    for container in containers where container.role == .serving {
      guard let lease = container.leases.first(where: { $0.network == network }),
        let address = IPv4Address(lease.address)
      else { continue }
      let fields = PlanCoding.fields(container.fields)
      let attachment = fields.first { $0.path == "networks.\(lease.key)" }?.value ?? ""
      let aliases = attachment.split(separator: " ").first { $0.hasPrefix("aliases=") }?.dropFirst(8) ?? ""
      var own = [container.service, container.name.display] + aliases.split(separator: ",").map(String.init)
      if let hostname = fields.first(where: { $0.path == "hostname" })?.value { own.append(hostname) }
      for name in Set(own.map { $0.lowercased() }) { names[name, default: []].append(address) }
    }
    return names
  }
}

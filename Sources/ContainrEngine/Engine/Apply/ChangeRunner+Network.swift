// Networks, firewall and the kernel settings that they need.
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension ChangeRunner {
  func ensureNetwork(_ name: String) throws(EngineError) {
    guard let network = after.networks.first(where: { $0.name == name }) else {
      throw EngineError(.store, "network \(name) is not recorded")
    }
    try hostNetworks.make(network)
    try write([.setNetworkStage(name: network.name, .ready)], "network \(network.name)")
  }

  func removeNetwork(_ name: String) throws(EngineError) {
    guard let network = before.networks.first(where: { $0.name == name }) else { return }
    let contents: StoreContents
    do { contents = try store.contents() } catch { throw EngineError(error) }
    let guests = contents.guests(of: name, beside: stack)
    if !guests.isEmpty {
      throw EngineError(
        .settings,
        "network \(name) is in use by container \(guests.map(\.name.display).joined(separator: ", ")) of other stacks")
    }
    try hostNetworks.unmake(network)
    // A network that is made again has its new row already.
    if after.networks.contains(where: { $0.name == name && $0.stage == .creating }) { return }
    try write([.removeNetwork(name)], "removed network \(name)")
  }

  var hostNetworks: HostNetworks {
    HostNetworks(engine: engine, store: store, links: starter.links, note: note)
  }

  /// A bridge that others are on is in this stack's group too, and stays.
  func removeLinks() throws(EngineError) {
    let contents: StoreContents
    do { contents = try store.contents() } catch { throw EngineError(error) }
    let hasGuests = contents.networks.contains {
      $0.stack == stack && !contents.guests(of: $0.name, beside: stack).isEmpty
    }
    do {
      if !hasGuests { return try starter.links.deleteLinks(group: starter.linkGroup) }
      let own = (before.containers + contents.containers).filter { $0.stack == stack }.flatMap(\.leases)
      try starter.links.deleteLinks(names: Set(own.map(\.link)).sorted())
    } catch {
      throw EngineError(.kernel, "delete the links of stack \(stack): \(error)")
    }
  }

  /// The table as the records of all stacks want it at this moment.
  func writeFirewall() throws(EngineError) {
    try StackLock.withHost(settings) { () throws(EngineError) in
      let plan = try hostNetworks.writeFirewall(desired: desired) { contents in contents.bridges(of: stack) }
      firewall.note(plan)
      try noteForeignDrops()
    }
  }

  /// Who drops what is forwarded has the last word, whatever our table accepts: it is theirs to change, and said.
  private func noteForeignDrops() throws(EngineError) {
    guard firewall.last?.bridges.contains(where: { !$0.isInternal }) == true else { return }
    let drops: [String]
    do { drops = try NftTable(name: settings.nftTable).foreignDrops(sparing: settings.linkPrefix) } catch {
      throw EngineError(.kernel, "look at the firewalls of others: \(error)")
    }
    for chain in drops {
      note(
        "\(chain) drops what this host forwards and says nothing of our bridges: containers reach nothing outside, and "
          + "published ports nobody from there; let them through, such as by iptables -I FORWARD -i '\(settings.linkPrefix)+' "
          + "-j ACCEPT and the same with -o (with Docker in DOCKER-USER; with ufw: ufw route allow in on …)")
    }
  }

  /// Lets the new places in before anybody is there; in one transaction, and only where the whole table is not written in
  /// this changeset. Who goes keeps its place until `settleFirewall`.
  func admitMembers(_ changeset: Changeset) throws(EngineError) {
    if changeset.changes.contains(where: { $0.action == .writeFirewall }) { return }
    let old = FirewallRows.plan(before, settings: settings)
    let own = Set(before.containers.filter { $0.stack == stack }.flatMap(\.leases).map(\.link))
    try followRows(from: old, keeping: old.members.filter { own.contains($0.link) })
  }

  /// Of a `stop`: what is stopped publishes nothing any more, which `settleFirewall` sees to.
  func expectPortsToGo(_ changeset: Changeset) {
    let stops = Set(
      changeset.changes.compactMap { change in
        if case .stopContainer(let name) = change.action { name.id } else { nil }
      })
    if changeset.changes.contains(where: { $0.action == .writeFirewall }) { return }
    if !before.containers.contains(where: { stops.contains($0.id) && $0.publishes && !$0.ports.isEmpty }) { return }
    firewall.note(FirewallRows.plan(before, settings: settings))
  }

  /// Takes the places and ports of those away that are gone.
  func settleFirewall() throws(EngineError) {
    guard let last = firewall.last, !last.bridges.isEmpty else { return }
    try StackLock.withHost(settings) { () throws(EngineError) in try followRows(from: last, keeping: []) }
  }

  /// To what the rows of all stacks say at this moment, and not to what they said when this command began: others work
  /// beside it. `leaving`: places that stay until later where the rows have them no more. Under the host's lock.
  private func followRows(from old: FirewallPlan, keeping leaving: [MemberRule]) throws(EngineError) {
    let contents: StoreContents
    do throws(StoreError) { contents = try store.contents() } catch { throw EngineError(error) }
    var new = FirewallRows.plan(contents, settings: settings, desired: desired)
    let there = Set(new.members.map(\.link))
    new.members += leaving.filter { !there.contains($0.link) }
    if new != old { try hostNetworks.turn(from: old, to: new, for: desired) }
    firewall.note(new)
  }
}

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
    let guests = contents.containers.filter { $0.stack != stack && $0.leases.contains { $0.network == name } }
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

  private var hostNetworks: HostNetworks {
    HostNetworks(engine: engine, store: store, links: starter.links, note: note)
  }

  func removeLinks() throws(EngineError) {
    do {
      try starter.links.deleteLinks(group: starter.linkGroup)
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
    var new = old
    let added = Set(FirewallRows.plan(after, settings: settings, desired: desired).members).subtracting(old.members)
    if added.isEmpty { return firewall.note(old) }
    // A place that changes its address is that of its new one from now on.
    let links = Set(added.map(\.link))
    new.members.removeAll { links.contains($0.link) }
    new.members += added.sorted { $0.link < $1.link }
    try moveFirewall(from: old, to: new)
  }

  /// Takes the places of those away that are gone.
  func settleFirewall() throws(EngineError) {
    guard let last = firewall.last, !last.bridges.isEmpty else { return }
    try StackLock.withHost(settings) { () throws(EngineError) in
      let contents: StoreContents
      do throws(StoreError) { contents = try store.contents() } catch { throw EngineError(error) }
      var now = last
      now.members = FirewallRows.plan(contents, settings: settings, desired: desired).members
      if Set(now.members) != Set(last.members) { try moveFirewall(from: last, to: now) }
    }
  }

  private func moveFirewall(from old: FirewallPlan, to new: FirewallPlan) throws(EngineError) {
    do {
      try NftTable(name: settings.nftTable).move(from: old, to: new)
      try FirewallMark(settings: settings, bootID: engine.bootID).keep(new)
    } catch {
      throw EngineError(.kernel, "let the members of networks in: \(error)")
    }
    firewall.note(new)
  }
}

// Networks, firewall and the kernel settings that they need.
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension ChangeRunner {
  func ensureNetwork(key: String) throws(EngineError) {
    guard let network = after.networks.first(where: { $0.stack == stack && $0.key == key }),
      let gateway = IPv4Address(network.gateway), let prefix = IPv4Prefix(network.subnet)
    else { throw EngineError(.store, "network \(key) is not recorded") }
    do {
      try starter.links.create(
        BridgePlan(
          name: network.bridge, alias: settings.alias(stack: stack, network.name), address: gateway, prefix: prefix,
          mtu: network.mtu, group: starter.linkGroup))
    } catch {
      throw EngineError(.kernel, "network \(network.name): \(error)")
    }
    var own = after
    own.networks.removeAll { $0.name != network.name }
    try applySysctls(own)
    try write([.setNetworkStage(name: network.name, .ready)], "network \(network.name)")
  }

  func removeNetwork(_ name: String) throws(EngineError) {
    guard let network = before.networks.first(where: { $0.name == name }) else { return }
    do {
      try starter.links.deleteLink(name: network.bridge)
    } catch {
      throw EngineError(.kernel, "network \(name): \(error)")
    }
    // A network that is made again has its new row already.
    if after.networks.contains(where: { $0.name == name && $0.stage == .creating }) { return }
    try write([.removeNetwork(name)], "removed network \(name)")
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
    try StackLock.withHost(settings) { () throws(EngineError) in try writeFirewallAlone() }
  }

  private func writeFirewallAlone() throws(EngineError) {
    let contents: StoreContents
    do { contents = try store.contents() } catch { throw EngineError(error) }
    let plan = FirewallRows.plan(contents, settings: settings, desired: desired)
    do {
      let table = NftTable(name: settings.nftTable)
      // Before the rules that name it.
      if let handover = plan.handover {
        try starter.links.ensureHandover(
          handover, alias: settings.alias(stack: "", "handover"), group: settings.hostLinkGroup)
      }
      if plan.bridges.isEmpty {
        try table.remove()
      } else {
        try table.apply(plan)
        try FirewallMark(settings: settings, bootID: engine.bootID).keep(plan)
      }
    } catch {
      throw EngineError(.kernel, "write the firewall: \(error)")
    }
    firewall.note(plan)
    try noteForeignDrops()
    if plan.handover == nil {
      do { try starter.links.deleteLink(name: settings.handover.out) } catch {
        throw EngineError(.kernel, "take the hand-over links away: \(error)")
      }
    }
    var own = contents
    own.networks.removeAll { $0.stack != stack || $0.stage != .ready }
    try applySysctls(own)
    if !plan.bridges.contains(where: { !$0.isInternal }) { try restoreSysctls(contents) }
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

  /// What the bridges of these networks need. Settings of interfaces that are not ours are written down first.
  private func applySysctls(_ contents: StoreContents) throws(EngineError) {
    if contents.networks.isEmpty { return }
    let writer = SysctlWriter()
    do {
      let uplinks = try starter.links.defaultRouteInterfaces()
      let bridges = Set(contents.networks.map(\.bridge)).union([settings.handover.into])
      for requirement in FirewallRows.sysctls(
        contents, stack: stack, uplinks: uplinks, settings: settings, desired: desired)
      {
        let value = try writer.value(of: requirement.path)
        if value == requirement.value || (value == nil && requirement.isOptional) { continue }
        let interface = requirement.path.removingLastComponent().lastComponent?.string ?? ""
        if !bridges.contains(interface), let value {
          let row = SysctlRecord(path: requirement.path.string, oldValue: value, writtenValue: requirement.value)
          try write([.putSysctl(row)], "sysctl \(requirement.path)", durable: true)
          note("\(requirement.path) is \(requirement.value) now, was \(value): \(requirement.reason)")
        }
        try writer.apply(requirement)
      }
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "set the kernel's parameters: \(error)")
    }
  }

  /// Gives back what we turned on, unless somebody else has changed it since.
  private func restoreSysctls(_ contents: StoreContents) throws(EngineError) {
    for row in contents.sysctls {
      do {
        let path = FilePath(row.path)
        if try SysctlWriter().value(of: path) == row.writtenValue { try Kernel.write(row.oldValue, into: path) }
      } catch {
        throw EngineError(error, "give \(row.path) its value back")
      }
      note("\(row.path) is \(row.oldValue) again")
      try write([.removeSysctl(row.path)], "restored \(row.path)")
    }
  }
}

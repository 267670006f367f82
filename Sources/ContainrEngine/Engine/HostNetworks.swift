// Networks of this host, whosever they are: bridges, kernel settings and the one table of rules. Used by apply for those
// of a stack, and for those that are made by hand.
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

/// Makes networks and takes them away.
struct HostNetworks: Sendable {
  let engine: StackEngine
  let store: Store
  let links: LinkDriver
  let note: @Sendable (String) -> Void

  var settings: HostSettings { engine.settings }

  /// Makes or repairs the bridge of a network, with its addresses and kernel settings. A network without a bridge stands on
  /// an interface that has to be there.
  func make(_ network: NetworkRecord) throws(EngineError) {
    let traits = NetworkTraits(network)
    do {
      guard traits.hasBridge else {
        if try links.link(named: traits.parent) != nil { return }
        throw EngineError(.kernel, "network \(network.name): this host has no interface \(traits.parent)")
      }
      try links.create(
        BridgePlan(
          name: network.bridge, alias: settings.alias(stack: network.stack, network.name), address: traits.gateway,
          prefix: traits.subnet, ipv6: traits.bridgeAddress6, mtu: traits.mtu(below: try links.observedUplink()),
          group: try linkGroup(of: network.stack)))
      var own = try contents()
      own.networks = [network]
      try applySettings(own, [network.bridge])
      // After the settings, which switch IPv6 on.
      if let address = traits.bridgeAddress6 { try links.addAddress(address, toLink: network.bridge) }
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "network \(network.name): \(error)")
    }
  }

  /// Takes its bridge away; gone is fine.
  func unmake(_ network: NetworkRecord) throws(EngineError) {
    guard NetworkTraits(network).hasBridge else { return }
    do {
      // The name may be somebody else's by now (a bridge of the file's name, after a restart of the host).
      guard let there = try links.link(named: network.bridge) else { return }
      let group = try linkGroup(of: network.stack)
      guard
        there.alias == settings.alias(stack: network.stack, network.name)
          || (there.alias == nil && there.group == group)
      else { return note("the interface \(network.bridge) is not ours any more: it stays") }
      try links.deleteLink(name: network.bridge)
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "network \(network.name): \(error)")
    }
  }

  /// The tables as all records want them at this moment, and the settings of the bridges that `own` names. Under the
  /// host's lock.
  @discardableResult
  func writeFirewall(
    desired: StackPlan? = nil, _ own: (StoreContents) -> Set<String>
  ) throws(EngineError) -> FirewallPlan {
    let contents = try contents()
    let plan = FirewallRows.plan(contents, settings: settings, desired: desired)
    do {
      let table = NftTable(name: settings.nftTable)
      try ensureHandover(plan)
      if plan.bridges.isEmpty {
        try table.remove()
      } else {
        try FirewallMark(settings: settings, bootID: engine.bootID).follow(to: plan) { try table.apply(plan) }
      }
      if plan.handover == nil { try links.deleteLink(name: settings.handover.out) }
    } catch {
      throw EngineError(.kernel, "write the firewall: \(error)")
    }
    try relay(plan.ports)
    try settle(plan, contents, own(contents), desired)
    if !plan.bridges.contains(where: { !$0.isInternal }) { try restoreSettings(contents) }
    return plan
  }

  /// Turns the table from one plan to the next. The new one comes from rows that were read under the same hold of the host's
  /// lock: where the step cannot be made, the whole table is written from it.
  /// Of the stack whose plan is given, the bridges get the settings that ports ask for where those are others now.
  func turn(from old: FirewallPlan, to plan: FirewallPlan, for desired: StackPlan? = nil) throws(EngineError) {
    do {
      let table = NftTable(name: settings.nftTable)
      try ensureHandover(plan)
      if plan.bridges.isEmpty {
        try table.remove()
      } else {
        try FirewallMark(settings: settings, bootID: engine.bootID).follow(from: old, to: plan) {
          try table.move(from: old, to: plan)
        }
      }
      if plan.handover == nil, old.handover != nil { try links.deleteLink(name: settings.handover.out) }
    } catch {
      throw EngineError(.kernel, "change the firewall: \(error)")
    }
    if old.ports != plan.ports { try relay(plan.ports) }
    guard let desired, old.ports != plan.ports else { return }
    let contents = try contents()
    try settle(plan, contents, contents.bridges(of: desired.name), desired)
  }

  /// What the rules need beside them: the settings of these bridges, as far as they are there, and the way from ::1.
  private func settle(
    _ plan: FirewallPlan, _ contents: StoreContents, _ bridges: Set<String>, _ desired: StackPlan?
  ) throws(EngineError) {
    let ready = Set(contents.networks.filter { $0.stage == .ready }.map(\.bridge))
    try applySettings(contents, bridges.intersection(ready), desired: desired)
    do {
      // After the settings, which switch IPv6 on.
      if let handover = plan.handover, plan.hasLoopback6 { try links.ensureLoopbackRoutes(handover) }
    } catch {
      throw EngineError(.kernel, "make ::1 reach published ports: \(error)")
    }
  }

  /// The pair of links is there before the rules that name it.
  private func ensureHandover(_ plan: FirewallPlan) throws {
    guard let handover = plan.handover else { return }
    try links.ensureHandover(handover, alias: settings.alias(stack: "", "handover"), group: settings.hostLinkGroup)
  }

  private func contents() throws(EngineError) -> StoreContents {
    do { return try store.contents() } catch { throw EngineError(error) }
  }

  private func linkGroup(of stack: String) throws(EngineError) -> UInt32 {
    try contents().stacks.first { $0.name == stack }?.linkGroup ?? settings.linkGroup(stack: stack)
  }

  /// What some bridges need. Settings of interfaces that are not ours are written down first.
  private func applySettings(
    _ contents: StoreContents, _ bridges: Set<String>, desired: StackPlan? = nil
  ) throws(EngineError) {
    if bridges.isEmpty { return }
    let writer = SysctlWriter()
    do {
      let hasIPv6 = contents.networks.contains { bridges.contains($0.bridge) && !$0.subnet6.isEmpty }
      let facts = try HostRoutes.read(links, hasIPv6: hasIPv6)
      for requirement in FirewallRows.sysctls(
        contents, bridges: bridges, facts: facts, settings: settings, desired: desired)
      {
        let value = try writer.value(of: requirement.path)
        if value == requirement.value || (value == nil && requirement.isOptional) { continue }
        let interface = requirement.path.removingLastComponent().lastComponent?.string ?? ""
        if !bridges.contains(interface), ![settings.handover.into, settings.handover.out].contains(interface), let value
        {
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

  /// Gives back what we turned on, unless somebody else has changed it since, or wants it as it is: who forwards by all
  /// interfaces (Docker, a VPN) has found ours switched on already.
  private func restoreSettings(_ contents: StoreContents) throws(EngineError) {
    for row in contents.sysctls {
      do {
        let path = FilePath(row.path)
        let all = path.removingLastComponent().removingLastComponent().appending("all").appending("forwarding")
        let writer = SysctlWriter()
        let isOne = path.lastComponent?.string == "forwarding" && path != all
        let everywhere = isOne ? try writer.value(of: all) : nil
        if everywhere != "1", try writer.value(of: path) == row.writtenValue {
          try Kernel.write(row.oldValue, into: path)
          note("\(row.path) is \(row.oldValue) again")
        }
      } catch {
        throw EngineError(error, "give \(row.path) its value back")
      }
      try write([.removeSysctl(row.path)], "restored \(row.path)")
    }
  }

  /// One transaction, with its places for a crash.
  private func write(_ writes: [StoreWrite], _ label: String, durable: Bool = false) throws(EngineError) {
    settings.failpoint?("store:\(label):before")
    do { try store.write(writes, durable: durable) } catch { throw EngineError(error) }
    settings.failpoint?("store:\(label):after")
  }
}

// Looking: records first, then the kernel. No call in here writes anything.
internal import ContainrAddresses
internal import ContainrCgroups
public import ContainrHost
internal import ContainrImages
internal import ContainrNetwork
public import ContainrReconcile
internal import ContainrRuntime
public import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrVolumes
internal import SystemPackage

/// How far an observation looks.
public enum ObservationDepth: Sendable, Hashable {
  /// Records and processes: enough to stop and to remove.
  case records
  /// Also cgroup values, links, sysctls and the firewall.
  case kernel
}

extension StackEngine {
  /// A snapshot of one stack. Works without any directory of ours, and makes none.
  public func observe(
    _ desired: StackPlan?, stackName: String, depth: ObservationDepth = .kernel
  ) throws(EngineError) -> ObservedState {
    let contents = try contents()
    var state = ObservedState()
    if let stack = contents.stacks.first(where: { $0.name == stackName }) {
      state.stack = ObservedStack(
        name: stack.name, file: stack.file, ownerUID: stack.ownerUID, sameBoot: stack.bootID == bootID)
    }
    if desired != nil {
      do {
        state.ipv6 = ObservedIPv6(
          isOn: try HostIPv6.isOn(),
          networks: contents.networks.filter { !$0.subnet6.isEmpty }.map(\.name).sorted())
      } catch {
        throw EngineError(error, "ask whether this host has IPv6")
      }
    }
    let links = depth == .kernel || state.stack == nil ? try linksByName() : [:]
    var services: [String: ServicePlan] = [:]
    for service in desired?.services ?? [] { services[service.name] = service }
    // By name: those of other stacks and of none may be joined as well.
    let networks = Dictionary(contents.networks.map { ($0.name, NetworkTraits($0)) }) { first, _ in first }
    let known = services
    let look = ImageLook(settings)
    let digests = LayerDigests(LayerStore(directory: settings.layersDirectory))
    let parents = depth == .kernel ? try cgroupParents(of: stackName) : nil
    let reading: ContentReading?
    if let desired, depth == .kernel { reading = try contentReading(desired) } else { reading = nil }
    let records = contents.containers.filter { $0.stack == stackName }
    let supervisor = try supervisor(of: stackName)
    state.supervisorAlive = supervisor != nil
    if let supervisor, try !isKept(supervisor) { state.supervisorUnkept = true }
    if state.supervisorAlive { state.supervisorStale = try !supervisorKnows(contents, of: stackName) }
    if depth == .kernel, desired != nil || !contents.networks.isEmpty { state.uplink = try uplink() }
    let uplink = state.uplink
    // One that works from other records has compared with others.
    let asksWitness = depth == .kernel && state.supervisorAlive && !state.supervisorStale
    let still = asksWitness ? try stillContainers(of: stackName) : [:]
    let queues = depth == .kernel ? try queues(records, links) : nil
    state.containers = try ParallelMap.map(records) { (record) throws(EngineError) in
      var container = try self.observe(record, known[record.service], digests, look, depth: depth)
      if depth == .kernel, case .running = container.process {
        if try self.isPaused(record) { container.isPaused = true }
        container.missingLinks = record.leases.filter { !self.isConnected(record, $0, networks, links) }.map(\.key)
        let isStill = try self.isStill(container.process, still[record.id])
        container.drift += try self.cgroupDrift(record, known[record.service], container, parents, isStill: isStill)
        try self.addProcessDrift(to: &container, record, contents.networks, isStill: isStill)
        container.linkFaults += try self.hostFaults(record, container, networks, links, queues, uplink)
        container.lostNamespaces = try self.lostNamespaces(container, contents)
        if let reading, let plan = known[record.service] {
          container.contents = try self.changedContents(record, container.fields, plan, reading)
        }
      }
      return container
    }
    for record in contents.networks where record.stack == stackName {
      state.networks.append(depth == .kernel ? observe(record, links: links, uplink) : ObservedNetwork(record))
    }
    // What is external is only looked at where the file speaks of it: it is nobody's to take away.
    for plan in desired?.networks ?? [] where plan.isExternal == true {
      guard let record = contents.networks.first(where: { $0.name == plan.name && $0.stack != stackName }) else {
        continue
      }
      var network = depth == .kernel ? observe(record, links: links, uplink) : ObservedNetwork(record)
      network.key = plan.key
      network.isExternal = true
      state.networks.append(network)
    }
    state.volumes = try observeVolumes(contents, stack: stackName, desired: desired)
    if let desired, depth == .kernel { state.images = try observeImages(desired, look) }
    state.leftovers = try leftovers(contents, stack: stackName, links: links)
    if depth == .kernel, !contents.networks.isEmpty { state.firewallDrift = try firewallDrift(contents, stackName) }
    return state
  }

  /// Everything recorded; empty if nothing ever was.
  func contents() throws(EngineError) -> StoreContents {
    do { return try Store.contents(directory: settings.stateDirectory) } catch { throw EngineError(error) }
  }

  func linksByName() throws(EngineError) -> [String: LinkState] {
    do {
      return Dictionary(try LinkDriver().links().map { ($0.name, $0) }) { first, _ in first }
    } catch {
      throw EngineError(.kernel, "list the links: \(error)")
    }
  }

  // MARK: containers

  private func observe(
    _ record: ContainerRecord, _ plan: ServicePlan?, _ digests: LayerDigests, _ look: ImageLook,
    depth: ObservationDepth
  ) throws(EngineError) -> ObservedContainer {
    let name = record.name
    let fields = PlanCoding.fields(record.fields)
    var container = ObservedContainer(
      name: name, stage: ObservedContainer.Stage(rawValue: record.stage.rawValue) ?? .creating, fields: fields,
      process: try process(of: record.id), health: try health(of: name))
    container.sameBoot = record.bootID == bootID
    container.addresses = Dictionary(record.leases.map { ($0.key, $0.address) }) { first, _ in first }
    container.addresses6 = Dictionary(record.leases.map { ($0.key, $0.address6) }) { first, _ in first }
    container.role = ObservedContainer.Role(rawValue: record.role.rawValue) ?? .serving
    if !record.volumes.isEmpty {
      container.volumes = Dictionary(record.volumes.map { ($0.key, $0.name) }) { first, _ in first }
    }
    if depth == .kernel, let plan {
      container.drift = try changedLayers(record, fields, plan, digests)
      if let drift = changedImage(record, fields, plan, look) { container.drift.append(drift) }
    }
    return container
  }

  private func cgroupParents(of stack: String) throws(EngineError) -> CgroupParents {
    do { return try CgroupParents(mounts: cgroups, path: settings.cgroup(stack: stack)) } catch {
      throw EngineError(.kernel, "look at the cgroups of stack \(stack): \(error)")
    }
  }

  /// The host's end is there, whole, up, and a port of its bridge; of a bridge that is gone the network tells. Without a
  /// bridge there is no end here, and what is inside tells.
  private func isConnected(
    _ record: ContainerRecord, _ lease: LeaseRecord, _ networks: [String: NetworkTraits], _ links: [String: LinkState]
  ) -> Bool {
    if networks[lease.network]?.hasBridge == false { return true }
    guard let link = links[lease.link], link.alias == settings.alias(stack: record.stack, record.id) else {
      return false
    }
    guard let bridge = networks[lease.network].flatMap({ links[$0.record.bridge] }) else { return true }
    return link.isUp && link.master == bridge.index
  }

  func process(of id: String) throws(EngineError) -> ObservedContainer.Process {
    do {
      switch try runtime.observe(id) {
      case .absent, .incomplete, .died: return .absent
      case .running(let initial, _): return .running(pid: initial.pid)
      case .exited(let exit) where exit.lostFiles: return .filesLost
      case .exited(let exit):
        switch exit.status {
        case .exited(let code): return .ended(code: code, bySignal: false)
        case .signalled(let signal): return .ended(code: signal, bySignal: true)
        }
      }
    } catch {
      throw EngineError(.kernel, error.description)
    }
  }

  /// What the supervisor last wrote; nil if there is no check or no result.
  func health(of name: ContainerName) throws(EngineError) -> ObservedContainer.Health? {
    do {
      let text = try Kernel.record(of: settings.health(name.stack).appending(name.id))
      return ObservedContainer.Health(rawValue: String(text.prefix { $0 != "\n" }))
    } catch {
      if error.errno == 2 || error.errno == 20 { return nil }
      throw EngineError(error, "read the health of \(name.id)")
    }
  }

  /// Whether the supervisor has said of a container that ended that it is not started again.
  func isOver(_ name: ContainerName) throws(EngineError) -> Bool {
    do {
      return try Kernel.text(of: settings.health(name.stack).appending(name.id)).hasPrefix(HealthWord.over)
    } catch {
      if error.errno == 2 || error.errno == 20 { return false }
      throw EngineError(error, "read the health of \(name.id)")
    }
  }

  /// What the supervisor has written of starts that are used up; nil: nothing.
  func givenUp(_ name: ContainerName) throws(EngineError) -> GivenUp? {
    do {
      return RestartTracker.givenUp(in: try Kernel.text(of: settings.restarts(name.stack, name.id)))
    } catch {
      if error.errno == 2 || error.errno == 20 { return nil }
      throw EngineError(error, "read how often \(name.id) was started again")
    }
  }

  // MARK: networks, volumes, firewall

  private func observe(
    _ record: NetworkRecord, links: [String: LinkState], _ uplink: ObservedUplink?
  ) -> ObservedNetwork {
    var network = ObservedNetwork(record)
    let traits = NetworkTraits(record)
    guard traits.hasBridge else {
      if links[traits.parent] == nil { network.drift = ["interface \(traits.parent) of this host is gone"] }
      return network
    }
    guard let bridge = links[record.bridge], bridge.kind == "bridge" else {
      network.bridgeMissing = true
      network.drift = ["bridge \(record.bridge) is gone"]
      return network
    }
    if !bridge.isUp { network.drift.append("bridge \(record.bridge) is down") }
    for address in [record.gateway, record.gateway6] where !address.isEmpty {
      let is4 = bridge.addresses.contains { $0.address.description == address }
      if is4 || bridge.addresses6.contains(where: { $0.address.description == address }) { continue }
      network.drift.append("address \(address) of bridge \(record.bridge) is gone")
    }
    if let mtu = traits.mtu(below: uplink), bridge.mtu != mtu {
      network.drift.append("the mtu of bridge \(record.bridge) is \(bridge.mtu), not \(traits.words(mtu: mtu, uplink))")
    }
    return network
  }

  private func observeVolumes(
    _ contents: StoreContents, stack: String, desired: StackPlan?
  ) throws(EngineError) -> [ObservedVolume] {
    let store = VolumeStore(directory: settings.volumesDirectory)
    let used = Set(contents.containers.flatMap(\.volumes).map(\.name))
    do {
      var volumes: [ObservedVolume] = []
      for record in contents.volumes where record.stack == stack {
        var volume = ObservedVolume(
          key: record.key, name: record.name, exists: try store.exists(record.name), isOurs: true)
        volume.fields = PlanCoding.fields(record.fields)
        volume.place = record.place.isEmpty ? nil : record.place
        volume.isUnused = used.contains(record.name) ? nil : true
        volumes.append(volume)
      }
      for plan in desired?.volumes ?? [] where !volumes.contains(where: { $0.name == plan.name }) {
        if try store.exists(plan.name) {
          volumes.append(ObservedVolume(key: plan.key, name: plan.name, exists: true, isOurs: false))
        }
      }
      return volumes
    } catch {
      throw EngineError(.kernel, error.description)
    }
  }

  private func firewallDrift(_ contents: StoreContents, _ stack: String) throws(EngineError) -> [String] {
    let plan = FirewallRows.plan(contents, settings: settings)
    if plan.bridges.isEmpty { return [] }
    do {
      let table = NftTable(name: settings.nftTable)
      let isKnown = try FirewallMark(settings: settings, bootID: bootID).holds(plan)
      var drift = try plan.handover.map { try LinkDriver().handoverFaults($0, hasLoopback: plan.hasLoopback6) } ?? []
      // Rules name a link of the handover by its number: without the link there is nothing to compare them with, and all of
      // them are written again with it.
      if !isKnown, drift.isEmpty { drift = try table.drift(expected: plan, try table.observe()) }
      let facts = try HostRoutes.read(LinkDriver(), hasIPv6: plan.hasIPv6)
      let writer = SysctlWriter()
      let own = contents.bridges(of: stack)
      for requirement in FirewallRows.sysctls(contents, bridges: own, facts: facts, settings: settings) {
        // A missing file is a missing bridge, which is named already.
        guard let value = try writer.value(of: requirement.path), value != requirement.value else { continue }
        drift.append("\(requirement.path) is \(value), not \(requirement.value): \(requirement.reason)")
      }
      return drift
    } catch {
      throw EngineError(.kernel, "compare the firewall: \(error)")
    }
  }

  // MARK: leftovers

  /// What carries this stack's names and is in no row.
  private func leftovers(
    _ contents: StoreContents, stack: String, links: [String: LinkState]
  ) throws(EngineError) -> [ObservedLeftover] {
    // The other slot of a place may hold the log of its former lives.
    let known = Set(contents.containers.flatMap { [$0.id, $0.name.other.id] })
    var found: Set<String> = []
    do {
      found.formUnion(try Cgroup.leftovers(mounts: cgroups, parent: settings.cgroup(stack: stack)))
      // Run directories and writable layers bear ids only: those of this stack begin with its name.
      let ids = try runtime.list() + files.ids() + directories(in: settings.stateDirectory.appending("containers"))
      found.formUnion(ids.filter { $0.hasPrefix("\(stack)-") })
    } catch {
      throw EngineError(.kernel, "look for leftovers: \(error)")
    }
    var leftovers = found.subtracting(known).sorted().map { ObservedLeftover(kind: .container, name: $0) }
    let recorded = Set(contents.containers.flatMap(\.leases).map(\.link)).union(contents.networks.map(\.bridge))
      .union(contents.containers.flatMap(\.queueLinks))
    let prefix = settings.alias(stack: stack, "")
    let group = contents.stacks.first { $0.name == stack }?.linkGroup
    for link in links.values.sorted(by: { $0.name < $1.name }) where !recorded.contains(link.name) {
      // A kill between making and naming leaves our group without alias.
      if link.alias.map({ $0.hasPrefix(prefix) }) ?? (link.group == group) {
        leftovers.append(ObservedLeftover(kind: .link, name: link.name))
      }
    }
    return leftovers
  }

  private func directories(in path: FilePath) throws(SyscallError) -> [String] {
    do { return try Kernel.names(inDirectory: path) } catch {
      if error.errno == 2 { return [] }
      throw error
    }
  }
}

extension ObservedNetwork {
  /// As recorded, without a look at the kernel.
  init(_ record: NetworkRecord) {
    self.init(
      key: record.key, name: record.name, fields: PlanCoding.fields(record.fields),
      isUnfinished: record.stage != .ready)
  }
}

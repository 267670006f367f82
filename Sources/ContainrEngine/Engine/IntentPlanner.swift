// What a changeset will make, as rows: names, subnets, addresses, ports. Pure: what is in use is told. The rows are on
// the disk before the first of them exists.
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore

/// One allocation, under the host's lock.
struct IntentPlanner {
  let settings: HostSettings
  let bootID: String
  /// Seconds since 1970.
  let now: Int
  let ownerUID: UInt32
  /// What is recorded of all stacks.
  let contents: StoreContents
  /// What the host routes already.
  let routes: HostPrefixes
  /// Whether a host port can be bound. Asked only for ports that the plan leaves open.
  let isPortFree: (_ address: String?, _ port: Int, _ transport: String) -> Bool

  /// The host's ids for containers with ids of their own.
  var subordinateIDs = SubordinateIDs(users: [], groups: [])

  private var writes: [StoreWrite] = []
  private var networks: [String: NetworkRecord] = [:]

  init(
    settings: HostSettings, bootID: String, now: Int, ownerUID: UInt32, contents: StoreContents, routes: HostPrefixes,
    isPortFree: @escaping (String?, Int, String) -> Bool
  ) {
    self.settings = settings
    self.bootID = bootID
    self.now = now
    self.ownerUID = ownerUID
    self.contents = contents
    self.routes = routes
    self.isPortFree = isPortFree
  }

  /// The rows to write before the first change.
  mutating func writes(for changeset: Changeset, desired: StackPlan?) throws(EngineError) -> [StoreWrite] {
    for network in contents.networks where network.stack == changeset.stack { networks[network.key] = network }
    for plan in desired?.networks ?? [] where plan.isExternal == true {
      guard let there = contents.networks.first(where: { $0.name == plan.name && $0.stage != .removing }) else {
        throw EngineError(.settings, "the external network \(plan.name) does not exist any more")
      }
      networks[plan.key] = there
    }
    // Pulls ahead of the plan are nobody's yet: whose the stack is is looked at after them.
    let onlyPulls = changeset.changes.allSatisfy { if case .pullImage = $0.action { true } else { false } }
    if let desired, !onlyPulls || changeset.changes.isEmpty { planStack(desired) }
    for change in changeset.changes {
      switch change.action {
      case .removeNetwork(let key, let name):
        // It stays theirs who are on it: the change says so, and fails.
        if !contents.guests(of: name, beside: changeset.stack).isEmpty { continue }
        if networks[key]?.name == name { networks[key] = nil }
        writes.append(.setNetworkStage(name: name, .removing))
      case .removeContainer(let name): writes.append(.setStage(container: name.id, .removing))
      case .stopContainer(let name): writes.append(.setStage(container: name.id, .stopped))
      case .createVolume(let key, let name): planVolume(key, name, changeset, desired)
      default: break
      }
    }
    guard let desired else { return writes }
    try planNetworks(changeset, desired)
    try planContainers(changeset, desired)
    return writes
  }

  /// The row of one that is made again goes with its data, and comes again with the new one.
  private mutating func planVolume(_ key: String, _ name: String, _ changeset: Changeset, _ desired: StackPlan?) {
    if changeset.changes.contains(where: { $0.action == .removeVolume(key: key, name: name) }) { return }
    let plan = desired?.volumes.first { $0.key == key && $0.name == name } ?? VolumePlan(key: key, name: name)
    let there = contents.volumes.first { $0.name == name }
    writes.append(.putVolume(plan.record(stack: changeset.stack, createdAt: there?.createdAt ?? now)))
  }

  private mutating func planStack(_ desired: StackPlan) {
    let there = contents.stacks.first { $0.name == desired.name }
    var group = settings.linkGroup(stack: desired.name)
    // Without a name it is that of the networks that are made by hand.
    let taken = Set(
      contents.stacks.filter { $0.name != desired.name }.map(\.linkGroup) + [settings.linkGroup(stack: "")])
    while taken.contains(group) || group == 0 { group &+= 1 }
    let record = StackRecord(
      name: desired.name, file: desired.file, ownerUID: ownerUID, bootID: bootID, createdAt: there?.createdAt ?? now,
      linkGroup: there?.linkGroup ?? group)
    if there != record { writes.append(.putStack(record)) }
  }

  private mutating func planNetworks(_ changeset: Changeset, _ desired: StackPlan) throws(EngineError) {
    for change in changeset.changes {
      guard case .ensureNetwork(let key, _) = change.action,
        let plan = desired.networks.first(where: { $0.key == key })
      else { continue }
      if var there = networks[key] {
        if plan.isExternal != true { there.fields = PlanCoding.text(plan.fields) }
        if there.stage == .ready, there == networks[key] { continue }
        // Unfinished or damaged: the same subnet again, as containers may hold addresses of it.
        there.stage = .creating
        networks[key] = there
        writes.append(.putNetwork(there))
        continue
      }
      let record = try NetworkIntent(
        settings: settings, contents: contents, planned: Array(networks.values),
        asked: desired.networks.filter { $0.key != plan.key }, routes: routes, now: now
      ).record(of: plan, stack: desired.name, members: Self.members(of: plan, in: desired))
      try IntentConflicts(contents: contents, changeset: changeset).check(record)
      networks[key] = record
      writes.append(.putNetwork(record))
    }
  }

  /// How many containers may be on a network at once.
  static func members(of plan: NetworkPlan, in desired: StackPlan) -> Int {
    desired.services.reduce(0) { count, service in
      // While a rolling update goes on, some containers are there twice.
      let twice = service.update?.groupSize(of: service.replicas) ?? 0
      return count + (service.networks.contains { $0.network == plan.key } ? service.replicas + twice : 0)
    }
  }

  // MARK: containers

  private mutating func planContainers(_ changeset: Changeset, _ desired: StackPlan) throws(EngineError) {
    var services: [String: ServicePlan] = [:]
    for service in desired.services { services[service.name] = service }
    var made: [(name: ContainerName, plan: ServicePlan)] = []
    var updated: [(name: ContainerName, plan: ServicePlan)] = []
    /// Of these the places on networks may change.
    var moved: [(name: ContainerName, plan: ServicePlan)] = []
    var starting: Set<String> = []
    for change in changeset.changes {
      guard let name = change.action.container, let plan = services[name.service] else { continue }
      if case .startContainer = change.action { starting.insert(name.id) }
      switch change.action {
      case .createContainer, .makeContainer: made.append((name, plan))
      case .startContainer, .attachContainer, .detachContainer:
        if !moved.contains(where: { $0.name == name }) { moved.append((name, plan)) }
        if !updated.contains(where: { $0.name == name }) { updated.append((name, plan)) }
      case .updateContainer: if !updated.contains(where: { $0.name == name }) { updated.append((name, plan)) }
      default: break
      }
    }
    if made.isEmpty && updated.isEmpty { return }
    var leases = try leases(for: made, and: moved)
    var ports = PortAllocator(contents: contents, isFree: isPortFree)
    for (name, _) in made { ports.release(name.id) }
    for service in desired.services where service.replicas > 0 { ports.reserve(service) }
    var records: [ContainerRecord] = []
    for (name, plan) in made {
      let there = contents.containers.first { $0.id == name.id }
      let serving = contents.serving(name)
      var record = ContainerRecord(
        id: name.id, stack: name.stack, service: name.service, index: name.index, stage: .creating,
        fields: PlanCoding.text(plan.fields), plan: try PlanCoding.json(plan), bootID: bootID,
        createdAt: now, leases: leases.removeValue(forKey: name.id) ?? [],
        ports: try ports.records(
          for: plan, of: name.display, index: name.index, keeping: (there ?? serving)?.ports ?? []))
      record.slot = name.slot
      // What the one before stands on is in use until it has been stopped, and its own image says how to stop it.
      if let there {
        record.layers = there.layers
        record.volumes = there.volumes
        record.image = there.image
        record.merged = there.merged
      }
      if plan.namespace(.user) == .automatic { record.ids = try ids(for: name, there, beside: records) }
      // One that has its place yet to take begins beside who serves.
      if let serving, serving.id != name.id { record.role = .incoming }
      records.append(record)
    }
    for (name, plan) in updated {
      guard var record = contents.containers.first(where: { $0.id == name.id }) else { continue }
      let before = record
      // The applied fields follow when the change is done; what firewall and DNS read is the future already.
      record.ports = try ports.records(for: plan, of: name.display, index: name.index, keeping: before.ports)
      if let places = leases[name.id] { record.leases = places }
      // It has its ports again from here on. One with hooks has not started until they have been run.
      if record.stage == .stopped || !plan.postStart.isEmpty, starting.contains(name.id) { record.stage = .creating }
      record.bootID = bootID
      if record != before { records.append(record) }
    }
    for record in records { try IntentConflicts(contents: contents, changeset: changeset).check(record) }
    // All go before the first comes: an address may pass from one to the other.
    writes += records.map { .removeContainer($0.id) }
    writes += records.map { .putContainer($0) }
  }

  /// The first id of a block that no other container has, of whatever stack: the one of its former life, or a free one.
  /// What is to be made again still runs, with the ids of its row.
  private func ids(
    for name: ContainerName, _ there: ContainerRecord?, beside made: [ContainerRecord]
  ) throws(EngineError) -> Int {
    let others = contents.containers.filter { $0.id != name.id } + made
    if let there, there.ids != 0, subordinateIDs.holds(UInt32(clamping: there.ids)),
      !others.contains(where: { $0.ids == there.ids })
    {
      return there.ids
    }
    guard let base = subordinateIDs.free(beside: others.map { UInt32(clamping: $0.ids) }.filter { $0 != 0 }) else {
      throw EngineError(
        .settings,
        "container \(name.display): userns_mode: all \(subordinateIDs.count) blocks of ids in /etc/subuid and /etc/subgid are taken"
      )
    }
    return Int(base)
  }

  /// The places of the containers to be made or moved, by id: an address of a former life on the same network stays,
  /// unless another one asks for it by name. Of the moved ones, the interfaces keep their names.
  private func leases(
    for made: [(name: ContainerName, plan: ServicePlan)], and moved: [(name: ContainerName, plan: ServicePlan)]
  ) throws(EngineError) -> [String: [LeaseRecord]] {
    var leases: [String: [LeaseRecord]] = [:]
    for (name, _) in moved { leases[name.id] = [] }
    let fresh = Set(made.map(\.name.id))
    var prefixes: [String: String] = [:]
    for (key, network) in networks.sorted(by: { $0.value.name < $1.value.name }) {
      let traits = NetworkTraits(network)
      prefixes[network.name] = traits.interfacePrefix
      let places = try NetworkLeases(contents: contents, traits: traits, key: key, settings: settings)
        .leases(for: made + moved)
      for (id, lease) in places { leases[id, default: []].append(lease) }
    }
    for (id, places) in leases {
      let old = fresh.contains(id) ? [] : contents.containers.first { $0.id == id }?.leases ?? []
      leases[id] = LeaseRecord.named(places, keeping: old, prefixes)
    }
    return leases
  }
}

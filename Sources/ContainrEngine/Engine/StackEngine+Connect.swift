// A container joins or leaves a network by hand. Its record says so, so that a new start finds it there; the file does not,
// so that the next `up` says what it would undo.
public import ContainrHost
internal import ContainrReconcile
public import ContainrSpec
internal import ContainrStore
internal import ContainrSystem

extension StackEngine {
  /// Connects a container, running or not, to a network. `place` says how; its network's name is not read.
  public func connect(
    _ container: String, to network: String, as place: AttachmentPlan
  ) throws(EngineError) {
    try changing(container) { (store, contents, record) throws(EngineError) in
      let row = try Self.network(network, for: record, contents)
      if record.leases.contains(where: { $0.network == network }) {
        throw EngineError(.settings, "container \(container) is on network \(network) already")
      }
      let old = record.leases
      var plan = try PlanCoding.plan(record.plan)
      let key = row.stack == record.stack ? row.key : row.name
      if plan.namespace(.network) != nil {
        throw EngineError(.settings, "container \(container) has no network of its own: 'network_mode' says so")
      }
      var place = place
      place.network = key
      place.external = row.stack == record.stack ? nil : row.name
      plan.networks.removeAll { $0.network == key }
      plan.networks.append(place)
      plan.networks.sort { $0.network < $1.network }
      let traits = NetworkTraits(row)
      let lease = try NetworkLeases(contents: contents, traits: traits, key: key, settings: settings)
        .leases(for: [(record.name, plan)])
      guard let lease = lease[record.id] else { throw EngineError(.store, "network \(network) gives no place") }
      let former = record
      var record = record
      let prefixes = Dictionary(contents.networks.map { ($0.name, NetworkTraits($0).interfacePrefix) }) { first, _ in
        first
      }
      record.leases = LeaseRecord.named(old + [lease], keeping: old, prefixes)
      // The name server reads aliases here.
      record.fields = Self.fields(record.fields, key, plan)
      try write([.putContainer(record)], to: store, durable: true)
      return { (starter) throws(EngineError) in
        do throws(EngineError) {
          try starter.attach(record.name, record: record, from: old, networks: [key], plan: plan)
        } catch {
          // It is not there, whatever its record says: the next attempt begins anew.
          try self.write([.putContainer(former)], to: store, durable: true)
          throw error
        }
      }
    }
  }

  /// Takes a container, running or not, off a network.
  public func disconnect(_ container: String, from network: String) throws(EngineError) {
    try changing(container) { (store, contents, record) throws(EngineError) in
      guard let lease = record.leases.first(where: { $0.network == network }) else {
        throw EngineError(.settings, "container \(container) is not on network \(network)")
      }
      let plan = try PlanCoding.plan(record.plan)
      var record = record
      record.leases.removeAll { $0.network == network }
      // What is in the file stays there: that it is not connected is seen.
      if !plan.networks.contains(where: { $0.network == lease.key }) {
        record.fields = Self.fields(record.fields, lease.key, nil)
      }
      try write([.putContainer(record)], to: store, durable: true)
      return { (starter) throws(EngineError) in
        try starter.detach(record.name, record: record, leases: [lease], plan: plan)
      }
    }
  }

  private static func fields(_ text: String, _ key: String, _ plan: ServicePlan?) -> String {
    let path = "networks.\(key)"
    var fields = PlanCoding.fields(text).filter { $0.path != path }
    if let field = plan?.fields.first(where: { $0.path == path }) { fields.append(field) }
    return PlanCoding.text(fields.sorted { $0.path < $1.path })
  }

  /// Own networks, those of nobody, and those that let others in.
  private static func network(
    _ name: String, for container: ContainerRecord, _ contents: StoreContents
  ) throws(EngineError) -> NetworkRecord {
    guard let row = contents.networks.first(where: { $0.name == name && $0.stage == .ready }) else {
      throw EngineError(.settings, "there is no network \(name)")
    }
    if row.stack.isEmpty || row.stack == container.stack || NetworkTraits(row).isAttachable { return row }
    throw EngineError(
      .settings, "network \(name) is of stack \(row.stack), which lets no others in ('attachable: true' does)")
  }

  /// Under the container's stack's lock, and while rows are read and written under the host's. `body` answers what is done
  /// to a container that runs.
  private func changing(
    _ container: String,
    _ body: (Store, StoreContents, ContainerRecord) throws(EngineError) -> (ContainerStarter) throws(EngineError) ->
      Void
  ) throws(EngineError) {
    let known = try contents()
    let named = known.containers.first { $0.id == container }
    guard let found = known.serving(display: container) ?? named else {
      throw EngineError(.settings, "there is no container \(container)")
    }
    let lock = try lockStack(found.stack)
    let settings = settings
    let store: Store
    do throws(StoreError) { store = try Store(directory: settings.stateDirectory) } catch { throw EngineError(error) }
    defer { store.close() }
    do throws(EngineError) {
      let act = try StackLock.withHost(settings) { () throws(EngineError) in
        let contents: StoreContents
        do throws(StoreError) { contents = try store.contents() } catch { throw EngineError(error) }
        guard let record = contents.containers.first(where: { $0.id == found.id }) else {
          throw EngineError(.settings, "there is no container \(container)")
        }
        return try body(store, contents, record)
      }
      let contents: StoreContents
      do throws(StoreError) { contents = try store.contents() } catch { throw EngineError(error) }
      let links = try linkDriver()
      try informSupervisor(of: found.stack, "reload")
      try act(try starter(contents, stack: found.stack, desired: nil, links: links, store: nil))
      _ = try StackLock.withHost(settings) { () throws(EngineError) in
        try HostNetworks(engine: self, store: store, links: links) { _ in }
          .writeFirewall { $0.bridges(of: found.stack) }
      }
      try informNeighbours(of: found.stack, contents)
      lock.release()
    } catch {
      lock.release()
      throw error
    }
  }

  /// Tells all whose name servers answer for a stack's containers that names have changed: its own supervisor, and those of
  /// other stacks on the same networks.
  func informOfNames(of stack: String, _ contents: StoreContents) throws(EngineError) {
    try informSupervisor(of: stack, "reload")
    try informNeighbours(of: stack, contents)
  }

  /// Tells the supervisors of other stacks with containers on the same networks that names have changed there.
  func informNeighbours(of stack: String, _ contents: StoreContents) throws(EngineError) {
    let own = Set(
      contents.containers.filter { $0.stack == stack }.flatMap(\.leases).map(\.network)
        + contents.networks.filter { $0.stack == stack }.map(\.name))
    for other in contents.neighbours(of: stack, on: own) { try informSupervisor(of: other, "reload") }
  }
}

extension StoreContents {
  /// The other stacks with containers on some networks, or whose these are; sorted.
  func neighbours(of stack: String, on networks: Set<String>) -> [String] {
    let guests = containers.filter { $0.stack != stack && $0.leases.contains { networks.contains($0.network) } }
    let owners = self.networks.filter { networks.contains($0.name) && $0.stack != stack && !$0.stack.isEmpty }
    return Set(guests.map(\.stack) + owners.map(\.stack)).sorted()
  }
}

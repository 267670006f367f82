// `up`: networks and volumes, then removals, then the services in the order of their dependencies.
internal import ContainrSpec

/// One run of it.
struct UpReconciler {
  let desired: StackPlan
  let observed: ObservedState
  var builder: ChangesetBuilder
  var matching = 0
  /// Changes that every start waits for.
  var foundation: [Int] = []
  var networkChange: [String: Int] = [:]
  /// Changes in which running containers leave networks.
  var detaches: [Int] = []
  /// Which service asks for an address, by the network's key and the address.
  var fixedAddresses: [String: [String: String]] = [:]
  var recreatedNetworks: Set<String> = []
  /// Networks whose bridge comes new: every link to them has to be made again.
  var rebuiltNetworks: Set<String> = []
  /// Volumes that are made again with other options.
  var recreatedVolumes: Set<String> = []
  var volumeChange: [String: Int] = [:]
  var layerChange: [String: Int] = [:]
  var imageChange: [String: Int] = [:]
  let hasRefreshed: Bool
  let renewsAnonymousVolumes: Bool
  let startsNothing: Bool
  let remakes: ReconcileOptions.Remaking
  let awaited: Set<String>?
  /// Anonymous volumes that go with the former life of a container, by its name.
  var renewals: [String: [Int]] = [:]
  var supervisorStart: Int?
  var firewallReasons: [ChangeReason] = []
  /// Records changed of which a living supervisor has to hear.
  var heard: [Int] = []
  var plans: [PlannedService] = []
  /// What serves, by place. What an interrupted update left beside it is only to be taken away.
  var containers: [ContainerName: ObservedContainer] = [:]
  var services: [String: ServicePlan] = [:]
  /// Containers that an interrupted update left beside their successors, to be taken away after the firewall is right.
  var leavers: [ObservedContainer] = []
  var leaverChange: [ContainerName: [Int]] = [:]
  /// Only these places are looked at; nil: all of the stack.
  let only: Set<ContainerName>?

  /// A service with what becomes of its containers.
  struct PlannedService {
    var plan: ServicePlan
    var verdicts: [(name: ContainerName, verdict: ContainerVerdict)]
    /// Starts of its containers in the changeset.
    var starts: [Int] = []
    /// Changes of running containers, among them of what a wait waits for.
    var updates: [Int] = []
    var waits: [DependencyPlan.Condition: Int] = [:]
    /// How those that run are made again; nil: all at the same time, each stopped before its successor starts.
    var rollout: Rollout?
  }

  init(desired: StackPlan, observed: ObservedState, options: ReconcileOptions = ReconcileOptions()) {
    self.desired = desired
    only = options.only
    hasRefreshed = options.hasRefreshed
    renewsAnonymousVolumes = options.renewsAnonymousVolumes
    startsNothing = options.startsNothing
    remakes = options.remakes
    awaited = options.awaited
    self.observed = observed
    builder = ChangesetBuilder(stack: desired.name)
    for container in observed.containers where container.role == .serving {
      containers[container.name.place] = container
    }
    for service in desired.services {
      services[service.name] = service
      for place in service.networks {
        for address in [place.ipv4Address, place.ipv6Address].compactMap({ $0 }) {
          fixedAddresses[place.network, default: [:]][address] = service.name
        }
      }
    }
  }

  mutating func changeset() -> Changeset {
    let cleared = builder.removeLeftovers(observed.leftovers)
    foundation = cleared
    judgeNetworks()
    judgeVolumes()
    judgeServices()
    judgeRollouts()
    planImages()
    let stopped = planStops()
    planAnonymousVolumes(after: stopped)
    planDetaches()
    planNetworks(after: cleared + stopped + detaches)
    planVolumes(after: stopped)
    planFirewall()
    planSupervisor()
    planLeavers()
    for index in plans.indices { planStarts(of: index, after: stopped) }
    planReload()
    let notes =
      mtuNotes
      + plans.flatMap { planned in
        planned.verdicts.flatMap { name, verdict in
          verdict.notes.map { ChangeNote(address: "container \(name.display)", reason: $0) }
        }
      }
    var changeset = Changeset(stack: desired.name, changes: builder.changes, matching: matching, notes: notes)
    changeset.reach = reach
    return changeset
  }

  // MARK: what becomes of each

  mutating func judgeNetworks() {
    for network in desired.networks {
      guard let there = observed.networks.first(where: { $0.key == network.key }) else { continue }
      if networkReasons(network, there).contains(where: { $0.effect > .inPlace }) {
        recreatedNetworks.insert(network.key)
      } else if there.bridgeMissing {
        rebuiltNetworks.insert(network.key)
      }
    }
  }

  mutating func judgeServices() {
    var restarting: Set<String> = []
    var remade: Set<String> = []
    for service in servicesInOrder() {
      let fields = service.fields
      var planned = PlannedService(plan: service, verdicts: [])
      for index in 1...max(1, service.replicas) where index <= service.replicas {
        let place = ContainerName(stack: desired.name, service: service.name, index: index)
        let there = containers[place]
        let name = there?.name ?? place
        if let only, !only.contains(place) {
          planned.verdicts.append((name, ContainerVerdict(.keep)))
          continue
        }
        var verdict = ContainerVerdict(service: service, fields: fields, observed: there)
        follow(service: service, observed: there, restarting: restarting, verdict: &verdict)
        if case .service(let owner) = service.namespace(.network), remade.contains(owner), verdict.kind != .create,
          verdict.kind != .recreate, verdict.kind != .start
        {
          verdict.reasons.append(
            ChangeReason(
              .dependency, "the network of service \(owner) is made again", origin: service.location, effect: .restart))
          verdict.kind = .start
        }
        if remakes.holds(service.name), there != nil, verdict.kind != .recreate {
          let reason = ChangeReason(.missing, "is to be made again", origin: service.location, effect: .recreate)
          verdict = ContainerVerdict(.recreate, verdict.reasons + [reason])
        }
        if startsNothing { verdict.startNothing(there) }
        if verdict.kind == .keep { matching += 1 }
        planned.verdicts.append((name, verdict))
      }
      if planned.verdicts.contains(where: { $0.verdict.kind == .recreate || $0.verdict.kind == .start }) {
        restarting.insert(service.name)
      }
      if planned.verdicts.contains(where: { $0.verdict.kind == .recreate }) { remade.insert(service.name) }
      plans.append(planned)
    }
  }

  /// What the fate of networks, volumes and dependencies means for a container that could have stayed.
  func follow(
    service: ServicePlan, observed: ObservedContainer?, restarting: Set<String>, verdict: inout ContainerVerdict
  ) {
    guard verdict.kind != .create, verdict.kind != .recreate else { return }
    func add(_ words: String, _ effect: ChangeEffect, _ kind: ContainerVerdict.Kind) {
      verdict.reasons.append(ChangeReason(.dependency, words, origin: service.location, effect: effect))
      verdict.kind = kind
    }
    for attachment in service.networks where recreatedNetworks.contains(attachment.network) {
      add("network \(attachment.network) is made again", .recreate, .recreate)
    }
    for mount in service.mounts where mount.kind == .volume && volumeMoved(key: mount.source, of: observed) {
      add("volume \(mount.source) is another one now", .recreate, .recreate)
    }
    for mount in service.mounts where mount.kind == .volume && recreatedVolumes.contains(mount.source) {
      add("volume \(mount.source) is made again", .recreate, .recreate)
    }
    if verdict.kind == .recreate { return }
    for dependency in service.dependsOn where dependency.restart && restarting.contains(dependency.service) {
      add("service \(dependency.service) restarts", .restart, .start)
    }
    guard verdict.kind != .start, let observed, observed.isRunning else { return }
    for place in service.networks where !verdict.attach.contains(place.network) {
      let addresses = [
        place.ipv4Address == nil ? observed.addresses?[place.network] : nil,
        place.ipv6Address == nil ? observed.addresses6?[place.network] : nil,
      ].compactMap { $0 }
      for address in addresses {
        guard let other = fixedAddresses[place.network]?[address] else { continue }
        add("its address \(address) on network \(place.network) goes to service \(other)", .inPlace, .update)
        verdict.attach = Set(verdict.attach + [place.network]).sorted()
        verdict.moves = true
      }
    }
    for attachment in service.networks
    where rebuiltNetworks.contains(attachment.network) && !verdict.attach.contains(attachment.network) {
      add("the bridge of network \(attachment.network) is made again", .inPlace, .update)
      verdict.attach = (verdict.attach + [attachment.network]).sorted()
    }
  }

  /// Whether a container has another volume by this key than the one that is wanted. Of one of an earlier release the rows
  /// of volumes tell.
  func volumeMoved(key: String, of container: ObservedContainer?) -> Bool {
    guard let plan = desired.volumes.first(where: { $0.key == key }) else { return false }
    if let there = container?.volumes { return there[key].map { $0 != plan.name } ?? false }
    return observed.volumes.contains { $0.key == key && $0.isOurs && $0.name != plan.name }
  }

  /// Dependencies first, else by name.
  func servicesInOrder() -> [ServicePlan] {
    var done: Set<String> = []
    var order: [ServicePlan] = []
    func visit(_ name: String) {
      guard done.insert(name).inserted, let service = services[name] else { return }
      for dependency in service.dependsOn.map(\.service).sorted() { visit(dependency) }
      order.append(service)
    }
    for name in services.keys.sorted() { visit(name) }
    return order
  }
}

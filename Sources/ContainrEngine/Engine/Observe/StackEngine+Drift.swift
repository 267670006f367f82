// What the kernel says of a running container beside its cgroup: rights, limits, mounts, and its side of the networks.
// Reads only; only the container's first process is looked at.
internal import ContainrAddresses
internal import ContainrCgroups
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSecurity
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension StackEngine {
  /// Whether it is the process of which the supervisor has heard nothing.
  func isStill(_ process: ObservedContainer.Process, _ heard: StillProcess?) throws(EngineError) -> Bool {
    guard let heard, process == .running(pid: heard.pid) else { return false }
    do throws(SyscallError) {
      return try Kernel.readLink(FilePath("/proc/\(heard.pid)/ns/mnt")) == heard.mountNamespace
    } catch {
      if error.errno == 2 || error.errno == 3 { return false }
      throw EngineError(error, "look at process \(heard.pid)")
    }
  }

  /// What differs from the limits of a running container. `isStill`: only where its process stands need be looked at.
  func cgroupDrift(
    _ record: ContainerRecord, _ plan: ServicePlan?, _ container: ObservedContainer, _ parents: CgroupParents?,
    isStill: Bool
  ) throws(EngineError) -> [ObservedDrift] {
    guard case .running(let pid) = container.process else { return [] }
    do {
      let cgroup = Cgroup(mounts: cgroups, path: cgroup(of: record.name, fields: container.fields))
      var drift: [ObservedDrift] = []
      if !isStill {
        // Mostly the plan is the one that is applied, and its JSON need not be read.
        let isApplied = plan?.fields == container.fields
        let applied = if let plan, isApplied { plan } else { try PlanCoding.plan(record.plan) }
        let resources = try ContainerTranslation.resources(applied, try HostFacts.limits(of: applied, cgroups))
        // What is above a group of the host is the host's affair.
        let above = applied.cgroupParent == nil ? parents : nil
        drift = try cgroup.drift(expected: resources, below: above).map {
          ObservedDrift(what: $0.field, expected: $0.expected, actual: $0.found)
        }
      }
      let strays = try cgroup.strays(pid: pid)
      if !strays.isEmpty {
        // Its children may be anywhere by now: only a new start puts all of them under the limits.
        drift.append(
          ObservedDrift(
            what: "cgroup", expected: "/\(cgroup.path)", actual: strays.joined(separator: ", "), repairable: false))
      }
      return drift
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "container \(record.id): \(error)")
    }
  }

  /// Whether limits, mounts and networks of a running container are those that it was started with: from then on only
  /// what the kernel tells of can change that. false too while it is not yet written down what they were.
  func isAsStarted(_ record: ContainerRecord, _ networks: [NetworkRecord]) throws(EngineError) -> Bool {
    guard record.stage == .running, case .running(let pid) = try process(of: record.id) else { return false }
    var container = ObservedContainer(
      name: record.name, stage: .running, fields: PlanCoding.fields(record.fields), process: .running(pid: pid),
      health: nil)
    container.drift = try cgroupDrift(record, nil, container, nil, isStill: false)
    if !container.drift.isEmpty { return false }
    guard try addProcessDrift(to: &container, record, networks, isStill: false) else { return false }
    return container.drift.isEmpty && container.linkFaults.isEmpty
  }

  /// Adds what differs from the container's start. Nothing is added of a process that has just ended, and false answered.
  /// `isStill`: its mounts and networks are those of its start.
  @discardableResult
  func addProcessDrift(
    to container: inout ObservedContainer, _ record: ContainerRecord, _ networks: [NetworkRecord], isStill: Bool
  ) throws(EngineError) -> Bool {
    guard case .running(let pid) = container.process else { return false }
    do {
      guard let (then, now) = try runtime.processStates(record.id, pid: pid, isStill: isStill) else { return false }
      container.drift += RightsDrift.differences(then: then, now: now)
      if isStill { return true }
      // What mounts by itself, or takes over what the host mounts, has mounts that are nobody's drift.
      let isFree = then.holds(.sysAdmin) || Self.followsHost(record)
      container.drift += MountDrift.differences(then: then.mounts, now: now.mounts, isFree: isFree)
      // In another namespace nothing could be found of what was given.
      guard then.networkNamespace == now.networkNamespace else { return true }
      // As it was when its program started: then it was right.
      if then.network == now.network { return true }
      let view = NetworkView(now.network)
      let missing = Set(container.missingLinks)
      let traits = Dictionary(networks.map { ($0.name, NetworkTraits($0)) }) { first, _ in first }
      let all = NetworkDrift.places(record, traits)
      let places = all.filter { !missing.contains($0.network) }
      let (faults, drift) = NetworkDrift.differences(view, places: places, isFree: then.holds(.netAdmin))
      container.linkFaults = faults
      if places.count == all.count { container.drift += drift }
      return true
    } catch {
      throw EngineError(.kernel, "container \(record.id): \(error)")
    }
  }
}

extension StackEngine {
  /// Whether a mount of it takes over what the host mounts below.
  private static func followsHost(_ record: ContainerRecord) -> Bool {
    PlanCoding.fields(record.fields).contains {
      $0.path.hasPrefix("volumes.") && $0.value.hasPrefix("bind:") && $0.value.contains(",propagation=rslave")
    }
  }
}

extension NetworkDrift {
  /// The places of a record; `networks`: by name.
  static func places(_ record: ContainerRecord, _ networks: [String: NetworkTraits]) -> [Place] {
    let isInternal = { (name: String) in networks[name]?.record.isInternal }
    let (exit, exit6) = (record.exit(.ipv4, isInternal), record.exit(.ipv6, isInternal))
    return record.orderedLeases.compactMap { lease in
      guard let network = networks[lease.network] else { return nil }
      var place = Place(network: lease.key, interface: lease.interface)
      // Without neighbours there is no gateway.
      let hasGateway = network.subordinate?.hasNeighbours != false
      if let address = IPv4Address(lease.address), let subnet = network.subnet {
        place.ipv4 = FamilyPlace(address: .v4(address), subnet: .v4(subnet))
        place.ipv4?.gateway = hasGateway && lease.key == exit ? network.gateway.map { .v4($0) } : nil
      }
      if let address = IPv6Address(lease.address6), let subnet = network.subnet6 {
        place.ipv6 = FamilyPlace(address: .v6(address), subnet: .v6(subnet))
        place.ipv6?.gateway = hasGateway && lease.key == exit6 ? network.gateway6.map { .v6($0) } : nil
      }
      place.others = lease.linkLocal.compactMap { IPAddress($0) }
      return place
    }
  }
}

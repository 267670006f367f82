// What the kernel says of a running container beside its cgroup: rights, limits, mounts, and its side of the networks.
// Reads only; only the container's first process is looked at.
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSecurity
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension StackEngine {
  /// Adds what differs from the container's start. Nothing is added of a process that has just ended.
  func addProcessDrift(
    to container: inout ObservedContainer, _ record: ContainerRecord, _ networks: [NetworkRecord]
  ) throws(EngineError) {
    guard case .running(let pid) = container.process else { return }
    do {
      guard let (then, now) = try runtime.processStates(record.id, pid: pid) else { return }
      container.drift += RightsDrift.differences(then: then, now: now)
      container.drift += MountDrift.differences(then: then.mounts, now: now.mounts, isFree: then.holds(.sysAdmin))
      // In another namespace nothing could be found of what was given.
      guard then.networkNamespace == now.networkNamespace else { return }
      // As it was when its program started: then it was right.
      if then.network == now.network { return }
      let view = NetworkView(now.network)
      let missing = Set(container.missingLinks)
      let all = NetworkDrift.places(record, networks)
      let places = all.filter { !missing.contains($0.network) }
      let (faults, drift) = NetworkDrift.differences(view, places: places, isFree: then.holds(.netAdmin))
      container.linkFaults = faults
      if places.count == all.count { container.drift += drift }
    } catch {
      throw EngineError(.kernel, "container \(record.id): \(error)")
    }
  }
}

extension NetworkDrift {
  /// The places of a record.
  static func places(_ record: ContainerRecord, _ networks: [NetworkRecord]) -> [Place] {
    let leases = record.leases.sorted { $0.key < $1.key }
    var exit: String?
    var places: [Place] = []
    for lease in leases {
      guard let network = networks.first(where: { $0.name == lease.network }), let address = IPv4Address(lease.address),
        let subnet = IPv4Prefix(network.subnet)
      else { continue }
      // The first network with a way out carries the default route.
      let carries = exit == nil && !network.isInternal
      if carries { exit = lease.key }
      places.append(
        Place(
          network: lease.key, interface: lease.interface, address: address, subnet: subnet,
          gateway: carries ? IPv4Address(network.gateway) : nil))
    }
    return places
  }
}

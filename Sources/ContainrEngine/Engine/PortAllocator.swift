// Host ports: those that the plan names, and those that it leaves to us.
internal import ContainrHost
internal import ContainrSpec
internal import ContainrStore

/// The published ports of this host while some are being added.
struct PortAllocator {
  private var taken: [String: Set<Int>] = [:]
  private var holders: [String: [PortRecord]] = [:]
  private let isFree: (String?, Int, String) -> Bool
  /// As the kernel's own ephemeral range would collide with connections of the host, ours is below it.
  private static let range = 20_000..<32_000

  init(contents: StoreContents, isFree: @escaping (String?, Int, String) -> Bool) {
    self.isFree = isFree
    for container in contents.containers where container.stage != .removing {
      holders[container.id] = container.ports
      for port in container.ports { taken[port.transport, default: []].insert(port.hostPort) }
    }
  }

  /// Forgets the ports of a container that is made again.
  mutating func release(_ container: String) {
    for port in holders.removeValue(forKey: container) ?? [] { taken[port.transport]?.remove(port.hostPort) }
  }

  /// Sets ports aside that plans name, before others are chosen.
  mutating func reserve(_ plan: ServicePlan) {
    for port in plan.ports {
      if let hostPort = port.hostPort { taken[port.transport.rawValue, default: []].insert(hostPort) }
    }
  }

  /// The rows of a container's ports; a port that was chosen once is kept.
  mutating func records(
    for plan: ServicePlan, of container: String, index: Int, keeping old: [PortRecord]
  ) throws(EngineError) -> [PortRecord] {
    var records: [PortRecord] = []
    for port in plan.ports {
      let transport = port.transport.rawValue
      let kept = old.first { $0.key == port.key }?.hostPort
      guard let hostPort = port.hostPort ?? kept ?? choose(port, container: container, index: index) else {
        let range = port.hostRange.map { " of \($0.first)-\($0.last)" } ?? ""
        throw EngineError(.kernel, "no free host port\(range) is left for port \(port.containerPort) of \(container)")
      }
      taken[transport, default: []].insert(hostPort)
      records.append(
        PortRecord(
          key: port.key, hostAddress: port.hostAddress, hostPort: hostPort, containerPort: port.containerPort,
          transport: transport))
    }
    return records
  }

  /// Of a range that the plan names the container's own number first, so that the same container has the same port.
  private func choose(_ port: PortPlan, container: String, index: Int) -> Int? {
    let transport = port.transport.rawValue
    let range = port.hostRange.map { $0.first..<($0.last + 1) } ?? Self.range
    let start =
      port.hostRange == nil
      ? container.utf8.reduce(port.containerPort) { ($0 &* 31 &+ Int($1)) & 0xffff } % range.count
      : (index - 1) % range.count
    for offset in 0..<range.count {
      let candidate = range.lowerBound + (start + offset) % range.count
      if taken[transport]?.contains(candidate) != true, isFree(port.hostAddress, candidate, transport) {
        return candidate
      }
    }
    return nil
  }
}

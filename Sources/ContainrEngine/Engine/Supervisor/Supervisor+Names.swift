// The name servers of the stack's networks: whom they serve, and what they answer with.
internal import ContainrAddresses
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension Supervisor {
  /// A client waits five seconds before it asks again.
  private static let serversPause: UInt64 = 2_000_000_000

  func reloadServers() throws {
    // What is nobody's is served by the first of those who have members on it; the others ask again, as it may go.
    serversDue = nil
    let joined = Set(contents.containers.filter { $0.stack == stack }.flatMap(\.leases).map(\.network))
    let wanted = contents.networks.filter { network in
      let isServed = network.stack == stack || (network.stack.isEmpty && joined.contains(network.name))
      return isServed && network.stage != .removing && NetworkTraits(network).hasBridge
    }
    for (name, entry) in servers.sorted(by: { $0.key < $1.key }) {
      let now = wanted.first { $0.name == name }
      if let now, now.servesNames(as: entry.record) { continue }
      try poll.remove(entry.server.descriptor)
      serverByToken[entry.token] = nil
      servers[name] = nil
    }
    for network in wanted where servers[network.name] == nil {
      let gateways = [network.gateway, network.gateway6].filter { !$0.isEmpty }
      let subnets = [network.subnet, network.subnet6].filter { !$0.isEmpty }
      let (addresses, prefixes) = (gateways.compactMap { IPAddress($0) }, subnets.compactMap { IPPrefix($0) })
      if addresses.isEmpty || addresses.count < gateways.count || prefixes.count < subnets.count {
        throw EngineError(.store, "network \(network.name) cannot be read")
      }
      let server: DNSServer
      do throws(SyscallError) {
        server = try DNSServer(
          gateways: addresses, prefixes: prefixes, zone: DNSZone(), resolvers: network.isInternal ? nil : resolvers)
      } catch {
        if error.errno == 98, network.stack.isEmpty {
          serversDue = Kernel.monotonicTime() + Self.serversPause
          continue
        }
        throw error
      }
      let token = token()
      servers[network.name] = (token, network, server)
      serverByToken[token] = network.name
      try poll.add(server.descriptor, token: token)
    }
    try updateZones()
    // The last step of every reload: from here on it only waits.
    try ResidentText.release()
  }

  func updateZones() throws {
    let ended = Set(containers.ended).union(try endedGuests())
    let contents = contents
    for entry in servers.values {
      let network = entry.record
      entry.server.update(zone: ZoneRows.zone(of: network, contents, ended: ended))
    }
  }

  /// Containers of other stacks that are served here and do not run. Their own supervisor tells when one ends or begins.
  private func endedGuests() throws -> [String] {
    let served = Set(servers.keys)
    return try contents.containers.filter { record in
      guard record.stack != stack, record.stage == .running,
        record.leases.contains(where: { served.contains($0.network) })
      else { return false }
      if case .running = try engine.runtime.observe(record.id) { return false }
      return true
    }.map(\.id)
  }

  /// Those who answer for names on networks of a container hear that it has ended or begun again. Not here: they may be telling
  /// us something at this moment. Of what a command does, that command tells.
  func tellNeighbours(of id: String) throws {
    guard let record = contents.containers.first(where: { $0.id == id }), record.stage == .running else { return }
    let stacks = contents.neighbours(of: stack, on: Set(record.leases.map(\.network)))
    if stacks.isEmpty { return }
    let (engine, reports) = (engine, reports)
    try WorkerThread.start {
      for other in stacks {
        do throws(EngineError) { try engine.informSupervisor(of: other, "reload") } catch {
          do { try reports.add(.said("tell \(other) of \(id): \(error.message)")) } catch { fatalError("\(error)") }
        }
      }
    }
  }
}

extension NetworkRecord {
  /// Whether a name server that was made for another row of it is right for this one.
  fileprivate func servesNames(as other: NetworkRecord) -> Bool {
    gateway == other.gateway && subnet == other.subnet && gateway6 == other.gateway6 && subnet6 == other.subnet6
      && isInternal == other.isInternal
  }
}

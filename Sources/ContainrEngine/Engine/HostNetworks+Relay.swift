// Published ports of an ordinary user's containers: the user's network is not the host's, so that the holder of the user's
// namespaces relays what comes to ports of the host.
internal import ContainrAddresses
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrRootless
internal import ContainrSystem

extension HostNetworks {
  /// Makes these the user's ports, all of them; nothing for root, whose firewall has done it.
  func relay(_ ports: [PublishedPort]) throws(EngineError) {
    guard settings.relaysPorts else { return }
    let comesBack = ports.isEmpty ? false : try answersComeBack()
    var relayed: [RelayedPort] = []
    for port in ports {
      guard port.transport != .sctp else {
        throw EngineError(.kernel, "\(port.hostText): SCTP is relayed to nobody's containers but root's")
      }
      relayed.append(
        RelayedPort(
          transport: port.transport == .tcp ? 6 : 17, isIPv6: port.family == .ipv6,
          hostAddress: try outside(of: port).octets, hostPort: port.hostPort,
          address: port.containerAddress.octets, port: port.containerPort,
          showsClient: comesBack && port.hasWayOut))
    }
    let refused: (port: RelayedPort, errno: Int32)?
    do throws(SyscallError) {
      refused = try RelayedPort.publish(relayed, directory: settings.runDirectory)
    } catch {
      throw EngineError(.kernel, "publish ports: \(error)")
    }
    try refuse(refused, ports, relayed)
  }

  /// Where it is listened for. What only this host may reach, since its networks are internal, has a socket on loopback: one of
  /// any other address would be everybody's.
  private func outside(of port: PublishedPort) throws(EngineError) -> IPAddress {
    if port.hasWayOut { return port.hostAddress ?? .any(port.family) }
    let loopback: IPAddress = port.family == .ipv4 ? .v4(.loopback) : .v6(.loopback)
    guard let address = port.hostAddress else { return loopback }
    if address.isLoopback { return address }
    throw EngineError(
      .kernel,
      "port \(port.hostText): its networks are internal, which nobody outside reaches, and a user's port of that address would be "
        + "open to everybody; leave the address out, which is \(loopback) then, or add a network that is not internal")
  }

  /// Whether what containers answer to clients outside comes to the relay: seen to each time, since the rules may have been
  /// flushed meanwhile. Where this kernel cannot do it, which is told once, containers see the gateway of their network.
  private func answersComeBack() throws(EngineError) -> Bool {
    do throws(SyscallError) {
      let known = try RelayedPort.returnNote(directory: settings.runDirectory)
      if known == false { return false }
      var works = true
      let hasIPv6 = try HostIPv6.isOn()
      do throws(NetworkError) { try ClientReturn.ensure(table: settings.nftTable, hasIPv6: hasIPv6) } catch {
        works = false
        note("containers see their gateway as the client of published ports, not the client's address: \(error)")
      }
      if works != known { try RelayedPort.noteReturn(works, directory: settings.runDirectory) }
      return works
    } catch {
      throw EngineError(.kernel, "publish ports: \(error)")
    }
  }

  private func refuse(
    _ refused: (port: RelayedPort, errno: Int32)?, _ ports: [PublishedPort], _ relayed: [RelayedPort]
  ) throws(EngineError) {
    guard let refused, let index = relayed.firstIndex(of: refused.port) else { return }
    let text = ports[index].hostText
    switch refused.errno {
    case 98: throw EngineError(.kernel, "port \(text) is in use on this host, by another program or another user")
    case 13:
      throw EngineError(
        .kernel,
        "port \(text) is below net.ipv4.ip_unprivileged_port_start: an ordinary user may not have it; "
          + "sudo sysctl net.ipv4.ip_unprivileged_port_start=\(ports[index].hostPort) lets you")
    case 99: throw EngineError(.kernel, "port \(text): this host has no such address")
    default:
      throw EngineError(.kernel, "publish port \(text): \(SyscallError(errno: refused.errno, operation: "bind"))")
    }
  }
}

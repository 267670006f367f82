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
    var relayed: [RelayedPort] = []
    for port in ports {
      guard port.transport != .sctp else {
        throw EngineError(.kernel, "\(port.hostText): SCTP is relayed to nobody's containers but root's")
      }
      relayed.append(
        RelayedPort(
          transport: port.transport == .tcp ? 6 : 17, isIPv6: port.family == .ipv6,
          hostAddress: (port.hostAddress ?? .any(port.family)).octets, hostPort: port.hostPort,
          address: port.containerAddress.octets, port: port.containerPort))
    }
    let refused: (port: RelayedPort, errno: Int32)?
    do throws(SyscallError) {
      refused = try RelayedPort.publish(relayed, directory: settings.runDirectory)
    } catch {
      throw EngineError(.kernel, "publish ports: \(error)")
    }
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

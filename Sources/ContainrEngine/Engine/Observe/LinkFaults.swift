// What the host's side tells of a container's places on networks: the near ends of its links. Nothing of the container is
// asked, so that nothing inside can make it look right.
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrStore

extension LinkDriver {
  /// The host's way out, as the MTU of networks depends on it.
  func observedUplink() throws(NetworkError) -> ObservedUplink? {
    try smallestUplink().map { ObservedUplink(name: $0.name, mtu: $0.mtu) }
  }
}

extension StackEngine {
  func uplink() throws(EngineError) -> ObservedUplink? {
    do { return try LinkDriver().observedUplink() } catch {
      throw EngineError(.kernel, "look for the host's way out: \(error)")
    }
  }

  /// What is wrong with near ends that are there.
  func hostFaults(
    _ record: ContainerRecord, _ container: ObservedContainer, _ networks: [String: NetworkTraits],
    _ links: [String: LinkState], _ uplink: ObservedUplink?
  ) -> [ObservedLinkFault] {
    record.orderedLeases.compactMap { lease in
      guard let network = networks[lease.network], network.hasBridge, let link = links[lease.link],
        !container.missingLinks.contains(lease.key), let mtu = network.mtu(below: uplink), link.mtu != mtu
      else { return nil }
      return ObservedLinkFault(
        network: lease.key,
        words: "its mtu on network \(lease.key) is \(link.mtu), not \(network.words(mtu: mtu, uplink))")
    }
  }
}

// What the host's side tells of a container's places on networks: the near ends of its links. Nothing of the container is
// asked, so that nothing inside can make it look right.
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrSpec
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

  /// The limits that the kernel has, if one of these containers asks for some.
  func queues(
    _ records: [ContainerRecord], _ links: [String: LinkState]
  ) throws(EngineError) -> LinkQueues? {
    let near = records.filter(\.asksForRates).flatMap(\.leases).compactMap { links[$0.link]?.index }
    if near.isEmpty { return nil }
    do { return try LinkDriver().queues(near: near) } catch {
      throw EngineError(.kernel, "look at the limits of the links: \(error)")
    }
  }

  /// What is wrong with near ends that are there.
  func hostFaults(
    _ record: ContainerRecord, _ container: ObservedContainer, _ networks: [String: NetworkTraits],
    _ links: [String: LinkState], _ queues: LinkQueues?, _ uplink: ObservedUplink?
  ) throws(EngineError) -> [ObservedLinkFault] {
    let plan = queues != nil && record.asksForRates ? try PlanCoding.plan(record.plan) : nil
    var faults: [ObservedLinkFault] = []
    for lease in record.orderedLeases {
      guard let network = networks[lease.network], network.hasBridge, let link = links[lease.link],
        !container.missingLinks.contains(lease.key)
      else { continue }
      func fault(_ words: String) { faults.append(ObservedLinkFault(network: lease.key, words: words)) }
      if let mtu = network.mtu(below: uplink), link.mtu != mtu {
        fault("its mtu on network \(lease.key) is \(link.mtu), not \(network.words(mtu: mtu, uplink))")
      }
      guard let plan, let queues else { continue }
      let limits = LinkLimits(plan.rates(on: lease.key))
      let queue = links[VethPlan.queueName(of: lease.link)]
      for words in queues.faults(limits ?? LinkLimits(), near: link, queue: queue) {
        fault("on network \(lease.key) its \(words)")
      }
    }
    return faults
  }
}

extension ContainerRecord {
  /// Whether a rate of a link may be asked for: its plan then says which.
  var asksForRates: Bool { fields.contains("ingress") || fields.contains("egress") }

  /// The devices through which what it sends goes, by the names that they would have.
  var queueLinks: [String] { asksForRates ? leases.map { VethPlan.queueName(of: $0.link) } : [] }
}

extension LinkLimits {
  /// nil: there is none.
  init?(_ rates: (ingress: RatePlan?, egress: RatePlan?)) {
    if rates.ingress == nil && rates.egress == nil { return nil }
    self.init(ingress: rates.ingress.map(RateLimit.init), egress: rates.egress.map(RateLimit.init))
  }
}

extension RateLimit {
  init(_ plan: RatePlan) {
    self.init(rate: UInt64(clamping: plan.rate), burst: plan.burst.map { UInt32(clamping: $0) })
  }
}

extension VethPlan {
  /// The same, where limits of before are taken away.
  func settlingLimits() -> VethPlan {
    var veth = self
    if veth.subordinate == nil, veth.limits == nil { veth.limits = LinkLimits() }
    return veth
  }
}

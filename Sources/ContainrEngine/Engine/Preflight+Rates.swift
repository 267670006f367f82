// What a link may carry at once has to hold a packet of its network: the kernel would drop every larger one.
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore

extension Preflight {
  mutating func checkRates(of service: ServicePlan, in desired: StackPlan) throws {
    if service.networks.allSatisfy({ service.rates(on: $0.network) == (nil, nil) }) { return }
    let usual = ObservedUplink.mtu(below: try engine.uplink())
    for place in service.networks {
      let rates = service.rates(on: place.network)
      for (key, rate, own) in [("ingress", rates.ingress, place.ingress), ("egress", rates.egress, place.egress)] {
        guard let burst = rate?.burst else { continue }
        let network = desired.networks.first { $0.key == place.network }
        let recorded = contents.networks.first { $0.name == network?.name }
        let mtu = network?.mtu ?? recorded?.mtu ?? usual
        if burst >= Int64(mtu + 18) { continue }
        let path = own == nil ? "x-containr.\(key)" : "networks.\(place.network)"
        add(
          "small-burst",
          "service \(service.name): a burst of \(burst) bytes holds no packet of network \(place.network), whose mtu is \(mtu)",
          at: service.origins[path] ?? service.location, help: "at least \(mtu + 18), or leave it out")
      }
    }
  }
}

// Which networks a running container joins, leaves or joins again: plan, record and kernel side by side.
internal import ContainrSpec

/// The networks of one running container.
struct NetworkVerdict {
  /// Keys of the networks to be connected to, sorted.
  private(set) var attach: [String] = []
  /// Keys of the networks to be left, sorted.
  private(set) var detach: [String] = []
  /// Why they are connected to, as far as no changed field has said it.
  private(set) var attachReasons: [ChangeReason] = []
  /// Why they are left, as far as no changed field has said it.
  private(set) var detachReasons: [ChangeReason] = []
  /// It is recorded in other places than the plan has it.
  private(set) var moves = false

  /// `fieldReasons`: the differences between the applied plan and the new one.
  init(service: ServicePlan, fieldReasons: [ChangeReason], observed: ObservedContainer) {
    guard observed.isRunning else { return }
    var changed: [String: ChangeReason] = [:]
    for reason in fieldReasons where reason.kind == .field && reason.path.hasPrefix("networks.") {
      changed[String(reason.path.dropFirst("networks.".count))] = reason
    }
    let lost = Set(observed.missingLinks)
    func drift(_ key: String, _ words: String) -> ChangeReason {
      ChangeReason(.drift, words, origin: DriftOrigin.location(ofNetwork: key, service), effect: .inPlace)
    }
    for place in service.networks.sorted(by: { $0.network < $1.network }) {
      let key = place.network
      if let reason = changed[key] {
        // Other aliases are the name server's business alone.
        if reason.rule != .alias || lost.contains(key) || Self.isMissing(key, observed) { attach.append(key) }
      } else if Self.isMissing(key, observed) {
        attach.append(key)
        moves = true
        attachReasons.append(drift(key, "it is not connected to network \(key)"))
      } else if let wanted = place.ipv4Address, let there = observed.addresses?[key], there != wanted {
        attach.append(key)
        moves = true
        attachReasons.append(drift(key, "its address on network \(key) is \(there), not \(wanted)"))
      } else if let wanted = place.ipv6Address, let there = observed.addresses6?[key], there != wanted {
        attach.append(key)
        moves = true
        attachReasons.append(drift(key, "its address on network \(key) is \(there), not \(wanted)"))
      } else if lost.contains(key) {
        attach.append(key)
        attachReasons.append(drift(key, "the link to network \(key) is gone"))
      } else {
        let faults = observed.linkFaults.filter { $0.network == key }
        if !faults.isEmpty { attach.append(key) }
        attachReasons += faults.map { drift(key, $0.words) }
      }
    }
    let wanted = Set(service.networks.map(\.network))
    let recorded = Set(changed.keys).union((observed.addresses ?? [:]).keys)
    for key in recorded.subtracting(wanted).sorted() {
      detach.append(key)
      moves = true
      if changed[key] == nil { detachReasons.append(drift(key, "it is connected to network \(key)")) }
    }
  }

  private static func isMissing(_ key: String, _ observed: ObservedContainer) -> Bool {
    observed.addresses.map { $0[key] == nil } ?? false
  }
}

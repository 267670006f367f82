// What becomes of one container: its record, its process and its plan side by side. No order, no other containers.
internal import ContainrSpec

/// What becomes of one container of a service that is in the file.
struct ContainerVerdict {
  enum Kind { case keep, create, recreate, start, update }
  var kind: Kind
  var reasons: [ChangeReason]
  /// Networks to be connected again.
  var attach: [String] = []

  var effect: ChangeEffect { reasons.map(\.effect).max() ?? .none }
  /// A new process comes of it.
  var runs: Bool { kind == .create || kind == .recreate || kind == .start }

  init(_ kind: Kind, _ reasons: [ChangeReason] = []) {
    self.kind = kind
    self.reasons = reasons
  }

  /// Compares one container.
  init(service: ServicePlan, fields: [PlanField], observed: ObservedContainer?) {
    guard let observed else {
      self.init(.create, [ChangeReason(.missing, "not there yet", origin: service.location, effect: .none)])
      return
    }
    if observed.stage == .creating || observed.stage == .removing {
      let what = observed.stage == .creating ? "its start" : "its removal"
      self.init(
        .recreate, [ChangeReason(.leftover, "\(what) was interrupted", origin: service.location, effect: .recreate)])
      return
    }
    var reasons =
      observed.fields == fields
      ? []
      : differences(
        from: observed.fields, to: fields, origins: service.origins, fallback: service.location,
        effect: EffectTable.effect)
    for drift in observed.drift {
      reasons.append(
        ChangeReason(
          .drift, drift.what, old: drift.actual, new: drift.expected, origin: service.location,
          effect: drift.repairable ? .inPlace : .recreate))
    }
    if (reasons.map(\.effect).max() ?? .none) >= .recreate {
      self.init(.recreate, reasons)
      return
    }
    if let ended = Self.ended(observed, service: service) {
      self.init(.start, reasons + [ended])
      return
    }
    let lost = observed.isRunning ? observed.missingLinks.sorted() : []
    reasons += lost.map {
      ChangeReason(.drift, "the link to network \($0) is gone", origin: service.location, effect: .inPlace)
    }
    self.init(reasons.isEmpty ? .keep : .update, reasons)
    attach = lost
  }

  /// Why a container that does not run has to be started; nil if it runs or has done its work.
  private static func ended(_ observed: ObservedContainer, service: ServicePlan) -> ChangeReason? {
    func drift(_ words: String) -> ChangeReason {
      ChangeReason(.drift, words, origin: service.location, effect: .restart)
    }
    switch observed.process {
    case .running: return nil
    case .ended(code: 0, bySignal: false) where observed.stage == .running && service.isJob: return nil
    case _ where observed.stage == .stopped:
      return ChangeReason(.missing, "is stopped", origin: service.location, effect: .restart)
    case .ended(let code, bySignal: false): return drift("process ended by itself with exit code \(code)")
    case .ended(let signal, bySignal: true): return drift("process ended behind our back by signal \(signal)")
    case .absent where !observed.sameBoot: return drift("the host was restarted")
    case .absent: return drift("process ended behind our back")
    }
  }
}

extension ServicePlan {
  /// Exit code 0 means that it has done its work.
  var isJob: Bool { restart.policy == .no || restart.policy == .onFailure }
}

// What becomes of one container: its record, its process and its plan side by side. No order, no other containers.
internal import ContainrSpec

/// What becomes of one container of a service that is in the file.
struct ContainerVerdict {
  enum Kind { case keep, create, recreate, start, update }
  var kind: Kind
  var reasons: [ChangeReason]
  /// Keys of networks to be connected to, for the first time or again.
  var attach: [String] = []
  /// Keys of networks to be left.
  var detach: [String] = []
  /// Those of the reasons that are why.
  var detachReasons: [ChangeReason] = []
  /// Its addresses may be others afterwards.
  var moves = false
  /// What is said and not acted on.
  var notes: [ChangeReason] = []

  var effect: ChangeEffect { reasons.map(\.effect).max() ?? .none }
  /// A new process comes of it.
  var runs: Bool { isMade || kind == .start }
  /// A new container comes of it.
  var isMade: Bool { kind == .create || kind == .recreate }

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
        rule: EffectTable.rule
      ).filter { $0.path != "replicas" }  // how many others there are is nothing to one container
    for drift in observed.drift {
      reasons.append(
        ChangeReason(
          .drift, drift.what, old: drift.actual, new: drift.expected,
          origin: DriftOrigin.location(of: drift.what, service),
          effect: drift.repairable ? .inPlace : .recreate))
    }
    reasons += observed.lostNamespaces.map { Self.reason(of: $0, service: service) }
    let moves = reasons.contains { $0.kind == .field && $0.path.hasPrefix("networks.") }
    var notes: [ChangeReason] = []
    if observed.isPaused == true {
      notes.append(
        ChangeReason(.drift, "is paused: `containr unpause` lets it go on", origin: service.location, effect: .none))
    }
    for content in observed.contents {
      let reason = Self.reason(of: content, service: service)
      if reason.effect == .none { notes.append(reason) } else { reasons.append(reason) }
    }
    if (reasons.map(\.effect).max() ?? .none) >= .recreate {
      self.init(.recreate, reasons)
      self.moves = moves
      return
    }
    if service.schedule != nil, !observed.isRunning {
      self.init(waiting: observed, reasons, service)
      return
    }
    if let ended = Self.ended(observed, service: service) {
      self.init(.start, reasons + [ended])
      self.moves = moves
      return
    }
    if (reasons.map(\.effect).max() ?? .none) == .restart {
      self.init(.start, reasons)
      self.moves = moves
      return
    }
    let networks = NetworkVerdict(service: service, fieldReasons: reasons, observed: observed)
    reasons += networks.attachReasons + networks.detachReasons
    self.init(reasons.isEmpty ? .keep : .update, reasons)
    attach = networks.attach
    detach = networks.detach
    self.moves = moves || networks.moves
    let paths = detach.map { "networks.\($0)" }
    detachReasons = reasons.filter { paths.contains($0.path) } + networks.detachReasons
    self.notes = notes
  }

  /// Of one that waits for its time: how it ended the last time is nothing to it. What is only written down is; for
  /// anything else it is made again, as no process of it is there that could be changed.
  private init(waiting observed: ObservedContainer, _ reasons: [ChangeReason], _ service: ServicePlan) {
    if observed.stage == .stopped || !observed.sameBoot {
      let words = observed.stage == .stopped ? "is stopped" : "the host was restarted"
      self.init(
        .start, reasons + [ChangeReason(.missing, words, origin: service.location, effect: .restart)])
      return
    }
    let isWritten = reasons.allSatisfy {
      $0.effect <= .inPlace && !$0.isAboutFiles && !$0.path.hasPrefix("networks.") && $0.kind == .field
    }
    if reasons.isEmpty || isWritten {
      self.init(reasons.isEmpty ? .keep : .update, reasons)
      return
    }
    self.init(
      .recreate,
      reasons.map { reason in
        var reason = reason
        reason.effect = max(reason.effect, .recreate)
        return reason
      })
  }

  /// Nothing is to be started: what has ended stays as it is, and only what has changed itself is stopped for it.
  mutating func startNothing(_ observed: ObservedContainer?) {
    guard kind == .start else { return }
    if observed?.isRunning == true, reasons.contains(where: { $0.kind == .field && $0.effect == .restart }) { return }
    self = ContainerVerdict(.keep)
  }

  /// What a changed file means. A config or secret is what the file asks for; a mounted file is changed behind our back.
  private static func reason(of content: ObservedContent, service: ServicePlan) -> ChangeReason {
    let path = "content.\(content.target)"
    let origin =
      service.origins[path] ?? service.origins["volumes.\(content.target)"]
      ?? service.origins["\(content.kind.rawValue)s.\(content.target)"] ?? service.location
    guard let new = content.new else {
      return ChangeReason(.drift, "\(path): \(content.words ?? "cannot be read")", origin: origin, effect: .none)
    }
    let rule = EffectTable.rule(ofContent: content.kind, reaction: service.onChange)
    var reason = ChangeReason(
      content.kind == .mount ? .drift : .field, path, old: content.old, new: new, origin: origin, effect: rule.effect)
    reason.rule = rule
    return reason
  }

  /// It is in a namespace in which whom it shares it with is no more.
  private static func reason(of lost: LostNamespace, service: ServicePlan) -> ChangeReason {
    let what = ["network_mode": "network", "ipc": "IPC", "pid": "processes"][lost.key] ?? lost.key
    return ChangeReason(
      .drift, "shares the \(what) of \(lost.owner), which has been started anew since",
      origin: service.origins[lost.key] ?? service.location, effect: .restart)
  }

  /// Why a container that does not run as it is meant to has to be started; nil if it does, or has done its work.
  private static func ended(_ observed: ObservedContainer, service: ServicePlan) -> ChangeReason? {
    func drift(_ words: String) -> ChangeReason {
      ChangeReason(.drift, words, origin: service.location, effect: .restart)
    }
    switch observed.process {
    // Nothing would start it again when it ends, and its ports lead nowhere.
    case .running where observed.stage == .stopped: return drift("runs, but a stop of it was begun and cut off")
    case .running: return nil
    case .ended(code: 0, bySignal: false) where observed.stage == .running && service.isJob: return nil
    case _ where observed.stage == .stopped:
      return ChangeReason(.missing, "is stopped", origin: service.location, effect: .restart)
    case .ended(let code, bySignal: false): return drift("process ended by itself with exit code \(code)")
    case .ended(let signal, bySignal: true): return drift("process ended behind our back by signal \(signal)")
    case .filesLost: return drift("was killed: fuse-overlayfs, which served its files, had ended")
    case .absent where !observed.sameBoot: return drift("the host was restarted")
    case .absent: return drift("process ended behind our back")
    }
  }
}

extension ServicePlan {
  /// Exit code 0 means that it has done its work.
  var isJob: Bool { restart.policy == .no || restart.policy == .onFailure }
}

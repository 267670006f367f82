// Containers of services that are not in the file any more. Only what our records give to this stack can be one: what
// others made is never looked at. They stay unless somebody asks for their removal, and the plan names them.
internal import ContainrSpec

/// What becomes of orphans in an `up`.
public enum OrphanRule: Sendable, Hashable {
  /// They stay as they are, and the changeset names them.
  case keep
  /// They stay, and nobody hears of it.
  case ignore
  /// They go.
  case remove
  /// Those of these services go, the others stay: what a later revision brought goes with it.
  case removeOnly(Set<String>)
}

/// The split of what is there into what an `up` is about and what it leaves alone.
struct OrphanSplit {
  /// Without the orphans that stay, and without the networks that only they use.
  var observed: ObservedState
  /// Those that stay, sorted.
  var kept: [ObservedContainer] = []
  /// The names that the changeset shows.
  var named: [String] = []

  init(_ observed: ObservedState, desired: StackPlan, rule: OrphanRule) {
    self.observed = observed
    let services = Set(desired.services.map(\.name))
    let inactive = Set(desired.inactiveServices)
    for container in observed.containers where !services.contains(container.name.service) {
      // What was begun is brought to its end.
      if container.stage == .creating || container.stage == .removing || container.role != .serving { continue }
      // What was run once is nobody's service, and goes with `rm` or the stack.
      if container.value("one-off") != nil {
        kept.append(container)
        continue
      }
      let isInactive = inactive.contains(container.name.service)
      switch rule {
      case .remove where !isInactive: continue
      case .removeOnly(let gone) where gone.contains(container.name.service): continue
      default: break
      }
      kept.append(container)
      if rule != .ignore && !isInactive { named.append(container.name.display) }
    }
    if kept.isEmpty { return }
    kept.sort { $0.id < $1.id }
    let ids = Set(kept.map(\.id))
    let wanted = Set(desired.networks.map(\.key))
    let used = Set(kept.flatMap { $0.keys("networks.") })
    self.observed.containers.removeAll { ids.contains($0.id) }
    self.observed.networks.removeAll { !wanted.contains($0.key) && used.contains($0.key) }
    named.sort()
  }

  /// A bridge that comes new is connected to them as to all others.
  func attach(to changeset: inout Changeset) {
    for container in kept where container.isRunning {
      let networks = container.keys("networks.").filter { key in
        observed.networks.contains { $0.key == key && $0.bridgeMissing }
      }
      if networks.isEmpty { continue }
      let needs = changeset.changes.indices.filter { index in
        if case .ensureNetwork(let key, _) = changeset.changes[index].action { networks.contains(key) } else { false }
      }
      if needs.isEmpty { continue }
      let reasons = networks.map {
        ChangeReason(.dependency, "the bridge of network \($0) is made again", effect: .inPlace)
      }
      changeset.changes.append(
        Change(
          .attachContainer(container.name, networks: networks), address: container.address, reasons: reasons,
          effect: .inPlace, dependencies: needs))
    }
  }
}

extension Changeset {
  /// One line an orphan that stays, each ended by a newline.
  public var orphanText: String {
    orphans.map { "orphan: container \($0) stays, its service is not in the file; --remove-orphans removes it\n" }
      .joined()
  }
}

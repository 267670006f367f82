// Plans and snapshots for the tests: small, and built as a loader and an observer would.
import ContainrReconcile
import ContainrSpec

func at(_ line: Int, _ column: Int = 5) -> SourceLocation {
  SourceLocation(file: "stack.yaml", line: line, column: column)
}

func service(_ name: String, line: Int = 3, _ change: (inout ServicePlan) -> Void = { _ in }) -> ServicePlan {
  var plan = ServicePlan(name: name, location: at(line, 3))
  plan.layers = [LayerPlan(path: "/layers/base", kind: .directory)]
  plan.command = ["/bin/\(name)"]
  plan.networks = [AttachmentPlan(network: "default")]
  change(&plan)
  return plan
}

func stack(_ services: [ServicePlan], volumes: [VolumePlan] = []) -> StackPlan {
  StackPlan(
    name: "hello", file: "/srv/hello/stack.yaml", services: services,
    networks: [NetworkPlan(key: "default", name: "hello_default")], volumes: volumes)
}

/// A snapshot in which everything of the plan runs as it should.
func running(_ plan: StackPlan) -> ObservedState {
  var state = ObservedState()
  state.stack = ObservedStack(name: plan.name, file: plan.file, ownerUID: 0, sameBoot: true)
  var pid: Int32 = 100
  for service in plan.services {
    for index in 1...max(1, service.replicas) where index <= service.replicas {
      let name = ContainerName(stack: plan.name, service: service.name, index: index)
      var container = ObservedContainer(
        name: name, stage: .running, fields: service.fields, process: .running(pid: pid))
      container.addresses = Dictionary(
        uniqueKeysWithValues: service.networks.map { ($0.network, $0.ipv4Address ?? "10.0.0.\(pid)") })
      state.containers.append(container)
      pid += 1
    }
  }
  state.containers.sort { $0.id < $1.id }
  state.networks = plan.networks.map { ObservedNetwork(key: $0.key, name: $0.name, fields: $0.fields) }
  state.volumes = plan.volumes.map { ObservedVolume(key: $0.key, name: $0.name, exists: true, isOurs: true) }
  state.supervisorAlive = true
  return state
}

func up(_ desired: StackPlan, _ observed: ObservedState) -> Changeset {
  reconcile(desired: desired, observed: observed, stack: desired.name)
}

extension Changeset {
  /// `verb address` in order.
  var steps: [String] { changes.map { "\($0.action.verb) \($0.address)" } }

  func index(_ step: String) -> Int? { steps.firstIndex(of: step) }

  /// Whether `second` comes after `first` by its dependencies, directly or not.
  func follows(_ second: String, _ first: String) -> Bool {
    guard let from = index(second), let to = index(first) else { return false }
    var open = [from]
    var seen: Set<Int> = []
    while let next = open.popLast() {
      if next == to { return true }
      if seen.insert(next).inserted { open += changes[next].dependencies + changes[next].after }
    }
    return false
  }
}

// Plans, rows and settings for the tests of the engine's pure parts.
import ContainrReconcile
import ContainrSpec
import ContainrStore
import SystemPackage

@testable import ContainrEngine
@testable import ContainrHost

let settings = HostSettings(
  stateDirectory: "/state", runDirectory: "/run/c", linkPrefix: "tst", shim: "/bin/shim", program: "/bin/containr")

func service(_ name: String, _ change: (inout ServicePlan) -> Void = { _ in }) -> ServicePlan {
  var plan = ServicePlan(name: name, location: SourceLocation(file: "stack.yaml", line: 3, column: 3))
  plan.layers = [LayerPlan(path: "/layers/base", kind: .directory)]
  plan.command = ["/bin/\(name)"]
  plan.networks = [AttachmentPlan(network: "default")]
  change(&plan)
  return plan
}

func stack(_ services: [ServicePlan], name: String = "hello") -> StackPlan {
  StackPlan(
    name: name, file: "/srv/stack.yaml", services: services,
    networks: [NetworkPlan(key: "default", name: "\(name)_default")])
}

func planner(_ contents: StoreContents = StoreContents(), busyPorts: Set<Int> = []) -> IntentPlanner {
  IntentPlanner(
    settings: settings, bootID: "boot", now: 100, ownerUID: 0, contents: contents, routes: HostPrefixes(),
    isPortFree: { _, port, _ in !busyPorts.contains(port) })
}

/// Rows as they are after these writes.
func rows(_ writes: [StoreWrite], on contents: StoreContents = StoreContents()) -> StoreContents {
  var contents = contents
  for write in writes {
    switch write {
    case .putStack(let row): contents.stacks = contents.stacks.filter { $0.name != row.name } + [row]
    case .putContainer(let row): contents.containers = contents.containers.filter { $0.id != row.id } + [row]
    case .removeContainer(let id): contents.containers.removeAll { $0.id == id }
    case .putNetwork(let row): contents.networks = contents.networks.filter { $0.name != row.name } + [row]
    case .setStage(let id, let stage):
      for index in contents.containers.indices where contents.containers[index].id == id {
        contents.containers[index].stage = stage
      }
    case .setRole(let id, let role):
      for index in contents.containers.indices where contents.containers[index].id == id {
        contents.containers[index].role = role
      }
    case .setNetworkStage(let name, let stage):
      for index in contents.networks.indices where contents.networks[index].name == name {
        contents.networks[index].stage = stage
      }
    case .putVolume(let row): contents.volumes.append(row)
    default: break
    }
  }
  return contents
}

/// The rows after a first `up` of a plan.
func firstUp(_ plan: StackPlan, on contents: StoreContents = StoreContents()) throws -> StoreContents {
  let changes = reconcile(desired: plan, observed: ObservedState(), stack: plan.name)
  var planner = planner(contents)
  return rows(try planner.writes(for: changes, desired: plan), on: contents)
}

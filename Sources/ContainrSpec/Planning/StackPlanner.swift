// Turns checked drafts into the plan: only what active services use, sorted, spans reduced to locations.

struct StackPlanner {
  let trails: ValueTrails

  func plan(_ draft: StackDraft, name: String, file: String) -> StackPlan {
    let services = draft.services.filter(\.isActive).map(service).sorted { $0.name < $1.name }
    let usedNetworks = Set(services.flatMap { $0.networks.map(\.network) })
    let networks = usedNetworks.sorted().map { key in
      draft.networks[key].map(network) ?? NetworkPlan(key: key, name: "\(name)_\(key)")
    }
    let usedVolumes = Set(services.flatMap { $0.mounts.filter { $0.kind == .volume }.map(\.source) })
    let volumes = usedVolumes.sorted().compactMap { draft.volumes[$0]?.plan }
    var plan = StackPlan(name: name, file: file, services: services, networks: networks, volumes: volumes)
    let inactive = draft.services.filter { !$0.isActive }.map(\.plan.name).sorted()
    if !inactive.isEmpty { plan.inactiveServices = inactive }
    return plan
  }

  private func service(_ draft: ServiceDraft) -> ServicePlan {
    var plan = draft.plan
    plan.origins = draft.origins.mapValues(trails.location)
    return plan
  }

  private func network(_ draft: NetworkDraft) -> NetworkPlan {
    var plan = draft.plan
    plan.origins = draft.origins.mapValues(trails.location)
    return plan
  }
}

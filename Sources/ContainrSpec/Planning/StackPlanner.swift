// Turns checked drafts into the plan: only what active services use, sorted, spans reduced to locations.

struct StackPlanner {
  let trails: ValueTrails

  func plan(_ draft: StackDraft, name: String, file: String) -> StackPlan {
    let services = draft.services.filter(\.isActive).map { service($0, draft) }.sorted { $0.name < $1.name }
    let usedNetworks = Set(services.flatMap { $0.networks.map(\.network) })
    let networks = usedNetworks.sorted().map { key in
      draft.networks[key].map(network) ?? NetworkPlan(key: key, name: "\(name)_\(key)")
    }
    let usedVolumes = Set(services.flatMap { $0.mounts.filter { $0.kind == .volume }.map(\.source) })
    let volumes = usedVolumes.sorted().compactMap { draft.volumes[$0].map(volume) }
    var plan = StackPlan(
      name: name, file: file, services: services, networks: networks, volumes: volumes,
      contents: contents(draft, services))
    plan.inactiveServices = draft.services.filter { !$0.isActive }.map(\.plan.name).sorted()
    return plan
  }

  private func contents(_ draft: StackDraft, _ services: [ServicePlan]) -> [ContentPlan] {
    let used = Set(services.flatMap { $0.files.map { "\($0.kind.section).\($0.source)" } })
    return draft.contents.filter { used.contains($0.key) }.sorted { $0.key < $1.key }.map { _, draft in
      var plan = draft.plan
      plan.location = trails.location(draft.span)
      return plan
    }
  }

  private func service(_ draft: ServiceDraft, _ stack: StackDraft) -> ServicePlan {
    var plan = draft.plan
    plan.origins = draft.origins.mapValues(trails.location)
    // What is in a file comes from where the config or secret is declared.
    for file in plan.files {
      guard let content = stack.contents["\(file.kind.section).\(file.source)"] else { continue }
      plan.origins["content.\(file.target)"] = trails.location(content.span)
    }
    return plan
  }

  private func volume(_ draft: VolumeDraft) -> VolumePlan {
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

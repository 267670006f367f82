// What a stack implies written out: default networks, names, dependencies that follow from other keys, build defaults.

extension Canonicaliser {
  func service(_ entry: YAMLEntry) -> ModelValue {
    guard case .mapping(let entries) = object(entry.value, .service) else { return .null }
    var known = Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    known["extends"] = nil
    if options.resolvesEnvironment, let draft = drafts[entry.key] { resolveFiles(&known, draft) }
    if let value = known["depends_on"] { known["depends_on"] = dependencies(value) }
    if case .list(let secrets) = known["secrets"] { known["secrets"] = .list(secrets.map(secret)) }
    if options.normalises { normalise(&known) }
    let result = known.filter { key, value in
      // `command: []` takes an image's command away, and an empty mapping of networks is not the default one.
      key == "command" || key == "entrypoint" || key.hasPrefix("x-") || !value.isEmpty
    }
    return .mapping(result.sorted { $0.key < $1.key }.map { ModelEntry($0.key, $0.value) })
  }

  /// Files of variables and labels become what they say.
  private func resolveFiles(_ known: inout [String: ModelValue], _ draft: ServiceDraft) {
    func merged(_ plans: [EnvironmentPlan], _ named: ModelValue?) -> ModelValue {
      var entries = plans.map { ModelEntry($0.name, .string($0.value)) }
      let names = Set(plans.map(\.name))
      // What nobody sets stays visible as a name without a value.
      entries += (named?.entries ?? []).filter { !names.contains($0.key) }
      return .mapping(entries.sorted { $0.key < $1.key })
    }
    known["environment"] = merged(draft.plan.environment, known["environment"])
    known["env_file"] = nil
    known["labels"] = merged(draft.plan.labels, known["labels"])
    known["label_file"] = nil
  }

  /// Every dependency with its condition.
  private func dependencies(_ value: ModelValue) -> ModelValue {
    .mapping(
      value.entries.map { entry in
        ModelEntry(entry.key, dependency(entry.value.entries))
      })
  }

  private func dependency(_ given: [ModelEntry]) -> ModelValue {
    var entries = given.filter { !($0.key == "restart" && $0.value == .boolean(false)) }
    entries += KeyTable.dependency.implied { key in given.contains { $0.key == key } }
    return .mapping(entries.sorted { $0.key < $1.key })
  }

  /// Secrets lie in a directory of their own unless said otherwise.
  private func secret(_ value: ModelValue) -> ModelValue {
    guard value["target"] == nil, case .string(let source) = value["source"] else { return value }
    let entries = value.entries + [ModelEntry("target", .string("/run/secrets/\(source)"))]
    return .mapping(entries.sorted { $0.key < $1.key })
  }

  /// What runs before the container runs in its image, unless said otherwise.
  private func inheritImage(_ known: inout [String: ModelValue]) {
    guard case .list(let hooks) = known["pre_start"], let image = known["image"] else { return }
    known["pre_start"] = .list(
      hooks.map { hook in
        guard hook["image"] == nil else { return hook }
        return .mapping((hook.entries + [ModelEntry("image", image)]).sorted { $0.key < $1.key })
      })
  }

  private func normalise(_ known: inout [String: ModelValue]) {
    if known["pull_policy"] == .string("if_not_present") { known["pull_policy"] = .string("missing") }
    if let build = known["build"] { known["build"] = normalisedBuild(build) }
    if let networks = known["networks"], !networks.entries.isEmpty {
      known["networks"] = networks
    } else if known["network_mode"] == nil, known["provider"] == nil {
      known["networks"] = .mapping([ModelEntry("default", .null)])
    }
    impliedDependencies(&known)
    inheritImage(&known)
  }

  private func normalisedBuild(_ build: ModelValue) -> ModelValue {
    var entries = build.entries
    if build["context"] == nil {
      let directory = options.resolvesPaths ? context.input.projectDirectory : "."
      entries.append(ModelEntry("context", .string(directory)))
    }
    if build["dockerfile"] == nil, build["dockerfile_inline"] == nil {
      entries.append(ModelEntry("dockerfile", .string("Dockerfile")))
    }
    return .mapping(entries.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key })
  }

  /// Links, shared namespaces and shared volumes need the other service first.
  private func impliedDependencies(_ known: inout [String: ModelValue]) {
    var needed: [(name: String, restart: Bool)] = []
    func texts(_ key: String) -> [String] {
      guard case .list(let items) = known[key] else { return [] }
      return items.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }
    func first(_ text: String) -> String { String(text.prefix { $0 != ":" }) }
    for link in texts("links") { needed.append((first(link), true)) }
    for key in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
      if case .string(let text) = known[key], text.hasPrefix("service:") {
        needed.append((String(text.dropFirst(8)), true))
      }
    }
    for from in texts("volumes_from") where !from.hasPrefix("container:") { needed.append((first(from), false)) }
    var entries = known["depends_on"]?.entries ?? []
    for (name, restart) in needed where !entries.contains(where: { $0.key == name }) {
      entries.append(ModelEntry(name, dependency(restart ? [ModelEntry("restart", .boolean(true))] : [])))
    }
    if !entries.isEmpty { known["depends_on"] = .mapping(entries.sorted { $0.key < $1.key }) }
  }

  // MARK: top level

  /// The default network is declared only if a service uses it.
  func declareNetworks(_ known: inout [String: ModelValue], _ services: [ModelEntry]) {
    let isUsed = services.contains { $0.value["networks"]?.entries.contains { $0.key == "default" } ?? false }
    var networks = known["networks"]?.entries ?? []
    if isUsed, !networks.contains(where: { $0.key == "default" }) { networks.append(ModelEntry("default", .null)) }
    known["networks"] = .mapping(networks.sorted { $0.key < $1.key })
  }

  /// Objects without a name are named after the stack and their key; external ones after their key alone.
  func named(_ section: ModelValue) -> ModelValue {
    guard options.normalises else { return section }
    return .mapping(
      section.entries.map { entry in
        guard !entry.key.hasPrefix("x-") else { return entry }
        var entries = entry.value.entries.filter { !($0.value.isEmpty && !$0.key.hasPrefix("x-")) }
        if !entries.contains(where: { $0.key == "name" }) {
          let isExternal = entries.contains { $0.key == "external" && $0.value == .boolean(true) }
          entries.append(ModelEntry("name", .string(isExternal ? entry.key : "\(projectName)_\(entry.key)")))
        }
        return ModelEntry(entry.key, .mapping(entries.sorted { $0.key < $1.key }))
      })
  }
}

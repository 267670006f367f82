// References that no decoder follows, because this version does not act on their keys: they must lead somewhere all the
// same.

struct ReferenceCheck {
  let context: LoadContext
  let root: YAMLNode

  func check() {
    let services = root.value("services")?.entries ?? []
    let names = services.map(\.key).filter { !$0.hasPrefix("x-") }
    for entry in services where entry.value.entries != nil && !entry.key.hasPrefix("x-") {
      let service = entry.value
      files(service.value("secrets"), section: "secrets", what: "secret")
      files(service.value("configs"), section: "configs", what: "config")
      files(service.value("build")?.value("secrets"), section: "secrets", what: "secret")
      models(service.value("models"))
      for key in ["network_mode", "ipc", "pid", "uts", "cgroup"] { namespace(service.value(key), names) }
      for key in ["links", "volumes_from"] { others(service.value(key), key, names) }
      conflicts(service)
    }
    for section in ["secrets", "configs"] { sources(root.value(section), section) }
  }

  private func files(_ node: YAMLNode?, section: String, what: String) {
    let declared = (root.value(section)?.entries ?? []).map(\.key)
    for item in node?.items ?? [] {
      guard let name = item.scalar == nil ? item.value("source") : item, let scalar = name.scalar,
        scalar.kind != .null, !declared.contains(scalar.text)
      else { continue }
      let near = NearestName.suggestion(for: scalar.text, among: declared)
      context.error(
        .undefinedFile, "the \(what) \(DisplayText.quote(scalar.text)) is not declared", at: name.span,
        label: "used here",
        help: near.map { "did you mean '\($0)'?" }
          ?? "add at the left margin:\n\(section):\n  \(scalar.text):\n    file: ./\(scalar.text)")
    }
  }

  private func models(_ node: YAMLNode?) {
    let declared = (root.value("models")?.entries ?? []).map(\.key)
    for entry in node.map({ NodeForms.named($0).entries ?? [] }) ?? []
    where !declared.contains(entry.key) && !entry.key.hasPrefix("x-") {
      context.error(
        .undefinedModel, "the model \(DisplayText.quote(entry.key)) is not declared", at: entry.keySpan,
        label: "used here", help: "declare it under the top-level 'models'")
    }
  }

  private func namespace(_ node: YAMLNode?, _ names: [String]) {
    guard let node, let text = node.scalar?.text, text.hasPrefix("service:"), text.utf8.count > 8 else { return }
    undefined(String(text.dropFirst(8)), names, at: node)
  }

  private func others(_ node: YAMLNode?, _ key: String, _ names: [String]) {
    for item in node?.items ?? [] {
      guard let text = item.scalar?.text, !text.hasPrefix("container:") else { continue }
      undefined(String(text.prefix { $0 != ":" }), names, at: item)
    }
  }

  private func undefined(_ name: String, _ names: [String], at node: YAMLNode) {
    guard !names.contains(name) else { return }
    let near = NearestName.suggestion(for: name, among: names)
    context.error(
      .undefinedService, "the service \(DisplayText.quote(name)) is not defined", at: node.span, label: "used here",
      help: near.map { "did you mean '\($0)'?" })
  }

  /// Keys that say contrary things, whatever this version does with them.
  private func conflicts(_ service: YAMLNode) {
    func entry(_ key: String) -> YAMLEntry? { service.entries?.first { $0.key == key && !$0.value.isNull } }
    if let mode = entry("network_mode"), let networks = entry("networks") {
      context.error(
        .conflict, "'network_mode' and 'networks' exclude each other", at: networks.keySpan,
        label: "the service joins these networks",
        secondary: [.init(span: mode.keySpan, label: "and uses another one")],
        help: "remove one of them")
    }
    if let name = entry("container_name"), let count = replicas(service) {
      context.error(
        .conflict, "several containers cannot have the same name", at: name.keySpan, label: "a fixed name",
        secondary: [.init(span: count.keySpan, label: "\(count.value.scalar?.text ?? "") containers")],
        help: "remove 'container_name'")
    }
    if let build = entry("build")?.value,
      let file = build.entries?.first(where: { $0.key == "dockerfile" && !$0.value.isNull }),
      let inline = build.entries?.first(where: { $0.key == "dockerfile_inline" && !$0.value.isNull })
    {
      context.error(
        .conflict, "'dockerfile' and 'dockerfile_inline' exclude each other", at: inline.keySpan,
        label: "a Dockerfile here", secondary: [.init(span: file.keySpan, label: "and one there")],
        help: "remove one of them")
    }
  }

  private func replicas(_ service: YAMLNode) -> YAMLEntry? {
    let places = [service.entries, service.value("deploy")?.entries]
    for (entries, key) in zip(places, ["scale", "replicas"]) {
      guard let entry = entries?.first(where: { $0.key == key }), let count = Int(entry.value.scalar?.text ?? "") else {
        continue
      }
      if count > 1 { return entry }
    }
    return nil
  }

  /// A secret or config has one source.
  private func sources(_ section: YAMLNode?, _ name: String) {
    let kinds = ["file", "environment", name == "configs" ? "content" : "driver", "external"]
    for entry in section?.entries ?? [] where !entry.key.hasPrefix("x-") {
      guard let entries = entry.value.entries else { continue }
      let given = entries.filter { kinds.contains($0.key) && !$0.value.isNull && $0.value.scalar?.text != "false" }
      if given.isEmpty {
        context.error(
          .missingKey, "nothing says where '\(entry.key)' comes from", at: entry.keySpan, label: "needs a source",
          help: "add 'file', 'environment'\(name == "configs" ? ", 'content'" : "") or 'external: true'")
      }
      // A driver may make something of a file.
      let sources = given.filter { $0.key != "driver" }
      if sources.count > 1 {
        context.error(
          .conflict, "'\(entry.key)' has more than one source", at: sources[1].keySpan, label: "a second one",
          secondary: [.init(span: sources[0].keySpan, label: "the first one")], help: "remove one of them")
      }
    }
  }
}

// Keys of one object that exclude each other by the specification, whatever this version does with them.

struct ExclusionCheck {
  let context: LoadContext
  let root: YAMLNode

  func check() {
    for entry in entries(root.value("services")) {
      let service = entry.value
      let reserved = service.value("deploy")?.value("resources")?.value("reservations")?.value("devices")
      for request in (service.value("gpus")?.items ?? []) + (reserved?.items ?? []) { devices(request) }
    }
    for section in ["networks", "volumes", "secrets", "configs"] {
      for entry in entries(root.value(section)) { external(entry.value, section) }
    }
  }

  private func entries(_ node: YAMLNode?) -> [YAMLEntry] {
    (node?.entries ?? []).filter { $0.value.entries != nil && !$0.key.hasPrefix("x-") }
  }

  private func entry(_ key: String, _ node: YAMLNode) -> YAMLEntry? {
    node.entries?.first { $0.key == key && !$0.value.isNull }
  }

  /// As many devices, or these devices.
  private func devices(_ request: YAMLNode) {
    guard let count = entry("count", request), let ids = entry("device_ids", request) else { return }
    context.error(
      .conflict, "'count' and 'device_ids' exclude each other", at: ids.keySpan, label: "these devices",
      secondary: [.init(span: count.keySpan, label: "so many devices")], help: "remove one of them")
  }

  /// An object of somebody else can only be named. Networks say more in many files, and other tools let them.
  private func external(_ object: YAMLNode, _ section: String) {
    guard let external = entry("external", object) else { return }
    if let name = external.value.value("name"), let other = entry("name", object)?.value,
      name.scalar?.text != other.scalar?.text
    {
      context.error(
        .conflict, "'name' and 'external.name' disagree", at: other.span, label: "one name here",
        secondary: [.init(span: name.span, label: "another one here")], help: "write 'external: true' and 'name'")
    }
    let isExternal = external.value.entries != nil || ["true", "True", "TRUE"].contains(external.value.scalar?.text)
    // More than one source is reported by its own rule.
    let sources = ["file", "environment", "content", "driver"]
    let other = object.entries?.first { entry in
      !["external", "name"].contains(entry.key) && !entry.key.hasPrefix("x-") && !entry.value.isNull
        && (section == "volumes" || section == "networks" || !sources.contains(entry.key))
    }
    guard isExternal, let other else { return }
    let message = "'\(other.key)' has no meaning beside 'external'"
    let label = "belongs to whoever made it"
    let secondary = [Diagnostic.Label(span: external.keySpan, label: "exists already")]
    if section == "networks" {
      context.warning(.suspiciousValue, message, at: other.keySpan, label: label, secondary: secondary)
    } else {
      context.error(
        .conflict, message, at: other.keySpan, label: label, secondary: secondary, help: "remove one of them")
    }
  }
}

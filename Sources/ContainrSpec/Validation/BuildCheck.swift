// What `build` and `develop` say about other parts of the file: right here, or no tool could build or watch the service.

struct BuildCheck {
  let context: LoadContext
  let root: YAMLNode

  func check() {
    let services = (root.value("services")?.entries ?? []).filter { !$0.key.hasPrefix("x-") }
    for service in services {
      platforms(service.value)
      contexts(service.value.value("build")?.value("additional_contexts"), services)
      for watch in service.value.value("develop")?.value("watch")?.items ?? [] { target(watch) }
    }
  }

  /// The service runs on a platform that is built.
  private func platforms(_ service: YAMLNode) {
    guard let platform = service.value("platform"), let name = platform.scalar?.text, !name.isEmpty,
      let built = service.value("build")?.value("platforms"), let items = built.items, !items.isEmpty,
      !items.contains(where: { $0.scalar?.text == name })
    else { return }
    context.error(
      .conflict, "the service runs on \(DisplayText.quote(name)), which is not built", at: platform.span,
      label: "not among the platforms", secondary: [.init(span: built.span, label: "these are built")],
      help: "add it to 'build.platforms'")
  }

  /// `additional_contexts: {NAME: service:OTHER}` names a service that is built.
  private func contexts(_ node: YAMLNode?, _ services: [YAMLEntry]) {
    for pair in node.flatMap({ NodeForms.pairs($0, .labels) }) ?? [] {
      guard let text = pair.value.scalar?.text, text.hasPrefix("service:") else { continue }
      let name = String(text.dropFirst(8))
      guard let other = services.first(where: { $0.key == name }) else {
        let near = NearestName.suggestion(for: name, among: services.map(\.key))
        context.error(
          .undefinedService, "the service \(DisplayText.quote(name)) is not defined", at: pair.value.span,
          label: "used here", help: near.map { "did you mean '\($0)'?" })
        continue
      }
      guard other.value.value("build") == nil else { continue }
      context.error(
        .conflict, "the service '\(name)' is not built", at: pair.value.span, label: "used as a context of this build",
        secondary: [.init(span: other.keySpan, label: "has no 'build'")],
        help: "write docker-image://IMAGE for an image that exists")
    }
  }

  /// What is copied into a container has a place there.
  private func target(_ watch: YAMLNode) {
    guard let action = watch.value("action")?.scalar?.text, action.hasPrefix("sync"),
      watch.value("target").map({ $0.isNull || $0.scalar?.text.isEmpty == true }) ?? true
    else { return }
    context.error(
      .missingKey, "the action \(DisplayText.quote(action)) needs a 'target'", at: watch.span, label: "copied to where?"
    )
  }
}

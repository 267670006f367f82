// `extends`: a service takes over another one, of the same file or of another, by the rules of the merge.

/// Resolves `extends` in the services of one document.
struct ServiceExtension {
  /// Chains longer than this are no design any more.
  private static let maximumDepth = 64

  let context: LoadContext
  let files: StackFileReader
  /// The services by name, those of earlier files included.
  private var services: [String: YAMLEntry] = [:]
  private var resolved: [String: YAMLNode] = [:]

  init(context: LoadContext, files: StackFileReader) {
    self.context = context
    self.files = files
  }

  private struct Step {
    let file: String
    let service: String
    let span: SourceSpan
  }

  /// The document with every `extends` replaced by what it stands for. `earlier`: services of files before this one.
  static func apply(
    _ root: YAMLNode, earlier: YAMLNode?, context: LoadContext, files: StackFileReader
  ) -> YAMLNode {
    guard let entries = root.entries, let place = entries.firstIndex(where: { $0.key == "services" }),
      let services = entries[place].value.entries, services.contains(where: { $0.value.value("extends") != nil })
    else { return root }
    var resolver = ServiceExtension(context: context, files: files)
    for entry in earlier?.value("services")?.entries ?? [] { resolver.services[entry.key] = entry }
    for entry in services { resolver.services[entry.key] = entry }
    var all = entries
    let merged = services.map { entry -> YAMLEntry in
      if let whole = resolver.resolve(entry, chain: []) { return entry.with(whole) }
      // What it lacks may be what it could not take over: one report is enough.
      context.incompleteServices.insert(entry.key)
      return entry.with(resolver.without(entry.value))
    }
    all[place] = all[place].with(all[place].value.with(.mapping(merged)))
    return root.with(.mapping(all))
  }

  /// The service with everything that it takes over; nil after a report.
  private mutating func resolve(_ entry: YAMLEntry, chain: [Step]) -> YAMLNode? {
    let service = entry.value
    guard let extends = service.entries?.first(where: { $0.key == "extends" }), !extends.value.isNull,
      extends.value.override != .reset
    else { return service }
    if let known = resolved[entry.key], chain.isEmpty { return known }
    let file = service.document.source.file
    if chain.contains(where: { $0.file == file && $0.service == entry.key }) || chain.count >= Self.maximumDepth {
      reportCycle(chain, extends)
      return nil
    }
    let chain = chain + [Step(file: file, service: entry.key, span: extends.keySpan)]
    guard let base = base(extends, of: service, chain: chain),
      let merged = NodeMerger.merge(base, without(service), .object(.service))
    else { return nil }
    if chain.count == 1 { resolved[entry.key] = merged }
    return merged
  }

  func without(_ service: YAMLNode) -> YAMLNode {
    YAMLNode(
      .mapping((service.entries ?? []).filter { $0.key != "extends" }), span: service.span, document: service.document,
      override: service.override)
  }

  /// The service that is taken over, itself resolved.
  private mutating func base(_ extends: YAMLEntry, of service: YAMLNode, chain: [Step]) -> YAMLNode? {
    guard let name = serviceName(extends) else { return nil }
    guard let fileNode = extends.value.value("file"), !fileNode.isNull else {
      // Within a file that was itself read for `extends`, names mean the services of that file.
      return target(name, among: services, of: service, chain: chain)
    }
    guard let path = context.text(fileNode, key: "file"), !path.isEmpty else { return nil }
    let reason = ReadReason(key: "extends", span: extends.keySpan)
    guard let root = files.read(path, named: fileNode, reason: reason) else { return nil }
    var other = ServiceExtension(context: context, files: files)
    for entry in root.value("services")?.entries ?? [] { other.services[entry.key] = entry }
    return other.target(name, among: other.services, of: root, chain: chain)
  }

  private mutating func target(
    _ name: YAMLNode, among services: [String: YAMLEntry], of place: YAMLNode, chain: [Step]
  ) -> YAMLNode? {
    let text = name.scalar?.text ?? ""
    guard let entry = services[text] else {
      let near = NearestName.suggestion(for: text, among: services.keys)
      context.error(
        .undefinedService, "the service \(DisplayText.quote(text)) is not defined in \(place.document.source.file)",
        at: name.span, label: "'extends' takes it over", help: near.map { "did you mean '\($0)'?" })
      return nil
    }
    if entry.value.isNull { return entry.value.with(.mapping([])) }
    guard entry.value.entries != nil else { return nil }
    return resolve(entry, chain: chain)
  }

  private func serviceName(_ extends: YAMLEntry) -> YAMLNode? {
    if extends.value.scalar != nil {
      return context.text(extends.value, key: "extends").map { _ in extends.value }
    }
    guard let reader = ObjectReader(extends.value, .extends, key: "extends", context: context) else { return nil }
    guard let service = reader["service"] else {
      context.error(
        .missingKey, "'extends' names no service", at: extends.keySpan, label: "needs 'service'")
      return nil
    }
    return context.text(service.value, key: "service").map { _ in service.value }
  }

  private func reportCycle(_ chain: [Step], _ extends: YAMLEntry) {
    let names = chain.map(\.service) + [chain.first?.service ?? ""]
    context.error(
      .extendsCycle, "services extend each other: \(names.joined(separator: " → "))", at: extends.keySpan,
      label: "this closes the circle",
      secondary: chain.prefix(8).filter { $0.span != extends.keySpan }.map {
        .init(span: $0.span, label: "'\($0.service)' extends the next one")
      }, help: "remove one of them")
  }
}

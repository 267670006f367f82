// The answers of `containr config`, as text. Pure.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrSpec

/// One stack and what can be asked about it.
struct ConfigReport: Sendable {
  enum Question: Sendable {
    case stack, services, images, volumes, networks, profiles, models, variables, environment
    /// nil: of all services.
    case hash([String]?)
  }

  var model: ModelValue
  /// The variables that the files can use.
  var environment: [String: String]
  /// The model's `$` stand for themselves, and are doubled where they would be read as variables again.
  var escapesDollars: Bool
  /// Which services `services` names.
  var filter = ServiceFilter()

  /// The answer, a newline at its end unless it is empty.
  func text(_ question: Question, _ format: ConfigCommand.Format) throws -> String {
    switch question {
    case .stack:
      let ordered = model.inPrintingOrder()
      return format == .json
        ? ModelWriter.json(ordered, escapesDollars: escapesDollars)
        : ModelWriter.yaml(ordered, escapesDollars: escapesDollars)
    case .services: return lines(services.filter { filter.holds($0.value) }.map(\.key))
    case .images: return lines(services.flatMap { images(of: $0) })
    case .volumes: return lines(model["volumes"]?.entries.map(\.key) ?? [])
    case .networks: return lines(model["networks"]?.entries.map(\.key) ?? [])
    case .profiles: return lines(services.flatMap { $0.value["profiles"]?.texts ?? [] })
    case .models: return lines(model["models"]?.entries.compactMap { $0.value["model"]?.text } ?? [])
    case .variables: return format == .json ? variablesJSON : variablesTable
    case .environment:
      let all = environment.merging(["COMPOSE_PROJECT_NAME": name]) { known, _ in known }
      return all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined()
    case .hash(let names): return try hashes(names)
    }
  }

  private var name: String { model["name"]?.text ?? "" }
  private var services: [ModelEntry] { model["services"]?.entries ?? [] }

  /// Sorted, each once.
  private func lines(_ names: [String]) -> String { Set(names).sorted().map { $0 + "\n" }.joined() }

  /// What has to be there before the service can start: its own image, and those that it mounts or runs first.
  private func images(of service: ModelEntry) -> [String] {
    var images: [String] = []
    if let image = service.value["image"]?.text {
      images.append(image)
    } else if service.value["build"] != nil {
      images.append("\(name)-\(service.key)")
    }
    for mount in service.value["volumes"]?.items ?? [] where mount["type"]?.text == "image" {
      if let source = mount["source"]?.text { images.append(source) }
    }
    for hook in service.value["pre_start"]?.items ?? [] {
      if let image = hook["image"]?.text { images.append(image) }
    }
    return images
  }

  // MARK: variables

  private var variablesTable: String {
    var table = Table([
      ("NAME", .left), ("REQUIRED", .left), ("DEFAULT VALUE", .left), ("ALTERNATE VALUE", .left),
    ])
    table.rows = model.variables().map { use in
      [use.name, use.isRequired ? "true" : "false", use.defaultValue, use.alternateValue]
    }
    return table.text(Ink(isOn: false))
  }

  private var variablesJSON: String {
    let entries = model.variables().map { use in
      ModelEntry(
        use.name,
        .mapping([
          ModelEntry("Name", .string(use.name)), ModelEntry("DefaultValue", .string(use.defaultValue)),
          ModelEntry("PresenceValue", .string(use.alternateValue)), ModelEntry("Required", .boolean(use.isRequired)),
        ]))
    }
    return ModelWriter.json(.mapping(entries))
  }

  // MARK: digests

  /// What does not make another container of a service: how it is built, how many there are, and when they start.
  private static let passing: Set<String> = ["build", "depends_on", "profiles", "pull_policy", "scale"]

  private func hashes(_ names: [String]?) throws -> String {
    let wanted = names ?? services.map(\.key)
    return try wanted.sorted().map { name in
      guard let service = services.first(where: { $0.key == name }) else {
        throw StackSelection.unknown(name, services)
      }
      return "\(name) \(TextDigest.sha256(ModelWriter.digestible(Self.lasting(service.value))))\n"
    }.joined()
  }

  private static func lasting(_ service: ModelValue) -> ModelValue {
    .mapping(
      service.entries.filter { !passing.contains($0.key) }.map { entry in
        guard entry.key == "deploy" else { return entry }
        return ModelEntry("deploy", .mapping(entry.value.entries.filter { $0.key != "replicas" }))
      })
  }
}

extension ModelValue {
  /// The text of a string.
  var text: String? {
    if case .string(let text) = self { return text }
    return nil
  }

  /// The items of a list; empty for everything else.
  var items: [ModelValue] {
    if case .list(let items) = self { return items }
    return []
  }

  /// The texts of a list of strings.
  var texts: [String] { items.compactMap(\.text) }
}

// Some services of a canonical model, with what they need and nothing else. Pure.
internal import ContainrForeground
internal import ContainrSpec

struct StackSelection: Sendable {
  private let model: ModelValue

  init(_ model: ModelValue) { self.model = model }

  /// The model with these services, those that they depend on, and the networks, volumes, configs, secrets and models that
  /// they use; no names are all services.
  func selecting(_ names: [String]) throws -> ModelValue {
    if names.isEmpty { return model }
    let services = model["services"]?.entries ?? []
    var needed: Set<String> = []
    var rest = names
    while let name = rest.popLast() {
      guard let service = services.first(where: { $0.key == name }) else {
        // What a service depends on may be in a profile that is not active.
        if names.contains(name) { throw Self.unknown(name, services) }
        continue
      }
      if needed.insert(name).inserted { rest += service.value["depends_on"]?.entries.map(\.key) ?? [] }
    }
    let chosen = services.filter { needed.contains($0.key) }
    return .mapping(
      model.entries.compactMap { entry in
        if entry.key == "services" { return ModelEntry("services", .mapping(chosen)) }
        guard let used = Self.used(entry.key, chosen.map(\.value)) else { return entry }
        let left = entry.value.entries.filter { used.contains($0.key) }
        return left.isEmpty ? nil : ModelEntry(entry.key, .mapping(left))
      })
  }

  /// The keys of a section that services refer to; nil: the section is not about objects of services.
  private static func used(_ section: String, _ services: [ModelValue]) -> Set<String>? {
    switch section {
    case "networks", "models": Set(services.flatMap { $0[section]?.entries.map(\.key) ?? [] })
    case "volumes":
      Set(
        services.flatMap { $0[section]?.items ?? [] }.filter { $0["type"]?.text == "volume" }.compactMap {
          $0["source"]?.text
        })
    case "configs", "secrets":
      Set(
        services.flatMap { ($0[section]?.items ?? []) + ($0["build"]?[section]?.items ?? []) }.compactMap {
          $0["source"]?.text
        })
    default: nil
    }
  }

  /// The ending for a service that is not there.
  static func unknown(_ name: String, _ services: [ModelEntry]) -> CommandExit {
    let message = "the stack has no service '\(name)'"
    if services.isEmpty {
      return CommandExit(.refused, message, help: "no service is in an active profile; --profile activates one")
    }
    return UnknownService.exit(name, services.map(\.key), .refused, message)
  }
}

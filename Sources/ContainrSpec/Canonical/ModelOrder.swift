// In which order the keys of the canonical model are printed: as docker compose does it, so that two outputs compare. Pure.

extension ModelValue {
  /// The sections of a stack in the order of printing; extensions come after them.
  private static let sections = ["name", "services", "networks", "volumes", "secrets", "configs", "models"]

  /// All mappings sorted by key, in the order of Unicode scalars.
  public func sorted() -> ModelValue {
    switch self {
    case .null, .boolean, .integer, .decimal, .string: self
    case .list(let items): .list(items.map { $0.sorted() })
    case .mapping(let entries):
      .mapping(
        entries.map { ModelEntry($0.key, $0.value.sorted()) }.sorted {
          $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars)
        })
    }
  }

  /// A whole stack in the order of printing: its sections as docker compose orders them, everything below sorted.
  public func inPrintingOrder() -> ModelValue {
    let entries = sorted().entries
    let known = Self.sections.compactMap { section in entries.first { $0.key == section } }
    return .mapping(known + entries.filter { !Self.sections.contains($0.key) })
  }
}

// The canonical form of a stack file: what `containr config` prints and other tools can read. Plain data, no places.

/// One value of the canonical model.
public indirect enum ModelValue: Sendable, Hashable {
  case null
  case boolean(Bool)
  case integer(Int64)
  /// A number with a fraction, in its shortest decimal form.
  case decimal(String)
  case string(String)
  case list([ModelValue])
  /// In the order of printing; keys are unique.
  case mapping([ModelEntry])

  /// The value of a key; nil if there is none or this is no mapping.
  public subscript(_ key: String) -> ModelValue? {
    guard case .mapping(let entries) = self else { return nil }
    return entries.first { $0.key == key }?.value
  }

  /// The entries of a mapping; empty for everything else.
  public var entries: [ModelEntry] {
    if case .mapping(let entries) = self { return entries }
    return []
  }
}

/// One entry of a mapping of the canonical model.
public struct ModelEntry: Sendable, Hashable {
  /// Unique among its siblings.
  public var key: String
  /// What stands under it.
  public var value: ModelValue

  /// Makes an entry of its parts.
  public init(_ key: String, _ value: ModelValue) {
    self.key = key
    self.value = value
  }
}

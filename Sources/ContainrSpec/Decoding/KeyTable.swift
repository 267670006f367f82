// What an object of the file may hold, as data: the decoder, the schema test and the suggestions read it.

/// What this version does with a key that the Compose Specification knows.
enum KeySupport {
  case honoured
  /// Has no effect by definition of the specification.
  case metadata
  /// Does nothing here, and the service is still right: a warning, unless the value is one of these.
  case ignored(unless: [String] = [])
  /// Without it the service would be wrong or less safe: an error with this reason, unless the value is one of these.
  case refused(String, unless: [String] = [])

  /// Whether this version acts on the key or may skip it by the specification.
  var isAccepted: Bool {
    switch self {
    case .honoured, .metadata: true
    case .ignored, .refused: false
    }
  }
}

/// The keys of one kind of object.
struct KeyTable {
  /// What a key of it is called, with an article: `a service attribute`.
  let attribute: String
  /// The definition in `schemas/stack.schema.json`; empty: the root.
  let definition: String
  let keys: [String: KeySupport]
  var synonyms: [String: String] = [:]

  /// The key that was probably meant.
  func suggestion(for key: String) -> String? {
    if let synonym = synonyms[key] { return synonym }
    let plain = Self.plain(key)
    if let same = keys.keys.sorted().first(where: { Self.plain($0) == plain }) { return same }
    return NearestName.suggestion(for: key, among: keys.keys)
  }

  /// `dependsOn`, `depends-on` and `depends_on` are the same word.
  static func plain(_ key: String) -> String {
    String(key.lowercased().unicodeScalars.filter { $0 != "_" && $0 != "-" }.map(Character.init))
  }
}

// What an object of the file may hold, as data. The decoder, the merge, the canonical form, the schema and the
// suggestions all read these tables; nothing about a key is written down twice.

/// What this version does with a key that the Compose Specification knows.
enum KeySupport: Sendable {
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

  /// Whether a decoder reads it.
  var isHonoured: Bool {
    if case .honoured = self { return true }
    return false
  }

  /// Values that ask for what happens anyway.
  var neutral: [String] {
    switch self {
    case .honoured, .metadata: []
    case .ignored(let values), .refused(_, let values): values
    }
  }
}

/// One key: what may stand under it, what it means, and what this version does with it.
struct KeyRule: Sendable {
  let name: String
  let shape: Shape
  /// One sentence for editors.
  let summary: String
  var support = KeySupport.honoured
  /// JSON texts of values that a file could hold.
  var examples: [String] = []
  /// The object is wrong without it.
  var isRequired = false
  /// A list that must have an entry.
  var isFilled = false
  /// How values of several files become one; nil: as the shape says.
  var merge: MergeRule?
  /// What the canonical form says where the key is missing; nil: nothing.
  var implied: ModelValue?
  /// The key beside which nothing is implied.
  var impliedUnless: String?

  /// The same rule for a list that must have an entry.
  func filled() -> KeyRule {
    var rule = self
    rule.isFilled = true
    return rule
  }

  /// The same rule with what goes without saying.
  func implying(_ value: ModelValue, unless other: String? = nil) -> KeyRule {
    var rule = self
    rule.implied = value
    rule.impliedUnless = other
    return rule
  }

  /// Whether empty text says as little as no key at all.
  var emptyIsUnset: Bool {
    switch shape {
    case .scalar(let form), .short(let form, _): form.emptyIsUnset
    default: false
    }
  }

  static func key(
    _ name: String, _ shape: Shape, _ summary: String, examples: [String] = [], required: Bool = false,
    merge: MergeRule? = nil
  ) -> KeyRule {
    KeyRule(
      name: name, shape: shape, summary: summary, examples: examples, isRequired: required, merge: merge)
  }

  static func metadata(_ name: String, _ shape: Shape, _ summary: String) -> KeyRule {
    KeyRule(name: name, shape: shape, summary: summary, support: .metadata)
  }

  static func ignored(
    _ name: String, _ shape: Shape, _ summary: String, unless: [String] = [], required: Bool = false,
    merge: MergeRule? = nil
  ) -> KeyRule {
    KeyRule(
      name: name, shape: shape, summary: summary, support: .ignored(unless: unless), isRequired: required, merge: merge)
  }

  static func refused(
    _ name: String, _ shape: Shape, _ summary: String, because reason: String, unless: [String] = [],
    merge: MergeRule? = nil
  ) -> KeyRule {
    KeyRule(name: name, shape: shape, summary: summary, support: .refused(reason, unless: unless), merge: merge)
  }
}

/// How the values that two files give one key become one, where the shape does not say it.
enum MergeRule: Sendable {
  /// The later one stands alone.
  case replace
  /// Deep, but only if both name the same driver or one names none.
  case sameDriver
  /// Both lists, equal entries once.
  case appendDistinct
}

/// The keys of one kind of object.
struct KeyTable: Sendable {
  /// What a key of it is called, with an article: `a service attribute`.
  let attribute: String
  /// The definition in `schemas/stack.schema.json`; empty: the root.
  let definition: String
  /// One sentence for editors.
  let summary: String
  let rules: [KeyRule]
  let keys: [String: KeyRule]
  let synonyms: [String: String]
  /// What is done with keys that are not in the table; nil: they are errors.
  let otherKeys: KeySupport?
  /// One of these keys must be there; empty: none.
  let anyOf: [String]
  /// The key that a scalar in place of the object gives; nil: there is no such short form, or a longer one.
  let shortKey: String?

  init(
    attribute: String, definition: String, summary: String = "", synonyms: [String: String] = [:],
    otherKeys: KeySupport? = nil, shortKey: String? = nil, anyOf: [String] = [], _ rules: [KeyRule]
  ) {
    self.attribute = attribute
    self.definition = definition
    self.summary = summary
    self.rules = rules
    keys = Dictionary(uniqueKeysWithValues: rules.map { ($0.name, $0) })
    self.synonyms = synonyms
    self.otherKeys = otherKeys
    self.shortKey = shortKey
    self.anyOf = anyOf
  }

  /// What goes without saying, of an object that has these keys.
  func implied(beside keys: (String) -> Bool) -> [ModelEntry] {
    rules.compactMap { rule in
      guard let value = rule.implied, !keys(rule.name), !(rule.impliedUnless.map(keys) ?? false) else { return nil }
      return ModelEntry(rule.name, value)
    }
  }

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

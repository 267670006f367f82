// Which keys of the Compose Specification a stack uses, and what this version does with each. Pure.

/// One key of a stack, where it is written.
public struct KeyUse: Sendable, Hashable {
  /// What this version does with it.
  public enum Support: String, Sendable, Hashable, CaseIterable {
    /// Acts on it.
    case honoured
    /// Nothing, and that is right by the specification.
    case metadata
    /// Nothing, and the service runs without it.
    case ignored
    /// Refuses to start the service.
    case refused
  }

  /// The way to the key, such as `services.web.ports`.
  public let path: String
  /// What is done with it.
  public let support: Support
  /// Why it is not honoured; nil if it is.
  public let reason: String?
  /// Where it is written.
  public let location: SourceLocation
}

/// All keys that a stack uses.
public struct StackCensus: Sendable {
  /// In the order of their places; a key that several services share by an anchor or `extends` counts once.
  public let uses: [KeyUse]
  /// What the load found besides.
  public let result: LoaderResult

  /// How many keys are treated like that.
  public func count(_ support: KeyUse.Support) -> Int { uses.count { $0.support == support } }

  /// How many of a hundred keys have the effect that the specification gives them; rounded down, so that 100 is all.
  public var percent: Int {
    uses.isEmpty ? 100 : (count(.honoured) + count(.metadata)) * 100 / uses.count
  }
}

extension StackLoader {
  /// Loads a stack and counts its keys; no key is counted in a file that is no stack.
  public static func census(_ input: LoaderInput) -> StackCensus {
    let (result, tree) = run(input)
    var census = KeyCensus(findings: result.diagnostics)
    if let tree { census.count(tree.root) }
    return StackCensus(uses: census.uses(files: result.sources.map(\.file)), result: result)
  }
}

/// Walks the merged tree by the key tables.
struct KeyCensus {
  /// What a decoder said about a place, which counts more than the table's general word.
  private var said: [SourceSpan: (support: KeyUse.Support, reason: String)] = [:]
  private var found: [SourceSpan: KeyUse] = [:]

  init(findings: [Diagnostic]) {
    for finding in findings {
      guard let span = finding.primary else { continue }
      switch finding.code {
      case DiagnosticCode.notHonoured.rawValue: said[span] = (.ignored, finding.label ?? finding.message)
      case DiagnosticCode.cannotHonour.rawValue: said[span] = (.refused, finding.label ?? finding.message)
      default: continue
      }
    }
  }

  mutating func count(_ root: YAMLNode) { object(root, .stack, path: "") }

  /// All uses, with what was said about places that are no keys: an option of a mount, an item of a list.
  func uses(files: [String]) -> [KeyUse] {
    var all = found
    for (span, word) in said where all[span] == nil {
      let holder = found.values.filter { $0.location.file == span.file && $0.location.line <= span.start.line }
        .max { ($0.location.line, $0.location.column) < ($1.location.line, $1.location.column) }
      all[span] = KeyUse(
        path: holder.map { "\($0.path)[]" } ?? "", support: word.support, reason: word.reason, location: span.location)
    }
    func rank(_ use: KeyUse) -> (Int, Int, Int) {
      (files.firstIndex(of: use.location.file) ?? files.count, use.location.line, use.location.column)
    }
    return all.values.sorted { rank($0) < rank($1) }
  }

  private mutating func object(_ node: YAMLNode, _ table: KeyTable, path: String) {
    for entry in node.entries ?? [] {
      let path = path.isEmpty ? entry.key : "\(path).\(entry.key)"
      if let rule = table.keys[entry.key] {
        // Parts of what has no effect have none either.
        let support = rule.name == "x-containr" ? .honoured : use(entry, rule.support, path)
        if support == .honoured { value(entry.value, rule.shape, path: path) }
      } else if let support = table.otherKeys, !entry.key.hasPrefix("x-") {
        _ = use(entry, support, path)
      }
    }
  }

  private mutating func use(_ entry: YAMLEntry, _ general: KeySupport, _ path: String) -> KeyUse.Support {
    let word = said[entry.keySpan] ?? self.word(entry, general)
    let support = word?.support ?? (general.isMetadata ? .metadata : .honoured)
    found[entry.keySpan] =
      found[entry.keySpan]
      ?? KeyUse(path: path, support: support, reason: word?.reason, location: entry.keySpan.location)
    return support
  }

  /// What the table says; nil: nothing against it.
  private func word(_ entry: YAMLEntry, _ general: KeySupport) -> (support: KeyUse.Support, reason: String)? {
    guard !ObjectReader.asksNothing(entry.value, general.neutral) else { return nil }
    switch general {
    case .honoured, .metadata: return nil
    case .ignored: return (.ignored, "has no effect")
    case .refused(let reason, _): return (.refused, String(reason.prefix { $0 != ";" }))
    }
  }

  private mutating func value(_ node: YAMLNode, _ shape: Shape, path: String) {
    switch shape {
    case .any, .scalar, .command, .test, .pairs, .ulimit, .external: return
    case .object(let table), .short(_, let table): object(node, table, path: path)
    case .word(_, let inner): if node.scalar == nil { value(node, inner, path: path) }
    case .list(let item, _), .oneOrMany(let item, _):
      for node in node.items ?? [node] { value(node, item, path: "\(path)[]") }
    case .names(let table):
      guard let table else { return }
      for entry in node.entries ?? [] { object(entry.value, table, path: "\(path).\(entry.key)") }
    case .mapping(_, let shape, _):
      for entry in node.entries ?? [] where !entry.key.hasPrefix("x-") {
        value(entry.value, shape, path: "\(path).\(entry.key)")
      }
    }
  }
}

extension KeySupport {
  fileprivate var isMetadata: Bool {
    if case .metadata = self { return true }
    return false
  }
}

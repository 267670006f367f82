// Two files give one value: the merge rules of the Compose Specification, driven by the shapes of the tables.
// Nodes are shared with aliases, so nothing is changed in place; what is new keeps the places of what it was made of.

/// Merges values of a later file over those of an earlier one.
enum NodeMerger {
  /// `over` merged over `base`; nil if `over` takes the value away (`!reset`).
  static func merge(_ base: YAMLNode, _ over: YAMLNode, _ shape: Shape, rule: MergeRule? = nil) -> YAMLNode? {
    switch over.override {
    case .reset: return nil
    case .override: return over
    case nil: break
    }
    if over.isNull { return base }
    if base.isNull || base.override == .reset { return over }
    switch rule {
    case .replace: return over
    case .sameDriver: return sameDriver(base, over, shape)
    case .appendDistinct: return appendDistinct(base, over, shape)
    case nil: return plain(base, over, shape)
    }
  }

  private static func plain(_ base: YAMLNode, _ over: YAMLNode, _ shape: Shape) -> YAMLNode {
    switch shape {
    case .scalar, .command, .test, .ulimit, .external: return over
    case .any: return generic(base, over)
    case .list(let item, let identity): return list(base, over, item, identity)
    case .oneOrMany(let item, let identity): return list(listed(base), listed(over), item, identity)
    case .pairs(let form): return pairs(base, over, form)
    case .word(_, let shape):
      // A word stands for the whole of it.
      guard base.scalar == nil, over.scalar == nil else { return over }
      return plain(base, over, shape)
    case .names(let table):
      return mapping(NodeForms.named(base, table), NodeForms.named(over, table)) { _ in
        table.map { .object($0) } ?? .any
      }
    case .mapping(_, let value, _): return mapping(base, over) { _ in value }
    case .object(let table): return object(base, over, table)
    case .short(_, let table): return object(NodeForms.long(base, table), NodeForms.long(over, table), table)
    }
  }

  /// Data that the specification leaves to others: mappings deep, lists appended.
  private static func generic(_ base: YAMLNode, _ over: YAMLNode) -> YAMLNode {
    if let first = base.items, let second = over.items { return over.with(.sequence(first + second)) }
    return mapping(base, over) { _ in .any }
  }

  private static func object(_ base: YAMLNode, _ over: YAMLNode, _ table: KeyTable) -> YAMLNode {
    guard let earlier = base.entries, let later = over.entries else { return over }
    return over.with(
      .mapping(
        entries(earlier, later) { key in
          guard let rule = table.keys[key] else { return (.any, nil) }
          return (rule.shape, rule.merge)
        }))
  }

  private static func mapping(_ base: YAMLNode, _ over: YAMLNode, _ shape: (String) -> Shape) -> YAMLNode {
    // Of two kinds that do not fit, the later is judged by the decoder, which says what is wrong with it.
    guard let earlier = base.entries, let later = over.entries else { return over }
    return over.with(.mapping(entries(earlier, later) { (shape($0), nil) }))
  }

  /// The entries of both; where a key stands in both, its values are merged. The order is that of the first mention.
  private static func entries(
    _ earlier: [YAMLEntry], _ later: [YAMLEntry], _ shape: (String) -> (Shape, MergeRule?)
  ) -> [YAMLEntry] {
    var result = earlier
    var places = Dictionary(earlier.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
    var removed: Set<Int> = []
    for entry in later {
      guard let place = places[entry.key] else {
        places[entry.key] = result.count
        result.append(entry)
        continue
      }
      let (shape, rule) = shape(entry.key)
      let first = result[place]
      if let merged = merge(first.value, entry.value, shape, rule: rule) {
        // A key whose value grew in both files is shown where it was changed last; an untouched one where it stands.
        result[place] = merged === first.value ? first : entry.with(merged)
        removed.remove(place)
      } else {
        removed.insert(place)
      }
    }
    return removed.isEmpty ? result : result.indices.filter { !removed.contains($0) }.map { result[$0] }
  }

  private static func listed(_ node: YAMLNode) -> YAMLNode {
    if case .sequence = node.content { return node }
    return node.with(.sequence([node]))
  }

  private static func list(_ base: YAMLNode, _ over: YAMLNode, _ item: Shape, _ identity: Identity) -> YAMLNode {
    guard let earlier = base.items, let later = over.items else { return over }
    if case .position = identity { return over.with(.sequence(earlier + later)) }
    var result: [YAMLNode] = []
    var places: [String: Int] = [:]
    for node in earlier + later {
      guard let key = NodeIdentity.key(of: node, identity) else {
        result.append(node)
        continue
      }
      if let place = places[key] {
        if case .subnet = identity, case .object(let table) = item {
          result[place] = object(result[place], node, table)
        } else {
          result[place] = node
        }
      } else {
        places[key] = result.count
        result.append(node)
      }
    }
    return over.with(.sequence(result))
  }

  private static func pairs(_ base: YAMLNode, _ over: YAMLNode, _ form: PairForm) -> YAMLNode {
    guard let earlier = NodeForms.pairs(base, form), let later = NodeForms.pairs(over, form) else { return over }
    var result = earlier
    var places = Dictionary(earlier.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { _, last in last })
    for entry in later {
      if let place = places[entry.key] {
        result[place] = entry
      } else {
        places[entry.key] = result.count
        result.append(entry)
      }
    }
    return over.with(.mapping(result.filter { $0.value.override != .reset }))
  }

  /// As lists of `NAME=value`: what both say stands once.
  private static func appendDistinct(_ base: YAMLNode, _ over: YAMLNode, _ shape: Shape) -> YAMLNode {
    guard case .pairs(let form) = shape, let earlier = NodeForms.pairItems(base, form),
      let later = NodeForms.pairItems(over, form)
    else { return over }
    var known = Set(earlier.compactMap { $0.scalar?.text })
    let new = later.filter { known.insert($0.scalar?.text ?? "").inserted }
    return over.with(.sequence(earlier + new))
  }

  private static func sameDriver(_ base: YAMLNode, _ over: YAMLNode, _ shape: Shape) -> YAMLNode {
    let (first, second) = (base.value("driver")?.scalar?.text, over.value("driver")?.scalar?.text)
    guard let first, let second, first != second else { return plain(base, over, shape) }
    return over
  }
}

// The several ways to write one thing, brought into one form before two of them are merged or printed.

enum NodeForms {
  /// A list of names as a mapping of names, with what a name alone implies: in a later file it is said as well.
  static func named(_ node: YAMLNode, _ table: KeyTable? = nil) -> YAMLNode {
    let implied = table?.implied { _ in false } ?? []
    guard let items = node.items else { return node }
    var entries: [YAMLEntry] = []
    for item in items {
      guard let scalar = item.scalar else { return node }
      let value = implied.isEmpty ? null(at: item) : object(implied, at: item)
      entries.append(YAMLEntry(key: scalar.text, keySpan: item.span, value: value))
    }
    return node.with(.mapping(entries))
  }

  private static func object(_ entries: [ModelEntry], at node: YAMLNode) -> YAMLNode {
    let entries = entries.compactMap { entry -> YAMLEntry? in
      let text: String
      switch entry.value {
      case .string(let value): text = value
      case .boolean(let value): text = String(value)
      default: return nil
      }
      let value = node.with(.scalar(YAMLScalar(text: text, isPlain: true)))
      return YAMLEntry(key: entry.key, keySpan: node.span, value: value)
    }
    return node.with(.mapping(entries))
  }

  /// A scalar as the object that it is short for, where the table says which key it gives.
  static func long(_ node: YAMLNode, _ table: KeyTable) -> YAMLNode {
    guard case .scalar = node.content, !node.isNull, let key = table.shortKey else { return node }
    return node.with(.mapping([YAMLEntry(key: key, keySpan: node.span, value: node)]))
  }

  /// `NAME=value` items as entries; nil if this is neither a list of scalars nor a mapping.
  static func pairs(_ node: YAMLNode, _ form: PairForm) -> [YAMLEntry]? {
    switch node.content {
    case .mapping(let entries): return entries
    case .scalar: return nil
    case .sequence(let items):
      var entries: [YAMLEntry] = []
      for item in items {
        guard let scalar = item.scalar, scalar.kind != .null else { return nil }
        entries.append(pair(item, scalar, form))
      }
      return entries
    }
  }

  private static func pair(_ item: YAMLNode, _ scalar: YAMLScalar, _ form: PairForm) -> YAMLEntry {
    let separators = form.separators
    // The first kind of separator that occurs: an address may hold the second.
    let bytes = Array(scalar.text.utf8)
    for separator in separators {
      guard let place = bytes.firstIndex(of: separator) else { continue }
      let name = String(decoding: bytes[..<place], as: UTF8.self)
      var value = YAMLScalar(text: String(decoding: bytes[(place + 1)...], as: UTF8.self), isPlain: false)
      value.interpolation = scalar.interpolation
      return YAMLEntry(key: name, keySpan: item.span, value: item.with(.scalar(value)))
    }
    return YAMLEntry(key: scalar.text, keySpan: item.span, value: null(at: item))
  }

  /// Entries as `NAME=value` items; several values of a name are several items.
  static func pairItems(_ node: YAMLNode, _ form: PairForm) -> [YAMLNode]? {
    guard let entries = pairs(node, form) else { return nil }
    var items: [YAMLNode] = []
    for entry in entries {
      for value in entry.value.items ?? [entry.value] {
        guard let scalar = value.scalar else { return nil }
        let text = scalar.kind == .null ? entry.key : "\(entry.key)=\(scalar.text)"
        items.append(value.with(.scalar(YAMLScalar(text: text, isPlain: false))))
      }
    }
    return items
  }

  private static func null(at node: YAMLNode) -> YAMLNode {
    node.with(.scalar(YAMLScalar(text: "", isPlain: true)))
  }
}

// The ways that values took: which variables, included and extended files they came through, by the place they stand at.

/// The ways of the values of one stack.
struct ValueTrails {
  /// By the place of the key, or of the list's item.
  private var variables: [SourceSpan: String] = [:]
  /// Where the value of a key stands, by the place of the key: for what is one setting, which a scalar or a list is.
  private var values: [SourceSpan: SourceSpan] = [:]
  private let reasons: [String: [ReadReason]]

  /// `reasons`: why files were read that the user did not name.
  init(_ root: YAMLNode, reasons: [String: [ReadReason]]) {
    self.reasons = reasons
    var seen: Set<ObjectIdentifier> = []
    walk(root, at: root.span, &seen)
  }

  /// The place of a key's value, or of a list's item, with its way, nearest step first.
  func location(_ span: SourceSpan) -> SourceLocation {
    let place = values[span] ?? span
    var location = place.location
    if let words = variables[span] { location.through.append(words) }
    location.through += (reasons[place.file] ?? []).reversed().map(\.words)
    return location
  }

  private mutating func walk(_ node: YAMLNode, at place: SourceSpan, _ seen: inout Set<ObjectIdentifier>) {
    switch node.content {
    case .scalar(let scalar):
      if let trace = scalar.interpolation, !trace.uses.isEmpty { variables[place] = trace.words }
    case .sequence(let items):
      // What holds scalars only costs less to walk again than to remember.
      guard items.allSatisfy({ $0.scalar != nil }) || seen.insert(ObjectIdentifier(node)).inserted else { return }
      for item in items { walk(item, at: item.span, &seen) }
      // `command: [serve, "${PORT}"]` is one setting, and known by its key.
      if let first = items.lazy.compactMap({ $0.scalar?.interpolation }).first(where: { !$0.uses.isEmpty }) {
        variables[place] = first.words
      }
    case .mapping(let entries):
      guard seen.insert(ObjectIdentifier(node)).inserted else { return }
      for entry in entries {
        if entry.value.entries == nil, !entry.value.isNull { values[entry.keySpan] = entry.value.span }
        walk(entry.value, at: entry.keySpan, &seen)
      }
    }
  }
}

// cap_add and cap_drop.

extension ServiceDecoder {
  mutating func decodeSecurity(_ reader: ObjectReader) {
    let added = capabilities(reader["cap_add"], key: "cap_add")
    let dropped = capabilities(reader["cap_drop"], key: "cap_drop")
    for (name, span) in added.sorted(by: { $0.key < $1.key }) {
      guard let other = dropped[name] else { continue }
      context.error(
        .conflict, "the capability \(name) is both added and dropped", at: other, label: "dropped here",
        secondary: [.init(span: span, label: "added here")], help: "remove one of them")
    }
    draft.plan.capAdd = added["ALL"] == nil ? added.keys.sorted() : ["ALL"]
    draft.plan.capDrop = dropped["ALL"] == nil ? dropped.keys.sorted() : ["ALL"]
  }

  private mutating func capabilities(_ entry: YAMLEntry?, key: String) -> [String: SourceSpan] {
    guard let entry, let items = context.items(entry.value, key: key) else { return [:] }
    var names: [String: SourceSpan] = [:]
    for item in items {
      let name = context.value(item, key: key) { text throws(ValueProblem) in try CapabilityText.name(text) }
      if let name { names[name] = names[name] ?? item.span }
    }
    draft.origins[key] = entry.keySpan
    return names
  }
}

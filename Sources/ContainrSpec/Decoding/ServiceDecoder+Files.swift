// configs and secrets of a service, and what their changes do: the short and the long form, each target once.

extension ServiceDecoder {
  mutating func decodeFiles(_ reader: ObjectReader) {
    for kind in ContentPlan.Kind.allCases {
      guard let entry = reader[kind.section], let items = context.items(entry.value, key: kind.section) else {
        continue
      }
      for item in items {
        if case .mapping = item.content {
          longFile(item, kind)
        } else if let name = fileName(item, kind) {
          add(FilePlan(kind: kind, source: name, target: Self.target(name, kind)), at: item.span)
        }
      }
    }
    draft.plan.files.sort { left, right in
      let (a, b) = (Self.depth(left.target), Self.depth(right.target))
      return a == b ? left.target < right.target : a < b
    }
  }

  /// `x-containr.on-change`. The other keys beside it were judged when the service was read.
  mutating func decodeReaction(_ reader: ObjectReader) {
    guard let entry = reader["x-containr"]?.value.entries?.first(where: { $0.key == "on-change" }), !entry.value.isNull
    else { return }
    let reaction = context.value(entry.value, key: "on-change") { text throws(ValueProblem) in
      try ScalarForm.reaction(text)
    }
    draft.plan.onChange = reaction
    draft.origins["x-containr.on-change"] = entry.keySpan
  }

  private func fileName(_ node: YAMLNode, _ kind: ContentPlan.Kind) -> String? {
    context.value(node, key: kind.section, expected: "a string or a mapping") { text throws(ValueProblem) in
      try NameText.object(text, kind.rawValue)
    }
  }

  /// Where a name lands: below the root for configs, below /run/secrets for secrets.
  private static func target(_ name: String, _ kind: ContentPlan.Kind) -> String {
    (kind == .config ? "/" : "/run/secrets/") + name
  }

  private mutating func longFile(_ item: YAMLNode, _ kind: ContentPlan.Kind) {
    guard let reader = ObjectReader(item, .fileMount, key: kind.section, context: context) else { return }
    // The others are right or wrong whatever the source is.
    let target = reader["target"].map { entry in
      context.value(entry.value, key: "target") { text throws(ValueProblem) in
        try ScalarForm.text.check(text)
        return try PathText.inContainer(PathText.isAbsolute(text) ? text : Self.target(text, kind))
      }
    }
    let mode = reader["mode"].flatMap { entry in
      context.value(entry.value, key: "mode") { text throws(ValueProblem) in try NumberText.mode(text) }
    }
    let uid = id(reader["uid"])
    let gid = id(reader["gid"])
    guard let source = reader["source"] else {
      context.error(
        .missingKey, "the \(kind.rawValue) has no source", at: item.span, label: "needs 'source'",
        help: "name one of the top-level '\(kind.section)'")
      return
    }
    // Any text: that it is declared, and so is a name, is checked with the references.
    let name = context.value(source.value, key: "source") { text throws(ValueProblem) in
      try ScalarForm.text.check(text)
      return text
    }
    guard let name else { return }
    // A target that was given and is wrong is reported already.
    guard let place = target ?? Self.target(name, kind) else { return }
    add(
      FilePlan(kind: kind, source: name, target: place, uid: uid ?? 0, gid: gid ?? 0, mode: mode ?? 0o444),
      at: reader["target"]?.keySpan ?? source.keySpan)
  }

  private func id(_ entry: YAMLEntry?) -> UInt32? {
    guard let entry else { return nil }
    return context.value(entry.value, key: entry.key) { text throws(ValueProblem) in
      try ScalarForm.id.check(text)
      guard let id = UInt32(text), id != UInt32.max else {
        throw ValueProblem(
          .cannotHonour, "the \(entry.key) \(DisplayText.quote(text)) is not a number",
          label: "names are known only inside the container", help: "write the number")
      }
      return id
    }
  }

  private mutating func add(_ file: FilePlan, at span: SourceSpan) {
    if file.target == "/" {
      context.error(.path, "nothing can be mounted over '/'", at: span, label: "this is the root file system")
      return
    }
    let others = ContentPlan.Kind.allCases.map { "\($0.section).\(file.target)" } + ["volumes.\(file.target)"]
    if let first = others.compactMap({ draft.origins[$0] }).first {
      context.error(
        .duplicateEntry, "two mounts on \(DisplayText.quote(file.target))", at: span, label: "mounted again here",
        secondary: [.init(span: first, label: "first mounted here")])
      return
    }
    draft.origins[file.path] = span
    draft.plan.files.append(file)
  }
}

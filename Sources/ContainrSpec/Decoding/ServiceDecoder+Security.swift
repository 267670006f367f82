// cap_add, cap_drop, privileged, security_opt and x-containr.security.

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
    var security = SecurityPlan()
    if let entry = reader.honoured("privileged", .service), let value = context.boolean(entry.value, key: "privileged"),
      value
    {
      security.privileged = true
      draft.origins["privileged"] = entry.keySpan
    }
    if let entry = reader["security_opt"], let items = context.items(entry.value, key: "security_opt") {
      for item in items { option(item, &security) }
    }
    if let entry = reader["x-containr"]?.value.entries?.first(where: { $0.key == "security" }), !entry.value.isNull {
      security.profile = Self.securityProfile(entry, context)
      draft.origins["x-containr.security"] = entry.keySpan
    }
    draft.plan.security = security == SecurityPlan() ? nil : security
    if let policy = Self.word("publish", reader, context, as: PublishPolicy.self) {
      draft.plan.publish = policy.value
      draft.origins["x-containr.publish"] = policy.span
    }
    if let policy = Self.word("limits", reader, context, as: LimitPolicy.self) {
      draft.plan.limitPolicy = policy.value
      draft.origins["x-containr.limits"] = policy.span
    }
  }

  /// x-containr.idmap. Whether somebody is known is a question of the host.
  mutating func decodeHostUser(_ reader: ObjectReader) {
    let entries = reader["x-containr"]?.value.entries ?? []
    guard let entry = entries.first(where: { $0.key == "idmap" }), !entry.value.isNull else { return }
    let word = context.value(entry.value, key: "idmap") { text throws(ValueProblem) in
      try ScalarForm.oneOf(["none", "host-user"]).check(text)
      return text
    }
    guard word == "host-user" else { return }
    draft.plan.hostUser = HostUserPlan(uid: context.input.caller?.uid, gid: context.input.caller?.gid)
    draft.origins["x-containr.idmap"] = entry.keySpan
    if draft.plan.namespace(.user) != nil, let mode = reader["userns_mode"] {
      context.error(
        .conflict, "'idmap: host-user' and 'userns_mode' both say which ids files have", at: entry.keySpan,
        label: "says one thing", secondary: [.init(span: mode.keySpan, label: "says another")],
        help: "remove one of them")
    }
  }

  /// `x-containr.security`; nil after a report.
  static func securityProfile(_ entry: YAMLEntry, _ context: LoadContext) -> SecurityPlan.Profile? {
    context.value(entry.value, key: "security") { text throws(ValueProblem) in
      try ScalarForm.oneOf(SecurityPlan.Profile.allCases.map(\.rawValue)).check(text)
      return SecurityPlan.Profile(rawValue: text)
    } ?? nil
  }

  /// A word of `x-containr` below `reader`; nil: it is not said, or wrong and reported.
  static func word<Word: RawRepresentable & CaseIterable & Sendable>(
    _ key: String, _ reader: ObjectReader, _ context: LoadContext, as: Word.Type
  ) -> (value: Word, span: SourceSpan)? where Word.RawValue == String {
    guard let entry = reader["x-containr"]?.value.entries?.first(where: { $0.key == key }), !entry.value.isNull
    else { return nil }
    let value = context.value(entry.value, key: key) { text throws(ValueProblem) in
      try ScalarForm.oneOf(Word.allCases.map(\.rawValue)).check(text)
      return Word(rawValue: text)
    }
    return (value ?? nil).map { ($0, entry.keySpan) }
  }

  private mutating func option(_ item: YAMLNode, _ security: inout SecurityPlan) {
    let option = context.value(item, key: "security_opt") { text throws(ValueProblem) in
      try SecurityOptionText.option(text)
    }
    guard let option else { return }
    let word: String
    let before = security
    switch option {
    case .noNewPrivileges(let value): (word, security.noNewPrivileges) = ("no-new-privileges", value)
    case .seccompUnconfined: (word, security.seccomp) = ("seccomp", .unconfined)
    case .seccompBuiltIn: (word, security.seccomp) = ("seccomp", nil)
    case .seccompFile(let text):
      word = "seccomp"
      guard let profile = SeccompFileReader(context: context).read(text, named: item) else { return }
      let path = PathText.resolve(text, base: context.base(of: item), home: context.home)
      security.seccomp = .file(path: path, profile: profile)
    case .systemPathsUnconfined: (word, security.showsSystemPaths) = ("systempaths", true)
    case .writableCgroups(let value):
      (word, security.writableCgroups) = ("writable-cgroups", value)
      if value { unavailable("a writable cgroup tree", item) }
    case .appArmor(let name): (word, security.appArmor) = ("apparmor", name)
    case .label(let text):
      word = "label"
      security.labels.append(text)
    }
    let path = "security_opt.\(word)"
    if let first = draft.origins[path], word != "label", before != security {
      context.error(
        .conflict, "two entries of 'security_opt' disagree about '\(word)'", at: item.span, label: "one thing here",
        secondary: [.init(span: first, label: "another one here")], help: "remove one of them")
    }
    draft.origins[path] = item.span
  }

  private func unavailable(_ what: String, _ item: YAMLNode) {
    context.error(
      .cannotHonour, "\(DisplayText.quote(item.scalar?.text ?? "")) cannot be honoured by this version",
      at: item.span, label: "\(what) would not be applied")
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

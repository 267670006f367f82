// Checks values that no decoder reads, because this version does not act on them: they must be right all the same.

/// Reports what does not have the shape that its table says.
struct ShapeChecker {
  let context: LoadContext

  /// Checks the value of `key`; null stands for "not set".
  func check(_ node: YAMLNode, _ shape: Shape, key: String) {
    if node.isNull { return }
    switch shape {
    case .any: return
    case .scalar(let form): scalar(node, form, key: key)
    case .list(let item, _): list(node, item, key: key, allowsScalar: false)
    case .word(let form, let shape):
      if case .scalar = node.content { scalar(node, form, key: key) } else { check(node, shape, key: key) }
    case .oneOrMany(let item, _):
      list(node, item, key: key, allowsScalar: true)
    case .command, .test: command(node, key: key)
    case .pairs(let form): pairs(node, form, key: key)
    case .names(let table): names(node, table, key: key)
    case .mapping(let form, let value, let nullable): mapping(node, form, value, nullable: nullable, key: key)
    case .object(let table): object(node, table, key: key)
    case .short(let form, let table):
      if case .mapping = node.content { return object(node, table, key: key) }
      guard case .scalar = node.content else {
        return context.wrongType(node, key: key, expected: "\(form.expected) or a mapping")
      }
      scalar(node, form, key: key)
    case .ulimit: ulimit(node, key: key)
    case .external: external(node, key: key)
    }
  }

  private func scalar(_ node: YAMLNode, _ form: ScalarForm, key: String) {
    switch form {
    case .boolean: _ = context.boolean(node, key: key)
    case .any: _ = context.anyText(node, key: key)
    case .known(let words): known(node, words, key: key)
    default:
      _ = context.value(node, key: key, expected: form.expected) { text throws(ValueProblem) in try form.check(text) }
    }
  }

  /// Words that nobody knows may mean something to a platform; a typing mistake is likelier.
  private func known(_ node: YAMLNode, _ words: [String], key: String) {
    guard let text = context.text(node, key: key), !words.contains(text),
      let near = NearestName.suggestion(for: text, among: words)
    else { return }
    context.warning(
      .suspiciousValue, "\(DisplayText.quote(text)) is not one of the words that are known here", at: node.span,
      label: "known are \(words.joined(separator: ", "))", notes: context.notes(about: node),
      help: "did you mean '\(near)'?", fixes: context.rewriting(node, to: near, .maybe))
  }

  private func list(_ node: YAMLNode, _ item: Shape, key: String, allowsScalar: Bool) {
    for node in context.items(node, key: key, allowsScalar: allowsScalar) ?? [] {
      if node.isNull {
        context.wrongType(node, key: key, expected: "a value")
      } else {
        check(node, item, key: key)
      }
    }
  }

  private func command(_ node: YAMLNode, key: String) {
    if let items = node.items {
      for item in items { _ = context.anyText(item, key: key) }
    } else {
      _ = context.value(node, key: key, expected: "a string or a list") { text throws(ValueProblem) in
        try ShellWords.split(text)
      }
    }
  }

  private func pairs(_ node: YAMLNode, _ form: PairForm, key: String) {
    switch node.content {
    case .scalar:
      context.wrongType(
        node, key: key, expected: "a mapping or a list", help: "write 'NAME: value' lines below '\(key):'")
    case .sequence(let items):
      for item in items { pair(item, form, key: key) }
    case .mapping(let entries):
      for entry in entries where !entry.value.isNull {
        if case .hosts = form {
          for value in context.items(entry.value, key: entry.key, allowsScalar: true) ?? [] {
            host(value, key: "\(key).\(entry.key)", isList: false)
          }
        } else {
          _ = context.anyText(entry.value, key: "\(key).\(entry.key)")
        }
      }
    }
  }

  private func pair(_ item: YAMLNode, _ form: PairForm, key: String) {
    guard context.text(item, key: key) != nil else { return }
    guard let entry = NodeForms.pairs(item.with(.sequence([item])), form)?.first else { return }
    switch form {
    case .environment, .arguments, .labels: return
    case .contexts, .agents:
      guard entry.value.isNull, !(entry.key == "default" && form.mayBeDefault) else { return }
      return context.report(
        ValueProblem(.invalidValue, "\(DisplayText.quote(entry.key)) has no value", help: "write NAME=VALUE"), at: item)
    case .hosts: break
    }
    guard !entry.key.isEmpty, !entry.value.isNull else {
      context.report(
        ValueProblem(
          .address, "\(DisplayText.quote(item.scalar?.text ?? "")) is no entry of /etc/hosts",
          help: "write NAME=ADDRESS"),
        at: item)
      return
    }
    host(entry.value, key: key, isList: true)
  }

  /// An address, or the word for the host's own; several of them behind a list's `NAME=`.
  private func host(_ node: YAMLNode, key: String, isList: Bool) {
    _ = context.value(node, key: key) { text throws(ValueProblem) in
      for part in isList ? text.split(separator: ",", omittingEmptySubsequences: false) : [Substring(text)]
      where part != "host-gateway" {
        _ = try AddressText.any(
          part.first == "[" && part.last == "]" ? String(part.dropFirst().dropLast()) : String(part))
      }
    }
  }

  private func names(_ node: YAMLNode, _ table: KeyTable?, key: String) {
    switch node.content {
    case .scalar(let scalar):
      context.wrongType(node, key: key, expected: "a list or a mapping", help: "write '\(key): [\(scalar.text)]'")
    case .sequence(let items): for item in items { _ = context.text(item, key: key) }
    case .mapping(let entries):
      for entry in entries where !entry.value.isNull && !entry.key.hasPrefix("x-") {
        if let table { object(entry.value, table, key: "\(key).\(entry.key)") }
      }
    }
  }

  private func mapping(_ node: YAMLNode, _ form: NameForm, _ value: Shape, nullable: Bool, key: String) {
    for entry in context.entries(node, key: key) ?? [] where !entry.key.hasPrefix("x-") {
      if entry.value.isNull {
        if !nullable, case .object = value {
          context.wrongType(entry.value, key: entry.key, expected: "a mapping")
        }
        continue
      }
      if case .object = form, !NameText.isObject(entry.key) {
        context.error(
          .name, "\(DisplayText.quote(entry.key)) is not a name", at: entry.keySpan,
          help: "use letters, digits, '.', '_' and '-', with a letter, a digit or '_' first")
      }
      check(entry.value, value, key: "\(key).\(entry.key)")
    }
  }

  private func object(_ node: YAMLNode, _ table: KeyTable, key: String) {
    guard let reader = ObjectReader(node, table, key: key, context: context, judges: false) else { return }
    for rule in table.rules where rule.isRequired && reader[rule.name] == nil {
      context.error(
        .missingKey, "'\(rule.name)' is missing", at: node.span, label: "'\(key)' needs it")
    }
  }

  private func ulimit(_ node: YAMLNode, key: String) {
    func number(_ node: YAMLNode) { _ = context.integer(node, key: key, -1...Int64.max) }
    guard let entries = node.entries else { return number(node) }
    for entry in entries {
      if entry.key.hasPrefix("x-") {
        continue
      } else if ["soft", "hard"].contains(entry.key) {
        number(entry.value)
      } else {
        context.error(
          .unknownKey, "unknown key \(DisplayText.quote(entry.key))", at: entry.keySpan,
          label: "not a limit's attribute",
          help: "write soft and hard")
      }
    }
    for name in ["soft", "hard"] where node.value(name) == nil {
      context.error(.missingKey, "'\(name)' is missing", at: node.span, label: "'\(key)' needs soft and hard")
    }
  }

  private func external(_ node: YAMLNode, key: String) {
    guard let entries = node.entries else {
      _ = context.boolean(node, key: key)
      return
    }
    for entry in entries {
      if entry.key.hasPrefix("x-") {
        continue
      } else if entry.key == "name" {
        _ = context.text(entry.value, key: "name")
      } else {
        context.error(
          .unknownKey, "unknown key \(DisplayText.quote(entry.key))", at: entry.keySpan,
          label: "not an attribute of 'external'", help: "write 'external: true', and 'name' beside it")
      }
    }
  }
}

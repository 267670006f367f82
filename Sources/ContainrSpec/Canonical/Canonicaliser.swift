// From the merged tree to the canonical model: long forms, one spelling for each value, paths and variables resolved.
// Runs only on trees without errors; what it cannot read it passes on as it is written.

/// Writes a checked tree in the form that `docker compose config` prints.
struct Canonicaliser {
  let context: LoadContext
  let options: ModelOptions
  let projectName: String
  /// The services as they were decoded, by name.
  let drafts: [String: ServiceDraft]

  /// The model of the whole stack.
  func model(_ root: YAMLNode) -> ModelValue {
    guard case .mapping(let entries) = object(root, .stack) else { return .null }
    var known = Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    known["version"] = nil
    known["name"] = .string(projectName)
    // Services first, since a default network is declared only if one of them uses it.
    let services = (root.value("services")?.entries ?? []).filter { !$0.key.hasPrefix("x-") && isActive($0.key) }
    let models = services.map { ModelEntry($0.key, service($0)) }.sorted { $0.key < $1.key }
    known["services"] = .mapping(models)
    if options.normalises { declareNetworks(&known, models) }
    if let section = known["volumes"] { known["volumes"] = volumes(section, root) }
    for section in ["networks", "volumes", "secrets", "configs"] {
      if let value = known[section] { known[section] = named(value) }
    }
    let order = ["name", "services", "networks", "volumes", "secrets", "configs", "models"]
    let rest = known.keys.filter { !order.contains($0) }.sorted()
    return .mapping(
      (order + rest).compactMap { key in
        guard let value = known[key], key == "services" || !value.isEmpty else { return nil }
        return ModelEntry(key, value)
      })
  }

  private func isActive(_ name: String) -> Bool { drafts[name]?.isActive ?? true }

  // MARK: shapes

  /// The value of a node; nil: not set.
  func value(_ node: YAMLNode, _ shape: Shape) -> ModelValue? {
    if node.isNull { return nil }
    switch shape {
    case .any: return plain(node)
    case .scalar(let form): return scalar(node, form)
    case .list(let item, let identity): return list(node.items ?? [node], item, identity)
    case .word(_, let shape):
      guard node.scalar != nil, case .list(.object(let table), _) = shape else { return value(node, shape) }
      return .list([.mapping(table.implied { _ in false })])
    case .oneOrMany(let item, let identity): return list(node.items ?? [node], item, identity)
    case .command: return command(node)
    case .test: return test(node)
    case .pairs(let form): return pairs(node, form)
    case .names(let table): return names(node, table)
    case .mapping(_, let shape, _): return mapping(node, shape)
    case .object(let table): return object(node, table)
    case .short(let form, let table): return short(node, form, table)
    case .ulimit:
      return node.entries == nil
        ? scalar(node, .integer(-1...Int64.max)) : mapping(node, .scalar(.integer(-1...Int64.max)))
    case .external: return scalar(node.value("name") ?? node, node.entries == nil ? .boolean : .string)
    }
  }

  func object(_ node: YAMLNode, _ table: KeyTable) -> ModelValue {
    var result: [ModelEntry] = []
    for entry in node.entries ?? [] {
      // Where other keys are allowed, all of them are options: texts for a driver.
      let shape = table.otherKeys == nil ? table.keys[entry.key]?.shape ?? .any : .scalar(.any)
      if table.keys[entry.key]?.emptyIsUnset == true, entry.value.scalar?.text.isEmpty == true { continue }
      guard let value = value(entry.value, shape) else { continue }
      if case .external = shape {
        result += external(entry, value, node)
      } else {
        result.append(ModelEntry(entry.key, value))
      }
    }
    if table.definition == KeyTable.volume.definition { bindDevice(&result, node) }
    result += table.implied { key in result.contains { $0.key == key } }
    return .mapping(result.sorted { $0.key < $1.key })
  }

  /// `external: {name: x}` says in the obsolete way what `external: true` and `name: x` say.
  private func external(_ entry: YAMLEntry, _ value: ModelValue, _ node: YAMLNode) -> [ModelEntry] {
    switch value {
    case .string(let name):
      let isNamed = node.value("name").map { !$0.isNull } ?? false
      return [ModelEntry("external", .boolean(true))] + (isNamed ? [] : [ModelEntry("name", .string(name))])
    case .boolean(true): return [ModelEntry("external", .boolean(true))]
    default: return []
    }
  }

  private func list(_ items: [YAMLNode], _ item: Shape, _ identity: Identity) -> ModelValue {
    var result: [[ModelValue]] = []
    var places: [String: Int] = [:]
    for node in items where !node.isNull {
      let values = self.items(node, item)
      if let key = NodeIdentity.key(of: node, identity) {
        if let place = places[key] {
          result[place] = values
          continue
        }
        places[key] = result.count
      }
      result.append(values)
    }
    if case .port = identity { return .list(distinctPorts(result.flatMap { $0 })) }
    return .list(result.flatMap { $0 })
  }

  /// A range and one port of it are the same port once the range is written out; the last one counts.
  private func distinctPorts(_ items: [ModelValue]) -> [ModelValue] {
    var places: [[ModelValue?]: Int] = [:]
    var result: [ModelValue] = []
    for item in items {
      let key = ["host_ip", "published", "target", "protocol"].map { item[$0] }
      if item["published"] != nil, let place = places[key] {
        result[place] = item
      } else {
        places[key] = result.count
        result.append(item)
      }
    }
    return result
  }

  /// One item may stand for several: a range of ports.
  private func items(_ node: YAMLNode, _ shape: Shape) -> [ModelValue] {
    if case .short(.portShort, _) = shape { return ports(node) }
    return [value(node, shape)].compactMap { $0 }
  }

  private func command(_ node: YAMLNode) -> ModelValue {
    if let items = node.items { return .list(items.compactMap { $0.scalar.map { .string($0.text) } }) }
    let text = node.scalar?.text ?? ""
    guard let words = try? ShellWords.split(text) else { return .list([.string(text)]) }
    return .list(words.map { .string($0) })
  }

  private func test(_ node: YAMLNode) -> ModelValue {
    if let items = node.items { return .list(items.compactMap { $0.scalar.map { .string($0.text) } }) }
    let text = node.scalar?.text ?? ""
    return .list(text == "NONE" ? [.string("NONE")] : [.string("CMD-SHELL"), .string(text)])
  }

  private func names(_ node: YAMLNode, _ table: KeyTable?) -> ModelValue {
    let entries = (NodeForms.named(node).entries ?? []).map { entry -> ModelEntry in
      if let table, !entry.value.isNull, !entry.key.hasPrefix("x-") {
        let value = object(entry.value, table)
        return ModelEntry(entry.key, value.isEmpty ? .null : value)
      }
      return ModelEntry(entry.key, .null)
    }
    return .mapping(unique(entries).sorted { $0.key < $1.key })
  }

  private func mapping(_ node: YAMLNode, _ shape: Shape) -> ModelValue {
    let entries = (node.entries ?? []).map { entry in
      ModelEntry(entry.key, value(entry.value, entry.key.hasPrefix("x-") ? .any : shape) ?? .null)
    }
    return .mapping(entries.sorted { $0.key < $1.key })
  }

  func unique(_ entries: [ModelEntry]) -> [ModelEntry] {
    var places: [String: Int] = [:]
    var result: [ModelEntry] = []
    for entry in entries {
      if let place = places[entry.key] {
        result[place] = entry
      } else {
        places[entry.key] = result.count
        result.append(entry)
      }
    }
    return result
  }

  /// Data that the specification leaves to others, by the types of YAML.
  func plain(_ node: YAMLNode) -> ModelValue {
    switch node.content {
    case .mapping(let entries): return .mapping(entries.map { ModelEntry($0.key, plain($0.value)) })
    case .sequence(let items): return .list(items.map(plain))
    case .scalar(let scalar):
      // What a variable gave is text: only a typed key can make something else of it.
      if scalar.interpolation != nil { return .string(scalar.text) }
      switch scalar.kind {
      case .null: return .null
      case .boolean: return .boolean(scalar.text.lowercased() == "true")
      case .integer: return Int64(scalar.text).map { .integer($0) } ?? .string(scalar.text)
      case .float:
        // `.5` and `1.` are numbers in YAML alone.
        guard let value = Double(scalar.text), value.isFinite else { return .string(scalar.text) }
        return .decimal(String(value))
      case .string: return .string(scalar.text)
      }
    }
  }
}

extension ModelValue {
  /// Whether it says nothing.
  var isEmpty: Bool {
    switch self {
    case .null: true
    case .list(let items): items.isEmpty
    case .mapping(let entries): entries.isEmpty
    case .boolean, .integer, .decimal, .string: false
    }
  }
}

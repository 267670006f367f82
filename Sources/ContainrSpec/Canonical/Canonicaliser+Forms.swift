// Short forms as the long ones that they stand for: mounts, ports, devices, files, pairs.

extension Canonicaliser {
  func short(_ node: YAMLNode, _ form: ScalarForm, _ table: KeyTable) -> ModelValue {
    guard let scalar = node.scalar else { return longForm(node, form, table) }
    switch form {
    case .mountShort: return mount(scalar.text, node)
    case .deviceShort: return device(scalar.text)
    default:
      guard let key = table.shortKey, let rule = table.keys[key] else { return .string(scalar.text) }
      let entries = [ModelEntry(key, value(node, rule.shape) ?? .null)] + table.implied { $0 == key }
      return .mapping(entries.sorted { $0.key < $1.key })
    }
  }

  /// A long form with what goes without saying.
  private func longForm(_ node: YAMLNode, _ form: ScalarForm, _ table: KeyTable) -> ModelValue {
    guard case .mapping(var entries) = object(node, table) else { return .null }
    switch form {
    case .mountShort: fillMount(&entries, node)
    case .contextPath: break
    case .deviceShort:
      let source = entries.first { $0.key == "source" }?.value
      if !entries.contains(where: { $0.key == "target" }), let source { entries.append(ModelEntry("target", source)) }
      if !entries.contains(where: { $0.key == "permissions" }) {
        entries.append(ModelEntry("permissions", .string("rwm")))
      }
    default: break
    }
    return .mapping(entries.sorted { $0.key < $1.key })
  }

  private func fillMount(_ entries: inout [ModelEntry], _ node: YAMLNode) {
    let type = node.value("type")?.scalar?.text
    for index in entries.indices {
      if entries[index].key == "target", case .string(let text) = entries[index].value {
        entries[index].value = .string(PathText.normalise(text))
      }
      if entries[index].key == "source", type == "bind", case .string(let text) = entries[index].value {
        entries[index].value = .string(path(text, node))
      }
      if entries[index].key == "read_only", entries[index].value == .boolean(false) {
        entries[index].value = .null
      }
    }
    entries.removeAll { $0.value == .null }
  }

  // MARK: mounts

  private func mount(_ text: String, _ node: YAMLNode) -> ModelValue {
    if !options.interpolates, text.contains("$") { return .string(text) }
    guard let parts = try? MountText.parts(text) else { return .string(text) }
    var entries = [
      ModelEntry("type", .string(parts.isBind ? "bind" : "volume")), ModelEntry("target", .string(parts.target)),
    ]
    if let source = parts.source {
      entries.append(ModelEntry("source", .string(parts.isBind ? path(source, node) : source)))
    }
    var bind = parts.isBind ? [ModelEntry("create_host_path", .boolean(true))] : []
    var volume: [ModelEntry] = []
    for option in parts.options {
      switch option {
      case "ro": entries.append(ModelEntry("read_only", .boolean(true)))
      case "z", "Z": bind.append(ModelEntry("selinux", .string(option)))
      case "nocopy": volume.append(ModelEntry("nocopy", .boolean(true)))
      case "cached", "delegated", "consistent": entries.append(ModelEntry("consistency", .string(option)))
      case "private", "rprivate", "shared", "rshared", "slave", "rslave":
        bind.append(ModelEntry("propagation", .string(option)))
      default: continue
      }
    }
    if parts.isBind { entries.append(ModelEntry("bind", .mapping(bind.sorted { $0.key < $1.key }))) }
    if !parts.isBind { entries.append(ModelEntry("volume", .mapping(volume))) }
    return .mapping(entries.sorted { $0.key < $1.key })
  }

  /// A local volume with `o: bind` is a directory of the host, which may be written as a relative path.
  func bindDevice(_ volume: inout [ModelEntry], _ node: YAMLNode) {
    guard let options = node.value("driver_opts"), let device = options.value("device"), let text = device.scalar?.text,
      node.value("driver")?.scalar?.text == "local", options.value("o")?.scalar?.text == "bind",
      let place = volume.firstIndex(where: { $0.key == "driver_opts" })
    else { return }
    volume[place].value = .mapping(
      volume[place].value.entries.map { $0.key == "device" ? ModelEntry($0.key, .string(path(text, device))) : $0 })
  }

  // MARK: devices

  private func device(_ text: String) -> ModelValue {
    let parts = text.pieces(":")
    return .mapping([
      ModelEntry("permissions", .string(parts.count > 2 ? parts[2] : "rwm")), ModelEntry("source", .string(parts[0])),
      ModelEntry("target", .string(parts.count > 1 ? parts[1] : parts[0])),
    ])
  }

  // MARK: ports

  /// One entry for each port of a range, as Compose has it.
  func ports(_ node: YAMLNode) -> [ModelValue] {
    guard let scalar = node.scalar else { return longPorts(node) }
    if !options.interpolates, scalar.text.contains("$") { return [.string(scalar.text)] }
    let halves = scalar.text.pieces("/")
    let (address, host, container) = PortText.split(halves[0])
    return ports(
      container, host: host, transport: halves.count > 1 ? halves[1].lowercased() : "tcp",
      more: address.flatMap { $0.isEmpty ? nil : [ModelEntry("host_ip", .string($0))] } ?? []) ?? [.string(scalar.text)]
  }

  private func longPorts(_ node: YAMLNode) -> [ModelValue] {
    func text(_ key: String) -> String? { node.value(key)?.scalar.flatMap { $0.text.isEmpty ? nil : $0.text } }
    var more: [ModelEntry] = []
    for key in ["host_ip", "name", "app_protocol", "mode"] {
      if let text = text(key) { more.append(ModelEntry(key, .string(text))) }
    }
    return ports(
      text("target") ?? "", host: text("published"), transport: (text("protocol") ?? "tcp").lowercased(), more: more)
      ?? [plain(node)]
  }

  private func ports(_ container: String, host: String?, transport: String, more: [ModelEntry]) -> [ModelValue]? {
    guard let inside = try? PortText.numbers(container, in: container) else { return nil }
    let host = host.flatMap { $0.isEmpty ? nil : $0 }
    let outside = host.flatMap { try? PortText.numbers($0, in: $0) }
    return inside.enumerated().map { index, port in
      var entries = more
      if !entries.contains(where: { $0.key == "mode" }) { entries.append(ModelEntry("mode", .string("ingress"))) }
      entries.append(ModelEntry("protocol", .string(transport)))
      entries.append(ModelEntry("target", .integer(Int64(port))))
      if let outside, outside.count == inside.count {
        entries.append(ModelEntry("published", .string(String(outside.lowerBound + index))))
      } else if let host {
        entries.append(ModelEntry("published", .string(host)))
      }
      return .mapping(entries.sorted { $0.key < $1.key })
    }
  }

  // MARK: pairs

  func pairs(_ node: YAMLNode, _ form: PairForm) -> ModelValue {
    if case .hosts = form { return hosts(node) }
    let entries = (NodeForms.pairs(node, form) ?? []).compactMap { entry -> ModelEntry? in
      guard let scalar = entry.value.scalar, scalar.kind != .null else {
        return unset(entry, form).map { ModelEntry(entry.key, $0) }
      }
      return ModelEntry(entry.key, .string(paired(scalar.text, entry.value, form)))
    }
    return .mapping(unique(entries).sorted { $0.key < $1.key })
  }

  private func paired(_ text: String, _ node: YAMLNode, _ form: PairForm) -> String {
    if !options.interpolates, text.utf8.contains(UInt8(ascii: "$")) { return text }
    switch form {
    case .contexts: return contextPath(text, node)
    case .agents: return text.isEmpty ? text : path(text, node)
    case .environment, .arguments, .labels, .hosts: return text
    }
  }

  /// A name without a value: nil leaves it out.
  private func unset(_ entry: YAMLEntry, _ form: PairForm) -> ModelValue? {
    switch form {
    case .labels, .hosts, .contexts: return .string("")
    case .agents: return .null
    case .environment, .arguments:
      if options.resolvesEnvironment, options.interpolates, let value = entry.value.document.environment[entry.key] {
        return .string(value)
      }
      if case .arguments = form, options.normalises { return nil }
      return .null
    }
  }

  private func hosts(_ node: YAMLNode) -> ModelValue {
    var items: Set<String> = []
    for entry in NodeForms.pairs(node, .hosts) ?? [] {
      for value in entry.value.items ?? [entry.value] {
        for part in (value.scalar?.text ?? "").split(separator: ",", omittingEmptySubsequences: false) {
          let address = part.first == "[" && part.last == "]" ? part.dropFirst().dropLast() : part
          items.insert("\(entry.key)=\(address)")
        }
      }
    }
    return .list(items.sorted().map { .string($0) })
  }
}

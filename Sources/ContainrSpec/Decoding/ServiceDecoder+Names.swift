// container_name, links, external_links, extra_hosts, dns, dns_search and dns_opt: names beside the service's own.
internal import ContainrAddresses

extension ServiceDecoder {
  mutating func decodeNames(_ reader: ObjectReader) {
    set("container_name", reader["container_name"], into: \.containerName) { text throws(ValueProblem) in
      try NameText.object(text, "container")
    }
    draft.plan.links = links(reader["links"])
    for link in draft.plan.links where link.target != draft.plan.name && context.serviceNames.contains(link.target) {
      guard !draft.plan.dependsOn.contains(where: { $0.service == link.target }) else { continue }
      draft.plan.dependsOn.append(DependencyPlan(service: link.target, condition: .started, restart: true))
      draft.origins["depends_on.\(link.target)"] = draft.origins["links.\(link.name)"]
    }
    draft.plan.dependsOn.sort { $0.service < $1.service }
    draft.plan.externalLinks = links(reader["external_links"])
    decodeHosts(reader["extra_hosts"])
    var resolver = ResolverPlan()
    resolver.servers = words(reader["dns"]) { text throws(ValueProblem) in
      _ = try AddressText.any(text)
      return text
    }
    resolver.search = words(reader["dns_search"]) { text throws(ValueProblem) in
      text == "." ? text : try Self.resolvable(text.last == "." ? String(text.dropLast()) : text)
    }
    resolver.options = words(reader["dns_opt"], allowsScalar: false) { text throws(ValueProblem) in
      try Self.resolverOption(text)
    }
    warnOfLoopback(reader["dns"])
    if resolver != ResolverPlan() { draft.plan.resolver = resolver }
    checkNames(reader)
  }

  /// Others take it as the container's own, where seldom anything listens.
  private func warnOfLoopback(_ entry: YAMLEntry?) {
    guard let entry else { return }
    for item in entry.value.items ?? [entry.value] {
      guard let text = item.scalar?.text, IPAddress(text)?.isLoopback == true else { continue }
      context.warning(
        .suspiciousValue, "\(text) is asked by this host: its own loopback, not the container's", at: item.span,
        label: "a resolver of the host")
    }
  }

  /// `TARGET` or `TARGET:NAME`, each name once.
  private mutating func links(_ entry: YAMLEntry?) -> [LinkPlan] {
    guard let entry, let items = context.items(entry.value, key: entry.key) else { return [] }
    var links: [LinkPlan] = []
    for item in items {
      let link = context.value(item, key: entry.key) { text throws(ValueProblem) in
        let parts = text.pieces(":")
        guard parts.count <= 2, !parts[0].isEmpty else {
          throw ValueProblem(
            text.isEmpty ? .invalidValue : .cannotHonour, "\(DisplayText.quote(text)) is no link",
            help: "write TARGET or TARGET:NAME")
        }
        return LinkPlan(name: try Self.resolvable(parts[parts.count - 1]).lowercased(), target: parts[0])
      }
      guard let link else { continue }
      let path = "\(entry.key).\(link.name)"
      if let first = draft.origins[path] {
        context.error(
          .duplicateEntry, "the name '\(link.name)' is linked twice", at: item.span, label: "linked again here",
          secondary: [.init(span: first, label: "first linked here")])
        continue
      }
      draft.origins[path] = item.span
      links.append(link)
    }
    return links.sorted { $0.name < $1.name }
  }

  private mutating func decodeHosts(_ entry: YAMLEntry?) {
    guard let entry else { return }
    ShapeChecker(context: context).check(entry.value, .pairs(.hosts), key: entry.key)
    var hosts: [HostEntryPlan] = []
    for pair in NodeForms.pairs(entry.value, .hosts) ?? [] where !pair.key.isEmpty {
      for value in pair.value.items ?? [pair.value] {
        for part in (value.scalar?.text ?? "").split(separator: ",") {
          let isBracketed = part.first == "[" && part.last == "]"
          let text = isBracketed ? String(part.dropFirst().dropLast()) : String(part)
          let host = HostEntryPlan(name: pair.key, address: text)
          if !hosts.contains(host) { hosts.append(host) }
        }
      }
      let name = context.value(
        entry.value.with(.scalar(YAMLScalar(text: pair.key, isPlain: false))), key: entry.key
      ) { text throws(ValueProblem) in try Self.resolvable(text) }
      if name == nil { return }
    }
    draft.plan.extraHosts = hosts.sorted { ($0.name, $0.address) < ($1.name, $1.address) }
    draft.origins["extra_hosts"] = entry.keySpan
  }

  /// A scalar or a list; what is empty asks for nothing. The order is kept: it is the resolver's.
  private mutating func words(
    _ entry: YAMLEntry?, allowsScalar: Bool = true, _ read: (String) throws(ValueProblem) -> String
  ) -> [String] {
    guard let entry, let items = context.items(entry.value, key: entry.key, allowsScalar: allowsScalar) else {
      return []
    }
    var words: [String] = []
    for item in items where item.scalar?.text.isEmpty != true {
      guard let word = context.value(item, key: entry.key, read), !words.contains(word) else { continue }
      words.append(word)
    }
    draft.origins[entry.key] = entry.keySpan
    return words
  }

  /// A name that can be looked up. The specification takes any text, and others look for it in vain.
  private static func resolvable(_ text: String) throws(ValueProblem) -> String {
    do throws(ValueProblem) { return try NameText.alias(text) } catch {
      throw ValueProblem(.cannotHonour, error.message, label: "nobody could look it up", help: error.help)
    }
  }

  /// One word of `options` in resolv.conf(5): it may not bring a line of its own.
  private static func resolverOption(_ text: String) throws(ValueProblem) -> String {
    guard text.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: ";") }) else {
      throw ValueProblem(
        .cannotHonour, "\(DisplayText.quote(text)) is no option of a resolver", help: "such as ndots:2 or use-vc")
    }
    return text
  }

  /// Keys that have no meaning with the network of somebody else, or with none.
  private func checkNames(_ reader: ObjectReader) {
    guard let mode = reader["network_mode"], let owner = draft.plan.namespace(.network) else { return }
    let resolving = ["dns", "dns_search", "dns_opt"]
    let linking = ["links", "external_links"]
    let keys: [String] =
      switch owner {
      case .host: linking
      case .empty: linking + resolving
      default: linking + resolving + ["extra_hosts"]
      }
    for key in keys {
      guard let other = reader[key], !ObjectReader.asksNothing(other.value, []) else { continue }
      context.error(
        .cannotHonour, "'\(key)' has no meaning with 'network_mode: \(NamespacePlan(.network, owner).text)'",
        at: other.keySpan,
        label: owner == .empty ? "there is nobody to ask" : "whose names are found is that network's affair",
        secondary: [.init(span: mode.keySpan, label: "the network is not the container's own")],
        help: "remove one of them")
    }
    if owner == .empty, let entry = reader["extra_hosts"],
      draft.plan.extraHosts.contains(where: { $0.address == HostEntryPlan.gateway })
    {
      context.error(
        .cannotHonour, "'host-gateway' has no meaning with 'network_mode: none'", at: entry.keySpan,
        label: "the host cannot be reached", secondary: [.init(span: mode.keySpan, label: "because of this")],
        help: "remove one of them")
    }
  }
}

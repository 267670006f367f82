// network_mode, ipc, pid, uts, cgroup and userns_mode: whose namespaces a service uses, and what follows from it.

extension ServiceDecoder {
  mutating func decodeNamespaces(_ reader: ObjectReader) {
    for kind in NamespacePlan.Kind.allCases {
      let key = kind.rawValue
      guard let entry = reader.honoured(key, .service) else { continue }
      let owner = context.value(entry.value, key: key) { text throws(ValueProblem) in
        try NamespaceText.owner(text, of: kind)
      }
      guard let found = owner, let owner = found else { continue }
      draft.plan.namespaces.append(NamespacePlan(kind, owner))
      draft.origins[key] = entry.keySpan
      if case .service(let name) = owner { needs(name, because: entry, reader["depends_on"], kind) }
    }
    checkShared(reader)
  }

  /// The owner of a namespace starts first, and who shares one of a process that is gone has to start again: but for a
  /// network, which is there as long as anybody is in it, and which its owner joins again.
  private mutating func needs(
    _ service: String, because entry: YAMLEntry, _ dependencies: YAMLEntry?, _ kind: NamespacePlan.Kind
  ) {
    // That there is none of this name is reported where the name stands.
    guard context.serviceNames.contains(service), service != draft.plan.name else {
      if service == draft.plan.name {
        context.error(
          .conflict, "'\(entry.key)' names the service itself", at: entry.value.span, label: "nothing would be shared",
          help: "name another service, or remove it")
      }
      return
    }
    if let index = draft.plan.dependsOn.firstIndex(where: { $0.service == service }) {
      insist(on: index, because: entry, Self.entry(service, of: dependencies), kind)
      return
    }
    draft.plan.dependsOn.append(DependencyPlan(service: service, condition: .started, restart: kind != .network))
    draft.plan.dependsOn.sort { $0.service < $1.service }
    draft.origins["depends_on.\(service)"] = entry.keySpan
  }

  /// A dependency that the file has already is one that sharing needs; `written` says otherwise at most by mistake.
  private mutating func insist(
    on index: Int, because entry: YAMLEntry, _ written: YAMLEntry?, _ kind: NamespacePlan.Kind
  ) {
    let dependency = draft.plan.dependsOn[index]
    if kind != .network { draft.plan.dependsOn[index].restart = true }
    draft.plan.dependsOn[index].required = true
    func place(_ key: String) -> SourceSpan? { Self.entry(key, of: written)?.keySpan }
    let secondary = [Diagnostic.Label(span: entry.keySpan, label: "shared here")]
    if !dependency.required, let span = place("required") {
      context.error(
        .conflict, "'required: false' and '\(entry.key): service:\(dependency.service)' exclude each other", at: span,
        label: "there is nothing to share without it", secondary: secondary, help: "remove one of them")
    }
    if kind != .network, !dependency.restart, let span = place("restart") {
      context.warning(
        .suspiciousValue, "'restart: false' has no meaning with '\(entry.key): service:\(dependency.service)'",
        at: span, label: "it restarts with whom it shares with", secondary: secondary, help: "remove it")
    }
  }

  /// An entry of a mapping; nil: it is a list, or has none of this key.
  private static func entry(_ key: String, of parent: YAMLEntry?) -> YAMLEntry? {
    guard case .mapping(let entries) = parent?.value.content else { return nil }
    return entries.first { $0.key == key }
  }

  /// Keys that have no meaning in a namespace of somebody else.
  private func checkShared(_ reader: ObjectReader) {
    if let entry = reader["network_mode"], let owner = draft.plan.namespace(.network) {
      for key in ["ports", "mac_address"] {
        guard let other = reader[key], !ObjectReader.asksNothing(other.value, []) else { continue }
        let message = "'\(key)' has no meaning with 'network_mode: \(NamespacePlan(.network, owner).text)'"
        let secondary = [Diagnostic.Label(span: entry.keySpan, label: "the network is not the container's own")]
        if (owner == .host && key == "ports") || (owner == .empty && key == "mac_address") {
          // As in other tools: the process's ports are the host's already, and there is nothing to have the address.
          context.warning(
            .suspiciousValue, message, at: other.keySpan, label: "has no effect", secondary: secondary,
            help: "remove it")
        } else {
          context.error(
            .conflict, message, at: other.keySpan, label: "there is no network of its own", secondary: secondary,
            help: "remove one of them")
        }
      }
    }
    if let entry = reader["network_mode"], let owner = draft.plan.namespace(.network) {
      for key in ["ingress", "egress"] {
        guard let span = draft.origins["x-containr.\(key)"] else { continue }
        context.error(
          .conflict, "'\(key)' has no meaning with 'network_mode: \(NamespacePlan(.network, owner).text)'", at: span,
          label: "there is no network of its own",
          secondary: [.init(span: entry.keySpan, label: "the network is not the container's own")],
          help: "remove one of them")
      }
    }
    if let entry = reader["ipc"], draft.plan.namespace(.ipc) != nil, let size = reader["shm_size"],
      size.value.scalar?.text != "0"
    {
      context.warning(
        .suspiciousValue, "'shm_size' has no meaning with 'ipc: \(entry.value.scalar?.text ?? "")'", at: size.keySpan,
        label: "has no effect",
        secondary: [.init(span: entry.keySpan, label: "/dev/shm is not its own")], help: "remove it")
    }
    guard draft.plan.namespace(.uts) == .host else { return }
    for key in ["hostname", "domainname"] {
      guard let other = reader[key] else { continue }
      context.error(
        .conflict, "'\(key)' would rename the host", at: other.keySpan, label: "set here",
        secondary: reader["uts"].map { [.init(span: $0.keySpan, label: "the name is the host's")] } ?? [],
        help: "remove one of them")
    }
  }

  /// After all that it looks at.
  mutating func checkOwnIDs(_ reader: ObjectReader) {
    decodeHostUser(reader)
    if draft.plan.namespace(.user) == .automatic, let mode = reader["userns_mode"] {
      let others = draft.plan.namespaces.filter { $0.kind != .user && $0.owner != .empty }.map(\.kind.rawValue)
      for key in others + (draft.plan.security?.privileged == true ? ["privileged"] : []) {
        guard let other = reader[key] else { continue }
        context.error(
          .conflict, "'\(key)' and ids of its own exclude each other", at: other.keySpan,
          label: "who has other ids has no rights over this",
          secondary: [.init(span: mode.keySpan, label: "asked for here")],
          help: "remove one of them")
      }
    }
  }
}

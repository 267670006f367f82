// Decodes the root of a stack file: its sections, and things that stand at the wrong level.

struct StackDecoder {
  /// The smallest stack, shown when there is none.
  static let sketch =
    "a stack file begins like this:\nservices:\n  web:\n    layers: [./rootfs]\n    command: [httpd, -f]"
  private static let sections: Set<String> = ["services", "networks", "volumes", "configs", "secrets"]

  let context: LoadContext
  let projectName: String

  func decode(_ root: YAMLNode) -> StackDraft? {
    guard case .mapping = root.content else {
      context.error(
        .wrongType, "the file holds \(root.typeName) instead of a mapping", at: root.span, label: "expected a mapping",
        help: Self.sketch)
      return nil
    }
    var misplaced = false
    let reader = ObjectReader(root, .stack, key: "the file", context: context) { entry in
      guard looksLikeService(entry.value) else { return false }
      misplaced = true
      context.error(
        .misplaced, "\(DisplayText.quote(entry.key)) looks like a service, but stands at the top level",
        at: entry.keySpan, label: "not a top-level key", help: "indent it under 'services:'")
      return true
    }
    guard let reader else { return nil }
    if let version = reader.entry("version") {
      context.sink.add(
        Diagnostic(
          severity: .note, code: DiagnosticCode.obsoleteKey.rawValue, message: "'version' has no meaning any more",
          primary: version.keySpan, label: "can be removed",
          fixes: LineFix.remove(version, version.value.document.source, "remove 'version'")))
    }
    var draft = StackDraft()
    for entry in section(reader["networks"]) {
      draft.networks[entry.key] = NetworkDecoder(context: context, projectName: projectName).decode(entry)
    }
    for entry in section(reader["volumes"]) {
      draft.volumes[entry.key] = VolumeDecoder(context: context, projectName: projectName).decode(entry)
    }
    for kind in ContentPlan.Kind.allCases {
      for entry in section(reader[kind.section]) {
        draft.contents["\(kind.section).\(entry.key)"] = ContentDecoder(context: context, kind: kind).decode(entry)
      }
    }
    guard let services = reader["services"] else {
      if !misplaced {
        let span = reader.entry("services")?.keySpan ?? context.source.span(0, 0)
        context.error(.missingKey, "the file has no services", at: span, label: "nothing to run", help: Self.sketch)
      }
      return draft
    }
    let entries = section(services)
    warnOfOwnData(services)
    if case .mapping = services.value.content, entries.isEmpty {
      // `config` prints it where no profile is active; there is nothing to run, but nothing wrong either.
      let severity: Diagnostic.Severity = context.input.purpose == .run ? .error : .warning
      context.sink.add(
        Diagnostic(
          severity: severity, code: DiagnosticCode.missingKey.rawValue, message: "the file has no services",
          primary: services.keySpan, label: "nothing to run", help: Self.sketch))
    }
    context.serviceNames = Set(entries.map(\.key))
    let profile = securityProfile(reader)
    let policy = ServiceDecoder.word("publish", reader, context, as: PublishPolicy.self)
    let limits = ServiceDecoder.word("limits", reader, context, as: LimitPolicy.self)
    for entry in entries {
      guard var service = service(entry) else { continue }
      if let profile, service.plan.security?.profile == nil {
        service.plan.security = service.plan.security ?? SecurityPlan()
        service.plan.security?.profile = profile.value
        service.origins["x-containr.security"] = profile.span
      }
      if let policy, service.plan.publish == nil {
        service.plan.publish = policy.value
        service.origins["x-containr.publish"] = policy.span
      }
      if let limits, service.plan.limitPolicy == nil {
        service.plan.limitPolicy = limits.value
        service.origins["x-containr.limits"] = limits.span
      }
      draft.services.append(service)
    }
    return draft
  }

  /// The profile of all services that name none.
  private func securityProfile(_ reader: ObjectReader) -> (value: SecurityPlan.Profile, span: SourceSpan)? {
    guard let entry = reader["x-containr"]?.value.entries?.first(where: { $0.key == "security" }), !entry.value.isNull,
      let value = ServiceDecoder.securityProfile(entry, context)
    else { return nil }
    return (value, entry.keySpan)
  }

  /// Keys with `x-` are data of the file's own everywhere; other tools take them for services here, so it is said.
  private func warnOfOwnData(_ services: YAMLEntry) {
    for entry in services.value.entries ?? [] where entry.key.hasPrefix("x-") && looksLikeService(entry.value) {
      context.warning(
        .suspiciousValue, "'\(entry.key)' is not started: keys that begin with 'x-' are data of the file's own",
        at: entry.keySpan, label: "other tools take this for a service",
        help: "give it another name, or move it to the left margin")
    }
  }

  private func section(_ entry: YAMLEntry?) -> [YAMLEntry] {
    guard let entry else { return [] }
    return (context.entries(entry.value, key: entry.key) ?? []).filter { !$0.key.hasPrefix("x-") }
  }

  private func service(_ entry: YAMLEntry) -> ServiceDraft? {
    if Self.sections.contains(entry.key), !looksLikeService(entry.value) {
      context.error(
        .misplaced, "'\(entry.key)' stands under 'services' and is read as a service's name", at: entry.keySpan,
        label: "indented too far", help: "move it to the left margin")
      return nil
    }
    do throws(ValueProblem) {
      _ = try NameText.service(entry.key)
    } catch {
      context.error(error.code, error.message, at: entry.keySpan, label: error.label, help: error.help)
    }
    var decoder = ServiceDecoder(context: context, name: entry.key, span: entry.keySpan)
    return decoder.decode(entry) ? decoder.draft : nil
  }

  private func looksLikeService(_ node: YAMLNode) -> Bool {
    guard case .mapping(let entries) = node.content else { return false }
    let telling: Set<String> = [
      "image", "layers", "build", "command", "entrypoint", "ports", "environment", "depends_on",
    ]
    return entries.contains { telling.contains($0.key) }
  }
}

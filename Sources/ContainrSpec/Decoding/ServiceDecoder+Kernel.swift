// What a service asks of the kernel for its processes: sysctls, ulimits, /dev/shm, the OOM killer, groups, names.

extension ServiceDecoder {
  mutating func decodeKernel(_ reader: ObjectReader) {
    draft.plan.sysctls = named(reader["sysctls"], "sysctls", "a kernel parameter")
    draft.plan.annotations = named(reader["annotations"], "annotations", "an annotation")
    decodeUlimits(reader)
    if let entry = reader["shm_size"] {
      let size = context.value(entry.value, key: "shm_size", expected: "a size") { text throws(ValueProblem) in
        try ByteSizeText.bytes(text)
      }
      // 0 is the default, as in other tools.
      if let size, size > 0 {
        draft.plan.shmSize = size
        draft.origins["shm_size"] = entry.keySpan
      }
    }
    if let entry = reader["init"], let value = context.boolean(entry.value, key: "init"), value {
      draft.plan.usesInit = true
      draft.origins["init"] = entry.keySpan
    }
    if let entry = reader["tty"], let value = context.boolean(entry.value, key: "tty"), value {
      draft.plan.hasTerminal = true
      draft.origins["tty"] = entry.keySpan
    }
    if let entry = reader["stdin_open"], let value = context.boolean(entry.value, key: "stdin_open"), value {
      draft.plan.keepsInput = true
      draft.origins["stdin_open"] = entry.keySpan
    }
    if let entry = reader["oom_score_adj"],
      let value = context.integer(entry.value, key: "oom_score_adj", -1000...1000)
    {
      draft.plan.oomScoreAdjust = Int(value)
      draft.origins["oom_score_adj"] = entry.keySpan
    }
    if let entry = reader["group_add"], let items = context.items(entry.value, key: "group_add"), !items.isEmpty {
      let names = items.compactMap { item in
        context.value(item, key: "group_add") { text throws(ValueProblem) in try UserText.id(text) }
      }
      draft.plan.groups = Set(names).sorted()
      draft.origins["group_add"] = entry.keySpan
    }
    if let entry = reader["cgroup_parent"] {
      draft.plan.cgroupParent = context.value(entry.value, key: "cgroup_parent") { text throws(ValueProblem) in
        try Self.cgroupParent(text)
      }
      draft.origins["cgroup_parent"] = entry.keySpan
    }
    set("domainname", reader.honoured("domainname", .service), into: \.domainName) { text throws(ValueProblem) in
      try NameText.host(text)
    }
    set("mac_address", reader["mac_address"], into: \.macAddress) { text throws(ValueProblem) in
      try Self.hardwareAddress(text)
    }
  }

  private mutating func named(_ entry: YAMLEntry?, _ key: String, _ what: String) -> [EnvironmentPlan] {
    var values: [String: String] = [:]
    for pair in pairs(entry, key: key, what: what) {
      values[pair.name] = pair.value ?? ""
      draft.origins["\(key).\(pair.name)"] = pair.span
    }
    return values.sorted { $0.key < $1.key }.map { EnvironmentPlan(name: $0.key, value: $0.value) }
  }

  private mutating func decodeUlimits(_ reader: ObjectReader) {
    guard let entry = reader["ulimits"], let entries = context.entries(entry.value, key: "ulimits") else { return }
    for limit in entries where !limit.key.hasPrefix("x-") && !limit.value.isNull {
      ShapeChecker(context: context).check(limit.value, .ulimit, key: limit.key)
      func number(_ node: YAMLNode?) -> Int64? {
        guard let text = node?.scalar?.text else { return nil }
        do throws(ValueProblem) { return try NumberText.integer(text, -1...Int64.max) } catch { return nil }
      }
      let isPair = limit.value.entries != nil
      guard let soft = number(isPair ? limit.value.value("soft") : limit.value),
        let hard = number(isPair ? limit.value.value("hard") : limit.value)
      else { continue }
      let name = limit.key.lowercased()
      guard Self.limits.contains(name) else {
        let near = NearestName.suggestion(for: name, among: Self.limits)
        context.error(
          .cannotHonour, "there is no limit \(DisplayText.quote(limit.key))", at: limit.keySpan,
          label: "expected one of \(Self.limits.joined(separator: ", "))", help: near.map { "did you mean '\($0)'?" })
        continue
      }
      // -1 is unlimited: more than any number.
      if hard != -1, soft == -1 || soft > hard {
        context.error(
          .conflict, "the soft limit of '\(name)' is above the hard one", at: limit.value.span,
          label: "\(soft) is more than \(hard)")
        continue
      }
      draft.plan.ulimits.append(UlimitPlan(name: name, soft: soft, hard: hard))
      draft.origins["ulimits.\(name)"] = limit.keySpan
    }
    draft.plan.ulimits.sort { $0.name < $1.name }
  }

  /// getrlimit(2)'s, in Docker's words.
  private static let limits = [
    "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
    "rttime", "sigpending", "stack",
  ]

  /// A path below the roots of the hierarchies, without a leading slash.
  private static func cgroupParent(_ text: String) throws(ValueProblem) -> String {
    let parts = text.pieces("/").filter { !$0.isEmpty && $0 != "." }
    if text.hasSuffix(".slice") && !text.contains("/") {
      throw ValueProblem(
        .cannotHonour, "\(DisplayText.quote(text)) is a slice of systemd", label: "systemd is not asked for cgroups",
        help: "write the cgroup's path, such as /jobs/nightly")
    }
    guard !parts.isEmpty, !parts.contains(".."), text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
      throw ValueProblem(
        .path, "\(DisplayText.quote(text)) is no path of a cgroup", help: "write a path such as /jobs/nightly")
    }
    return parts.joined(separator: "/")
  }

  /// Six bytes with colons, lower case, of one interface.
  static func hardwareAddress(_ text: String) throws(ValueProblem) -> String {
    try AddressText.mac(text)
    let bytes = text.lowercased().split(whereSeparator: { $0 == ":" || $0 == "-" || $0 == "." })
    let digits = bytes.joined()
    guard digits.utf8.count == 12, let first = digits.prefix(2).last.flatMap({ Int(String($0), radix: 16) }),
      first & 1 == 0, digits.contains(where: { $0 != "0" })
    else {
      throw ValueProblem(
        .cannotHonour, "\(DisplayText.quote(text)) is not the address of one interface",
        label: "six bytes are needed, the first of them even", help: "write an address such as 02:42:ac:11:00:03")
    }
    let pairs = stride(from: 0, to: 12, by: 2).map { offset in String(digits.dropFirst(offset).prefix(2)) }
    return pairs.joined(separator: ":")
  }
}

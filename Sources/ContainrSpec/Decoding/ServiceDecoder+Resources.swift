// Limits of one container: memory, CPU, processes. Two ways to write each must agree.

extension ServiceDecoder {
  mutating func decodeResources(_ reader: ObjectReader) {
    memory(reader["mem_limit"], path: "mem_limit", key: "mem_limit", into: \.memoryLimit)
    memory(reader["mem_reservation"], path: "mem_reservation", key: "mem_reservation", into: \.memoryReservation)
    if let entry = reader["memswap_limit"] {
      let value = context.value(entry.value, key: "memswap_limit") { text throws(ValueProblem) in
        text == "-1" ? Int64(-1) : try ByteSizeText.bytes(text)
      }
      if let value, value != 0 {
        draft.plan.resources.memorySwapLimit = value
        draft.origins["memswap_limit"] = entry.keySpan
      }
    }
    if let entry = reader.honoured("mem_swappiness", .service),
      let value = context.integer(entry.value, key: "mem_swappiness", -1...100), value >= 0
    {
      draft.plan.resources.memorySwappiness = Int(value)
      draft.origins["mem_swappiness"] = entry.keySpan
    }
    if let entry = reader.honoured("oom_kill_disable", .service),
      let value = context.boolean(entry.value, key: "oom_kill_disable"), value
    {
      draft.plan.resources.disablesOOMKiller = true
      draft.origins["oom_kill_disable"] = entry.keySpan
    }
    processors(reader["cpus"], key: "cpus")
    if let entry = reader["cpu_count"],
      let count = context.integer(entry.value, key: "cpu_count", 0...100_000), count != 0,
      claim("cpus", key: "cpu_count", value: ServiceFlattener.decimal(count * 1000), at: entry.keySpan)
    {
      draft.plan.resources.milliCPUs = count * 1000
    }
    decodeQuota(reader)
    if let entry = reader["cpu_shares"],
      let value = context.integer(entry.value, key: "cpu_shares", 0...262_144), value != 0
    {
      if value == 1 {
        context.report(
          ValueProblem(.cannotHonour, "the kernel's smallest share is 2", label: "would be taken as 2"), at: entry.value
        )
      }
      draft.plan.resources.cpuShares = value
      draft.origins["cpu_shares"] = entry.keySpan
    }
    if let entry = reader["cpuset"], entry.value.scalar?.text != "" {
      draft.plan.resources.cpuset = context.value(entry.value, key: "cpuset") { text throws(ValueProblem) in
        try NumberText.cpuset(text)
      }
      draft.origins["cpuset"] = entry.keySpan
    }
    processes(reader["pids_limit"], key: "pids_limit")
  }

  /// The scheduler's own numbers, in microseconds; 0 stands for the kernel's.
  private mutating func decodeQuota(_ reader: ObjectReader) {
    time(reader["cpu_period"], "cpu_period", 1000...1_000_000, into: \.cpuPeriod)
    time(reader["cpu_quota"], "cpu_quota", 1000...Int64.max / 1000, into: \.cpuQuota)
    time(reader.honoured("cpu_rt_period", .service), "cpu_rt_period", 1...1_000_000, into: \.realtimePeriod)
    time(reader.honoured("cpu_rt_runtime", .service), "cpu_rt_runtime", 1...1_000_000, into: \.realtimeRuntime)
    guard draft.plan.resources.milliCPUs != nil else { return }
    for key in ["cpu_period", "cpu_quota"] {
      guard let span = draft.origins[key] else { continue }
      context.error(
        .conflict, "'\(key)' and a number of CPUs exclude each other", at: span, label: "one quota here",
        secondary: [.init(span: draft.span("cpus"), label: "another one here")], help: "remove one of them")
    }
  }

  private mutating func time(
    _ entry: YAMLEntry?, _ key: String, _ range: ClosedRange<Int64>,
    into field: WritableKeyPath<ResourcePlan, Int64?>
  ) {
    guard let entry else { return }
    let value = context.value(entry.value, key: key, expected: "a number") { text throws(ValueProblem) in
      let isNumber = CoreNumber.isInteger(Array(text.utf8))
      let value =
        isNumber ? try NumberText.integer(text, Int64.min...Int64.max) : try DurationText.nanoseconds(text) / 1000
      // -1 is docker's word for no quota.
      guard value == 0 || value == -1 || range.contains(value) else {
        throw ValueProblem(
          .cannotHonour, "\(DisplayText.quote(text)) is out of the kernel's range",
          label: "expected \(range.lowerBound) to \(range.upperBound) microseconds")
      }
      return value
    }
    guard let value, value > 0 else { return }
    draft.plan.resources[keyPath: field] = value
    draft.origins[key] = entry.keySpan
  }

  /// Reads a size; 0 stands for no limit.
  mutating func memory(
    _ entry: YAMLEntry?, path: String, key: String, into field: WritableKeyPath<ResourcePlan, Int64?>
  ) {
    guard let entry else { return }
    let value = context.value(entry.value, key: key, expected: "a size") { text throws(ValueProblem) in
      try ByteSizeText.bytes(text)
    }
    guard let value, value != 0, claim(path, key: key, value: String(value), at: entry.keySpan) else { return }
    draft.plan.resources[keyPath: field] = value
    if path == "mem_limit", value < 6 << 20 {
      let unit =
        entry.value.scalar.map { $0.text.isDigits && value < 65_536 ? "did you mean \($0.text)m?" : nil } ?? nil
      context.warning(
        .suspiciousValue, "a memory limit of \(value) bytes is hardly enough for a process", at: entry.value.span,
        label: "less than 6 MiB", notes: context.notes(about: entry.value), help: unit,
        fixes: unit == nil ? [] : context.rewriting(entry.value, to: "\(value)m", .maybe))
    }
  }

  mutating func processors(_ entry: YAMLEntry?, key: String) {
    guard let entry else { return }
    let value = context.value(entry.value, key: key, expected: "a number") { text throws(ValueProblem) in
      try NumberText.milliCPUs(text)
    }
    guard let value, value != 0, claim("cpus", key: key, value: ServiceFlattener.decimal(value), at: entry.keySpan)
    else { return }
    draft.plan.resources.milliCPUs = value
  }

  /// -1 and 0 stand for no limit.
  mutating func processes(_ entry: YAMLEntry?, key: String) {
    guard let entry, let value = context.integer(entry.value, key: key, -1...4_194_304), value > 0,
      claim("pids_limit", key: key, value: String(value), at: entry.keySpan)
    else { return }
    draft.plan.resources.pidsLimit = value
  }

  mutating func decodeBlockIO(_ reader: ObjectReader) {
    guard let entry = reader["blkio_config"],
      let config = ObjectReader(entry.value, .blockIO, key: "blkio_config", context: context)
    else { return }
    if let weight = config["weight"], let value = context.integer(weight.value, key: "weight", 0...1000), value != 0 {
      if value < 10 {
        context.report(
          ValueProblem(.number, "the weight \(value) is out of range", label: "expected 10 to 1000"), at: weight.value)
      }
      draft.plan.resources.blockIOWeight = Int(value)
      draft.origins["blkio_config.weight"] = weight.keySpan
    }
    let kinds: [BlockIOPlan.Kind] = [.weight, .readBytes, .writeBytes, .readOperations, .writeOperations]
    for kind in kinds {
      guard let list = config[kind.rawValue], let items = context.items(list.value, key: kind.rawValue) else {
        continue
      }
      for item in items { blockDevice(item, kind) }
    }
    draft.plan.resources.blockIODevices.sort { ($0.kind.rawValue, $0.path) < ($1.kind.rawValue, $1.path) }
  }

  private mutating func blockDevice(_ item: YAMLNode, _ kind: BlockIOPlan.Kind) {
    let table: KeyTable = kind == .weight ? .blockIOWeight : .blockIOLimit
    let valueKey = kind == .weight ? "weight" : "rate"
    guard let reader = ObjectReader(item, table, key: kind.rawValue, context: context) else { return }
    guard let path = reader["path"], let rate = reader[valueKey] else {
      context.error(
        .missingKey, "the entry of '\(kind.rawValue)' is incomplete", at: item.span,
        label: "needs 'path' and '\(valueKey)'")
      return
    }
    let device = context.value(path.value, key: "path") { text throws(ValueProblem) in try PathText.inContainer(text) }
    let value =
      switch kind {
      case .weight: context.integer(rate.value, key: "weight", 10...1000)
      case .readOperations, .writeOperations, .readBytes, .writeBytes:
        // `1k` operations are 1024 of them: one form for all four limits.
        context.value(rate.value, key: "rate", expected: "a size") { text throws(ValueProblem) in try Self.rate(text) }
      }
    guard let device, let value else { return }
    let field = "blkio_config.\(kind.rawValue).\(device)"
    if let first = draft.origins[field] {
      context.error(
        .duplicateEntry, "'\(kind.rawValue)' lists the device \(DisplayText.quote(device)) twice", at: path.keySpan,
        label: "listed again here", secondary: [.init(span: first, label: "first listed here")])
      return
    }
    draft.origins[field] = path.keySpan
    draft.plan.resources.blockIODevices.append(BlockIOPlan(kind: kind, path: device, rate: value))
  }

  private static func rate(_ text: String) throws(ValueProblem) -> Int64 {
    let rate = try ByteSizeText.bytes(text)
    guard rate > 0 else { throw ValueProblem(.byteSize, "a rate must be above 0", help: "such as 1mb") }
    return rate
  }
}

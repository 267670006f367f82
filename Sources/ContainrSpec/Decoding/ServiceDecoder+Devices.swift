// devices, device_cgroup_rules, gpus and reserved devices.

extension ServiceDecoder {
  mutating func decodeDevices(_ reader: ObjectReader) {
    if let entry = reader.honoured("devices", .service), let items = context.items(entry.value, key: "devices") {
      for item in items {
        guard let device = device(item) else { continue }
        let field = "devices.\(device.isCDI ? device.source : device.target)"
        if let first = draft.origins[field] {
          context.warning(
            .duplicateEntry, "two devices are \(DisplayText.quote(device.target)) inside", at: item.span,
            label: "this one counts", secondary: [.init(span: first, label: "this one does not")])
          draft.plan.devices.removeAll { $0.target == device.target && $0.isCDI == device.isCDI }
        }
        draft.origins[field] = item.span
        draft.plan.devices.append(device)
      }
      draft.plan.devices.sort { ($0.target, $0.source) < ($1.target, $1.source) }
    }
    if let entry = reader["device_cgroup_rules"],
      let items = context.items(entry.value, key: "device_cgroup_rules"), !items.isEmpty
    {
      draft.plan.deviceRules = items.compactMap { item in
        context.value(item, key: "device_cgroup_rules") { text throws(ValueProblem) in try DeviceText.rule(text) }
      }
      draft.origins["device_cgroup_rules"] = entry.keySpan
    }
    decodeRequests(reader)
  }

  private func device(_ item: YAMLNode) -> DevicePlan? {
    if case .mapping = item.content {
      guard let reader = ObjectReader(item, .device, key: "devices", context: context) else { return nil }
      guard let source = reader["source"] else {
        context.error(.missingKey, "the device has no source", at: item.span, label: "needs 'source'")
        return nil
      }
      let target = reader["target"].flatMap { context.text($0.value, key: "target") }
      let permissions = reader["permissions"].flatMap { context.text($0.value, key: "permissions") }
      return context.value(source.value, key: "source") { text throws(ValueProblem) in
        try Self.checked(try DeviceText.device(source: text, target: target, permissions: permissions))
      }
    }
    return context.value(item, key: "devices", expected: "a string or a mapping") { text throws(ValueProblem) in
      try Self.checked(try DeviceText.device(text))
    }
  }

  /// Both ends must be paths that mean one place.
  private static func checked(_ device: DevicePlan) throws(ValueProblem) -> DevicePlan {
    if device.isCDI { return device }
    var device = device
    do throws(ValueProblem) {
      device.source = try PathText.inContainer(device.source)
      device.target = try PathText.inContainer(device.target)
    } catch {
      throw ValueProblem(
        .cannotHonour, error.message, label: "a device is named by its path", help: "write a path such as /dev/ttyUSB0")
    }
    if device.target == "/proc" || device.target.hasPrefix("/proc/") {
      throw ValueProblem(.path, "a device cannot be placed on or below /proc", help: "place it below /dev")
    }
    return device
  }

  private mutating func decodeRequests(_ reader: ObjectReader) {
    if let entry = reader.honoured("gpus", .service) {
      if entry.value.scalar != nil {
        _ = context.value(entry.value, key: "gpus") { text throws(ValueProblem) in
          try ScalarForm.oneOf(["all"]).check(text)
        }
        draft.plan.deviceRequests.append(DeviceRequestPlan(count: -1, capabilities: ["gpu"]))
      } else {
        requests(entry, .gpu, adding: "gpu")
      }
      draft.origins["gpus"] = entry.keySpan
    }
    let reserved = reader["deploy"]?.value.value("resources")?.value("reservations")
    guard KeyTable.reservations.keys["devices"]?.support.isHonoured == true,
      let entry = reserved?.entries?.first(where: { $0.key == "devices" }), !entry.value.isNull
    else { return }
    requests(entry, .reservedDevice, adding: nil)
    draft.origins["gpus"] = draft.origins["gpus"] ?? entry.keySpan
  }

  private mutating func requests(_ entry: YAMLEntry, _ table: KeyTable, adding capability: String?) {
    for item in context.items(entry.value, key: entry.key) ?? [] {
      guard let reader = ObjectReader(item, table, key: entry.key, context: context) else { continue }
      func words(_ key: String) -> [String] {
        guard let entry = reader[key], let items = context.items(entry.value, key: key) else { return [] }
        return items.compactMap { context.text($0, key: key) }
      }
      let ids = words("device_ids")
      var capabilities = Set(words("capabilities"))
      if let capability { capabilities.insert(capability) }
      if table.keys["capabilities"]?.isRequired == true, reader["capabilities"] == nil {
        context.error(
          .missingKey, "'capabilities' is missing", at: item.span, label: "'\(entry.key)' needs it")
      }
      var count: Int64? = ids.isEmpty ? -1 : nil
      if let entry = reader["count"] {
        count = context.value(entry.value, key: "count") { text throws(ValueProblem) in
          text == "all" ? -1 : try NumberText.integer(text, -1...Int64.max)
        }
      }
      if let options = reader["options"] {
        ShapeChecker(context: context).check(options.value, .pairs(.labels), key: "options")
      }
      if let options = reader["options"], !ObjectReader.asksNothing(options.value, []) {
        ObjectReader.refuse("options", "options of a driver would not apply", at: options.keySpan, context)
      }
      let driver = reader["driver"].flatMap { context.text($0.value, key: "driver") } ?? ""
      draft.plan.deviceRequests.append(
        DeviceRequestPlan(driver: driver, count: count, ids: ids, capabilities: capabilities.sorted()))
    }
  }
}

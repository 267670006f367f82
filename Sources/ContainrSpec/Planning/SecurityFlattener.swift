// The flat fields of what a service may do and shares: namespaces, devices, kernel parameters, limits, protections.

enum SecurityFlattener {
  static func add(_ service: ServicePlan, to fields: inout [PlanField]) {
    func add(_ path: String, _ value: (some CustomStringConvertible)?) {
      if let value { fields.append(PlanField(path: path, value: value.description)) }
    }
    for namespace in service.namespaces { add(namespace.kind.rawValue, namespace.text) }
    for device in service.devices {
      add(
        "devices.\(device.isCDI ? device.source : device.target)",
        device.isCDI ? "cdi" : "\(device.source):\(device.permissions)")
    }
    if !service.deviceRequests.isEmpty {
      add("gpus", ServiceFlattener.list(service.deviceRequests.map(text)))
    }
    if !service.deviceRules.isEmpty { add("device_cgroup_rules", ServiceFlattener.list(service.deviceRules)) }
    for parameter in service.sysctls { add("sysctls.\(parameter.name)", parameter.value) }
    for limit in service.ulimits { add("ulimits.\(limit.name)", "\(limit.soft):\(limit.hard)") }
    if !service.groups.isEmpty { add("group_add", ServiceFlattener.list(service.groups)) }
    add("shm_size", service.shmSize)
    add("init", service.usesInit)
    add("one-off", service.oneOffOf)
    add("tty", service.hasTerminal)
    add("stdin_open", service.keepsInput)
    add("oom_score_adj", service.oomScoreAdjust)
    add("cgroup_parent", service.cgroupParent)
    add("domainname", service.domainName)
    add("mac_address", service.macAddress)
    for annotation in service.annotations { add("annotations.\(annotation.name)", annotation.value) }
    guard let security = service.security else { return }
    add("privileged", security.privileged)
    // What goes without saying is no field: `default` on a stack changes nothing that runs.
    if security.profile == .strict { add("x-containr.security", SecurityPlan.Profile.strict.rawValue) }
    add("security_opt.no-new-privileges", security.noNewPrivileges)
    add("security_opt.seccomp", security.seccomp.map(text))
    add("security_opt.systempaths", security.showsSystemPaths.map { _ in "unconfined" })
    add("security_opt.writable-cgroups", security.writableCgroups)
    add("security_opt.apparmor", security.appArmor)
    if !security.labels.isEmpty { add("security_opt.label", ServiceFlattener.list(security.labels)) }
  }

  private static func text(_ request: DeviceRequestPlan) -> String {
    var parts = [request.capabilities.joined(separator: "+")]
    if !request.driver.isEmpty { parts.append("driver=\(request.driver)") }
    if let count = request.count { parts.append(count == -1 ? "all" : "count=\(count)") }
    return (parts + request.ids.sorted()).joined(separator: " ")
  }

  /// The path, and what tells one content of the file from another.
  private static func text(_ seccomp: SeccompPlan) -> String {
    switch seccomp {
    case .unconfined: "unconfined"
    case .file(let path, let profile): "\(path)#\(profile.digest)"
    }
  }
}

extension SeccompFilePlan {
  /// FNV-1a of what the profile says, 16 hexadecimal digits: to compare, not to trust.
  public var digest: String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ words: [String]) {
      for word in words {
        for byte in word.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ 0xFF) &* 0x100_0000_01B3
      }
      hash = (hash ^ 0xFE) &* 0x100_0000_01B3
    }
    func add(_ condition: Condition) {
      add(condition.capabilities)
      add(condition.architectures)
      add([condition.minimumKernel ?? ""])
    }
    add([defaultAction, defaultErrno.map(String.init) ?? ""])
    add(architectures)
    add(flags)
    for rule in rules {
      add(rule.names)
      add([rule.action, rule.errno.map(String.init) ?? ""])
      for argument in rule.arguments {
        add([
          String(argument.index), String(argument.value), String(argument.valueTwo), argument.comparison,
        ])
      }
      add(rule.includes)
      add(rule.excludes)
    }
    let text = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - text.utf8.count) + text
  }
}

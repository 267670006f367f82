// Turns a ServicePlan into its flat fields. The one place where a setting gets its path and canonical text.

enum ServiceFlattener {
  static func fields(of service: ServicePlan) -> [PlanField] {
    var fields: [PlanField] = []
    func add(_ path: String, _ value: String?) {
      if let value { fields.append(PlanField(path: path, value: value)) }
    }
    if let image = service.image {
      add("image", image.reference)
      add("platform", image.platform)
    } else {
      add("platform", service.platform)
    }
    if service.image == nil || !service.layers.isEmpty { add("layers", list(service.layers.map(\.text))) }
    // Beside an image, an empty list takes away what the image says.
    func isEmptied(_ key: String) -> Bool { service.image != nil && service.origins[key] != nil }
    add(
      "entrypoint",
      service.entrypoint.isEmpty && !isEmptied("entrypoint") ? nil : list(service.entrypoint))
    add("command", service.command.isEmpty && !isEmptied("command") ? nil : list(service.command))
    if !service.unsetVariables.isEmpty { add("environment", "without " + list(service.unsetVariables)) }
    if service.disablesHealthcheck == true { add("healthcheck.disable", "true") }
    for variable in service.environment { add("environment.\(variable.name)", variable.value) }
    for label in service.labels { add("labels.\(label.name)", label.value) }
    // Beside an image a missing key is the image's.
    if service.image == nil || service.origins["working_dir"] != nil { add("working_dir", service.workingDirectory) }
    add("user", service.user)
    add("hostname", service.hostname)
    add("read_only", service.readOnly ? "true" : nil)
    if service.image == nil || service.origins["stop_signal"] != nil { add("stop_signal", service.stopSignal) }
    add("stop_grace_period", "\(service.stopGraceMilliseconds)ms")
    add("replicas", String(service.replicas))
    if !service.capAdd.isEmpty { add("cap_add", list(service.capAdd)) }
    if !service.capDrop.isEmpty { add("cap_drop", list(service.capDrop)) }
    for mount in service.mounts { add("volumes.\(mount.target)", text(of: mount)) }
    for file in service.files { add(file.path, text(of: file)) }
    add("x-containr.on-change", service.onChange?.rawValue)
    for port in service.ports { add("ports.\(port.key)", text(of: port)) }
    for network in service.networks { add("networks.\(network.network)", network.text) }
    for dependency in service.dependsOn { add("depends_on.\(dependency.service)", text(of: dependency)) }
    addResources(service.resources, to: &fields)
    if let check = service.healthcheck {
      addHealthcheck(check, to: &fields)
      // The image's test: only what is said here.
      if check.command.isEmpty {
        fields.removeAll { $0.path.hasPrefix("healthcheck.") && service.origins[$0.path] == nil }
      }
    }
    if service.restart.policy != .no {
      add("restart", service.restart.policy.rawValue + (service.restart.maxAttempts.map { ":\($0)" } ?? ""))
    }
    add("deploy.restart_policy.delay", service.restart.delay.map { "\($0)ms" })
    add("deploy.restart_policy.window", service.restart.window.map { "\($0)ms" })
    for kind in HookPlan.Kind.allCases {
      for (index, hook) in service.hooks(kind).enumerated() {
        fields += hook.fields(below: "\(kind.rawValue).\(index + 1)")
      }
    }
    // What goes without saying is no field.
    if service.onUnhealthy == .restart { add("x-containr.on-unhealthy", UnhealthyReaction.restart.rawValue) }
    if service.publish == .dockerLike { add("x-containr.publish", PublishPolicy.dockerLike.rawValue) }
    if service.limitPolicy == .bestEffort { add("x-containr.limits", LimitPolicy.bestEffort.rawValue) }
    add("x-containr.idmap", service.hostUser?.text)
    add("x-containr.schedule", service.schedule?.text)
    add("x-containr.ingress", service.ingress?.text)
    add("x-containr.egress", service.egress?.text)
    addNames(service, to: &fields)
    SecurityFlattener.add(service, to: &fields)
    if let logging = service.logging {
      add("logging.driver", logging.driver?.rawValue)
      add("logging.options.tag", logging.tag)
      add("logging.options.max-file", logging.maxFiles.map { String($0) })
      add("logging.options.max-size", logging.maxSize.map { String($0) })
    }
    return fields.sorted { $0.path < $1.path }
  }

  private static func addResources(_ resources: ResourcePlan, to fields: inout [PlanField]) {
    func add(_ path: String, _ value: (some CustomStringConvertible)?) {
      if let value { fields.append(PlanField(path: path, value: value.description)) }
    }
    add("mem_limit", resources.memoryLimit)
    add("mem_reservation", resources.memoryReservation)
    add("memswap_limit", resources.memorySwapLimit)
    add("mem_swappiness", resources.memorySwappiness)
    add("oom_kill_disable", resources.disablesOOMKiller)
    add("cpus", resources.milliCPUs.map(decimal))
    add("cpu_period", resources.cpuPeriod)
    add("cpu_quota", resources.cpuQuota)
    add("cpu_rt_period", resources.realtimePeriod)
    add("cpu_rt_runtime", resources.realtimeRuntime)
    add("cpu_shares", resources.cpuShares)
    add("cpuset", resources.cpuset)
    add("pids_limit", resources.pidsLimit)
    add("blkio_config.weight", resources.blockIOWeight)
    for device in resources.blockIODevices { add("blkio_config.\(device.kind.rawValue).\(device.path)", device.rate) }
  }

  private static func addHealthcheck(_ check: HealthcheckPlan, to fields: inout [PlanField]) {
    fields.append(PlanField(path: "healthcheck.test", value: list(check.command)))
    fields.append(PlanField(path: "healthcheck.interval", value: "\(check.interval)ms"))
    fields.append(PlanField(path: "healthcheck.timeout", value: "\(check.timeout)ms"))
    fields.append(PlanField(path: "healthcheck.retries", value: String(check.retries)))
    fields.append(PlanField(path: "healthcheck.start_period", value: "\(check.startPeriod)ms"))
    fields.append(PlanField(path: "healthcheck.start_interval", value: "\(check.startInterval)ms"))
  }

  private static func text(of mount: MountPlan) -> String {
    var text = mount.kind.rawValue
    if !mount.source.isEmpty { text += ":\(mount.source)" }
    if mount.readOnly { text += ",ro" }
    if mount.createHostPath { text += ",create" }
    if let size = mount.size { text += ",size=\(size)" }
    if let mode = mount.mode { text += ",mode=" + String(mode, radix: 8) }
    if let relabel = mount.relabel { text += ",\(relabel.rawValue)" }
    for option in mount.options { text += ",\(option)" }
    if mount.isAlone == true { text += ",recursive=disabled" }
    if mount.followsHost == true { text += ",propagation=rslave" }
    if let path = mount.subpath { text += ",subpath=\(path)" }
    if mount.noCopy == true { text += ",nocopy" }
    return text
  }

  private static func text(of file: FilePlan) -> String {
    var text = file.source
    if file.uid != 0 { text += ",uid=\(file.uid)" }
    if file.gid != 0 { text += ",gid=\(file.gid)" }
    if file.mode != 0o444 { text += ",mode=" + String(file.mode, radix: 8) }
    return text
  }

  private static func addNames(_ service: ServicePlan, to fields: inout [PlanField]) {
    func add(_ path: String, _ value: String) { fields.append(PlanField(path: path, value: value)) }
    func add(_ path: String, _ values: [String]) { if !values.isEmpty { add(path, list(values)) } }
    if let name = service.containerName { add("container_name", name) }
    for link in service.links { add("links.\(link.name)", link.target) }
    for link in service.externalLinks { add("external_links.\(link.name)", link.target) }
    add("extra_hosts", service.extraHosts.map { "\($0.name)=\($0.address)" })
    add("dns", service.resolver?.servers ?? [])
    add("dns_search", service.resolver?.search ?? [])
    add("dns_opt", service.resolver?.options ?? [])
  }

  private static func text(of port: PortPlan) -> String {
    var text = String(port.containerPort)
    if let name = port.name { text += " name=\(name)" }
    if let name = port.appProtocol { text += " app=\(name)" }
    // Its key is that of a port of both families.
    if port.hostAddress == "0.0.0.0" { text += " family=ipv4" }
    return text
  }

  private static func text(of dependency: DependencyPlan) -> String {
    dependency.condition.rawValue + (dependency.restart ? ",restart" : "") + (dependency.required ? "" : ",optional")
  }

  /// Thousandths as a decimal without trailing zeros: 1500 is `1.5`.
  static func decimal(_ thousandths: Int64) -> String {
    let whole = thousandths / 1000
    var fraction = String(thousandths % 1000 + 1000).dropFirst()
    while fraction.last == "0" { fraction = fraction.dropLast() }
    return fraction.isEmpty ? "\(whole)" : "\(whole).\(fraction)"
  }

  /// A list as JSON.
  static func list(_ items: [String]) -> String {
    "[" + items.map(quoted).joined(separator: ", ") + "]"
  }

  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      case "\r": out += "\\r"
      case let control where control.value < 0x20:
        out += "\\u00" + (control.value < 16 ? "0" : "") + String(control.value, radix: 16)
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}

extension PortPlan {
  /// What makes a published port unique: `0.0.0.0:8080/tcp`, `[::1]:8080/tcp`; `0.0.0.0:auto:80/tcp` or
  /// `0.0.0.0:8000-8009:80/tcp` while the host port is still free to choose. Without an address it is that of IPv4's.
  public var key: String {
    let address = hostAddress.map { $0.contains(":") ? "[\($0)]" : $0 } ?? "0.0.0.0"
    if let range = hostRange {
      return "\(address):\(range.first)-\(range.last):\(containerPort)/\(transport.rawValue)"
    }
    guard let hostPort else { return "\(address):auto:\(containerPort)/\(transport.rawValue)" }
    return "\(address):\(hostPort)/\(transport.rawValue)"
  }
}

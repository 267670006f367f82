// Preflight of the limits of a service: what the cgroups of this host can give. Reads only.
internal import ContainrCgroups
internal import ContainrHost
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

extension Preflight {
  mutating func checkLimits(of service: ServicePlan) throws {
    for limit in service.resources.blockIODevices {
      let status = try Self.status(FilePath(limit.path))
      if status?.isBlockDevice != true {
        let origin = service.origins["blkio_config.\(limit.kind.rawValue).\(limit.path)"] ?? service.location
        add(
          "unknown-device",
          "service \(service.name): \(limit.path) \(status == nil ? "does not exist" : "is not a block device")",
          at: origin)
        return
      }
    }
    // Of all limits: which of them are left out where that is allowed is what is to be found out.
    let resources = try ContainerTranslation.resources(
      service, try HostFacts.limits(of: service.requiringLimits, engine.cgroups))
    do {
      let shortcomings = try Cgroup.unavailable(resources, mounts: engine.cgroups)
      // Taken by the kernel and obeyed by nobody is as good as not there.
      for shortcoming in shortcomings.isEmpty ? try Cgroup.withoutEffect(resources) : shortcomings {
        add(shortcoming, of: service)
      }
    } catch {
      // One value that makes no sense is no reason to tell of nothing else.
      add(
        "bad-limit", "service \(service.name): \(error.field): \(error.reason)",
        at: Self.origin(of: error.field, service))
    }
  }

  private mutating func add(_ shortcoming: CgroupShortcoming, of service: ServicePlan) {
    // Which devices it may use is no limit but a protection.
    let isLeftOut = service.limitPolicy == .bestEffort && shortcoming.field != "devices"
    let name = Self.key(of: shortcoming.field, service) ?? shortcoming.field
    var problem = Problem(
      code: "limit-unavailable",
      message: isLeftOut
        ? "service \(service.name) runs without \(name): \(shortcoming.reason)"
        : "service \(service.name): \(name) cannot be set here: \(shortcoming.reason)",
      location: Self.origin(of: shortcoming.field, service),
      help: isLeftOut || shortcoming.field == "devices"
        ? nil : "x-containr: {limits: best-effort} runs it without what cannot be had")
    problem.isWarning = isLeftOut
    // One key of the file may be two values of a cgroup.
    if !problems.contains(problem) { problems.append(problem) }
  }

  /// The place of a limit by the cgroup room's name of it.
  private static func origin(of field: String, _ service: ServicePlan) -> SourceLocation {
    key(of: field, service).flatMap { service.origins[$0] } ?? service.location
  }

  /// The key of the file by the cgroup room's name of a limit; nil: the file says none such.
  private static func key(of field: String, _ service: ServicePlan) -> String? {
    let paths = [
      "memory.limit": "mem_limit", "memory.reservation": "mem_reservation", "memory.swap": "memswap_limit",
      "memory.swappiness": "mem_swappiness", "memory.disableOOMKiller": "oom_kill_disable",
      "cpu.realtimeRuntime": "cpu_rt_runtime", "cpu.realtimePeriod": "cpu_rt_period", "cpu.shares": "cpu_shares",
      "cpu.cpus": "cpuset", "pids": "pids_limit",
      "pids.limit": "pids_limit",
    ]
    for path in field == "cpu.quota" ? ["cpus", "cpu_quota"] : field == "cpu.period" ? ["cpus", "cpu_period"] : [] {
      if service.origins[path] != nil { return path }
    }
    if let path = paths[field], service.origins[path] != nil { return path }
    if field.hasPrefix("blkio") || field.hasPrefix("blockIO") {
      return service.origins.keys.sorted().first { $0.hasPrefix("blkio_config.") }
    }
    return nil
  }
}

extension ServicePlan {
  /// The same service with all of its limits.
  fileprivate var requiringLimits: ServicePlan {
    var plan = self
    plan.limitPolicy = nil
    return plan
  }
}

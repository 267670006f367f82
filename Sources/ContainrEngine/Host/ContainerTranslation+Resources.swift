// The limits of a service in the runtime's words. Pure.
internal import ContainrCgroups
package import ContainrOCI
package import ContainrSpec

extension ContainerTranslation {
  /// The limits of a plan; those that it does not set are absent.
  package static func resources(_ plan: ServicePlan, _ facts: LimitFacts) throws(EngineError) -> OCIResources {
    let limits = plan.resources
    var resources = OCIResources()
    resources.memory.limit = limits.memoryLimit
    resources.memory.reservation = limits.memoryReservation
    resources.memory.swap = limits.memorySwapLimit
    resources.memory.swappiness = limits.memorySwappiness.map { UInt64(clamping: $0) }
    resources.memory.disableOOMKiller = limits.disablesOOMKiller
    resources.pids = limits.pidsLimit.map { $0 == 0 ? -1 : $0 }  // Docker: 0 is unlimited
    resources.cpu.shares = limits.cpuShares.map { UInt64(clamping: $0) }
    resources.cpu.cpus = limits.cpuset
    if let thousandths = limits.milliCPUs {
      // The kernel's smallest quota is 1 ms of 100 ms.
      resources.cpu.quota = max(1000, thousandths * 100)
      resources.cpu.period = 100_000
    } else {
      resources.cpu.quota = limits.cpuQuota
      resources.cpu.period = limits.cpuPeriod.map { UInt64(clamping: $0) }
    }
    resources.cpu.realtimeRuntime = limits.realtimeRuntime
    resources.cpu.realtimePeriod = limits.realtimePeriod.map { UInt64(clamping: $0) }
    resources.blockIO.weight = limits.blockIOWeight.map { UInt16(clamping: $0) }
    for limit in limits.blockIODevices {
      guard let device = facts.blockDevices[limit.path] else {
        throw EngineError(.kernel, "service \(plan.name): \(limit.path) is not a block device of this host")
      }
      let throttle = OCIThrottle(major: device.major, minor: device.minor, rate: UInt64(clamping: limit.rate))
      switch limit.kind {
      case .weight: resources.blockIO.weightDevice.append(throttle)
      case .readBytes: resources.blockIO.throttleReadBpsDevice.append(throttle)
      case .writeBytes: resources.blockIO.throttleWriteBpsDevice.append(throttle)
      case .readOperations: resources.blockIO.throttleReadIOPSDevice.append(throttle)
      case .writeOperations: resources.blockIO.throttleWriteIOPSDevice.append(throttle)
      }
    }
    resources.devices = deviceRules(plan, facts)
    return facts.unavailable.isEmpty ? resources : resources.without(facts.unavailable)
  }

  /// The usual devices, those of the plan, then its own rules. Empty: nothing can be said.
  private static func deviceRules(_ plan: ServicePlan, _ facts: LimitFacts) -> [OCIDeviceRule] {
    if plan.isPrivileged { return [OCIDeviceRule(allow: true)] }
    guard let rules = facts.deviceRules else { return [] }
    return OCIDeviceRule.containerDefaults + rules + plan.deviceRules.map(deviceRule)
  }

  /// `c 1:3 rwm`, which the loader has checked.
  private static func deviceRule(_ text: String) -> OCIDeviceRule {
    let parts = text.split(separator: " ")
    let numbers = parts[1].split(separator: ":")
    return OCIDeviceRule(
      allow: true, type: String(parts[0]), major: UInt32(numbers[0]), minor: UInt32(numbers[1]),
      access: String(parts[2]))
  }
}

// What only the host knows and a container's translation needs. Reads only.
package import ContainrCgroups
package import ContainrSpec
package import ContainrSystem
internal import SystemPackage

/// Facts by name.
package enum HostFacts {
  /// The highest number of /sys/devices/system/cpu/possible, plus one.
  package static func possibleCPUs() throws(SyscallError) -> Int {
    let text = try Kernel.text(of: "/sys/devices/system/cpu/possible")
    return (text.split(whereSeparator: { $0 == "-" || $0 == "," }).last.flatMap { Int($0) } ?? 0) + 1
  }

  /// What the limits of a plan are about; what is not there any more is left out.
  package static func limits(of plan: ServicePlan, _ cgroups: CgroupMounts) throws(EngineError) -> LimitFacts {
    var facts = LimitFacts()
    facts.blockDevices = try blockDevices(of: plan)
    if plan.limitPolicy == .bestEffort {
      let wanted = try ContainerTranslation.resources(plan, facts)
      do throws(CgroupError) {
        facts.unavailable = Set(try Cgroup.unavailable(wanted, mounts: cgroups).map(\.field))
      } catch {
        // A value that makes no sense on any host is not one that this host cannot give.
        throw EngineError(.kernel, "service \(plan.name): \(error)")
      }
    }
    if plan.devices.isEmpty && plan.deviceRequests.isEmpty { return facts }
    do throws(HardwareError) {
      facts.deviceRules = try Hardware.of(plan).rules
    } catch {
      // It was there when the container was made: its rules are in force, and cannot be named any more.
      facts.deviceRules = nil
    }
    return facts
  }

  /// The devices of a plan. One that is not there is an error.
  package static func hardware(of plan: ServicePlan) throws(EngineError) -> ContainerHardware {
    do throws(HardwareError) { return try Hardware.of(plan) } catch {
      throw EngineError(.kernel, "service \(plan.name): \(error)")
    }
  }

  /// What a container without a network or a name of its own sees of the host. `isInHostNetwork`: by way of another one.
  package static func names(
    for plan: ServicePlan, isInHostNetwork: Bool = false
  ) throws(SyscallError) -> HostNames {
    var names = HostNames()
    let isHostNetwork = plan.namespace(.network) == .host
    let sharesNetwork = isHostNetwork || isInHostNetwork
    if isHostNetwork || plan.namespace(.uts) == .host {
      names.hostname = String(
        decoding: try Kernel.contents(of: "/proc/sys/kernel/hostname").filter { $0 != 10 }, as: UTF8.self)
    }
    if sharesNetwork {
      for (path, field) in [("/etc/hosts", \HostNames.hosts), ("/etc/resolv.conf", \HostNames.resolvConf)] {
        do throws(SyscallError) {
          names[keyPath: field] = String(decoding: try Kernel.contents(of: FilePath(path)), as: UTF8.self)
        } catch {
          if error.errno != 2 { throw error }
        }
      }
    }
    return names
  }

  /// The numbers of the devices that a plan limits; what is no block device is left out.
  private static func blockDevices(of plan: ServicePlan) throws(EngineError) -> [String: BlockDevice] {
    var devices: [String: BlockDevice] = [:]
    for limit in plan.resources.blockIODevices {
      do {
        let status = try Kernel.status(of: FilePath(limit.path))
        if status.isBlockDevice {
          devices[limit.path] = BlockDevice(major: status.deviceMajor, minor: status.deviceMinor)
        }
      } catch {
        if error.errno != 2 && error.errno != 20 { throw EngineError(error, "look at device \(limit.path)") }
      }
    }
    return devices
  }
}

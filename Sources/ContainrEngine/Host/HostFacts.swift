// What only the host knows and a container's translation needs. Reads only.
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

  /// The numbers of the devices that a plan limits; what is no block device is left out.
  package static func blockDevices(of plan: ServicePlan) throws(EngineError) -> [String: BlockDevice] {
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

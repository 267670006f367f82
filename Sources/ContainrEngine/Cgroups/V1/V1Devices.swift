// The devices controller of v1: commands into devices.deny and devices.allow. Pure.
// Source: Documentation/admin-guide/cgroup-v1/devices.rst.
internal import ContainrOCI

enum V1Devices {
  static let controller = "devices"

  static func writes(_ rules: [OCIDeviceRule]) throws(CgroupError) -> [CgroupWrite] {
    var writes: [CgroupWrite] = []
    for rule in rules {
      try DevicePolicy.check(rule)
      let device = DevicePolicy.Device(type: rule.type, major: rule.major, minor: rule.minor)
      // "All devices" is a bare `a`: the kernel ignores what follows it.
      let value = rule.type == "a" ? "a" : "\(device.text) \(rule.access)"
      writes.append(
        CgroupWrite("devices", controller, rule.allow ? "devices.allow" : "devices.deny", value, .command))
    }
    return writes
  }
}

// What a list of device rules amounts to: a default and its exceptions, as the kernel's v1 controller keeps them. Pure.
internal import ContainrOCI

/// The rules of the runtime-spec, folded in their order.
struct DevicePolicy: Sendable, Hashable {
  struct Device: Sendable, Hashable {
    /// `c` or `b`.
    var type: String
    /// nil is any.
    var major: UInt32?
    var minor: UInt32?

    /// `c 136:*`.
    var text: String { "\(type) \(major.map { String($0) } ?? "*"):\(minor.map { String($0) } ?? "*")" }
  }

  var allowsByDefault = true
  /// What is allowed although denied by default, or the other way about.
  var exceptions: [(device: Device, access: String)] = []

  init(_ rules: [OCIDeviceRule]) throws(CgroupError) {
    for rule in rules {
      try Self.check(rule)
      if rule.type == "a" {  // a whole rule: the kernel forgets what was said before
        allowsByDefault = rule.allow
        exceptions = []
        continue
      }
      let device = Device(type: rule.type, major: rule.major, minor: rule.minor)
      let index = exceptions.firstIndex { $0.device == device }
      let before = index.map { exceptions[$0].access } ?? ""
      let isException = rule.allow != allowsByDefault
      let access = "rwm".filter {
        isException
          ? before.contains($0) || rule.access.contains($0)
          : before.contains($0) && !rule.access.contains($0)
      }
      if let index { exceptions.remove(at: index) }
      if !access.isEmpty { exceptions.append((device, access)) }
    }
  }

  static func check(_ rule: OCIDeviceRule) throws(CgroupError) {
    guard ["a", "b", "c"].contains(rule.type) else {
      throw CgroupError(field: "devices", reason: "`\(rule.type)` is not one of a, b, c")
    }
    guard !rule.access.isEmpty, rule.access.allSatisfy({ "rwm".contains($0) }) else {
      throw CgroupError(field: "devices", reason: "`\(rule.access)` is not made of r, w and m")
    }
  }

  static func == (a: DevicePolicy, b: DevicePolicy) -> Bool { a.list == b.list }
  func hash(into hasher: inout Hasher) { hasher.combine(list) }

  /// What v1's devices.list shows, sorted. It cannot show the exceptions of a group that allows by default.
  var list: [String] {
    if allowsByDefault { return ["a *:* rwm"] }
    return exceptions.map { "\($0.device.text) \($0.access)" }.sorted()
  }
}

// The cpu controller of v2. Pure; source: Documentation/admin-guide/cgroup-v2.rst.
internal import ContainrOCI

enum V2CPU {
  static let controller = "cpu"

  static func writes(_ cpu: OCICPU, complete: Bool) throws(CgroupError) -> [CgroupWrite] {
    try V1CPU.check(cpu)
    var writes: [CgroupWrite] = []
    if cpu.shares != nil || complete {
      let weight = cpu.shares.map(weight) ?? 100
      writes.append(CgroupWrite("cpu.shares", controller, "cpu.weight", String(weight), asked: cpu.shares != nil))
    }
    if cpu.quota != nil || cpu.period != nil || complete {
      let quota = cpu.quota.flatMap { $0 < 0 ? nil : String($0) } ?? "max"
      writes.append(
        CgroupWrite(
          "cpu.quota", controller, "cpu.max", "\(quota) \(cpu.period ?? V1CPU.defaultPeriod)",
          asked: cpu.quota != nil || cpu.period != nil))
    }
    return writes
  }

  /// Shares 2…262144 onto weights 1…10000, as every runtime does (Kubernetes KEP-2254).
  static func weight(_ shares: UInt64) -> UInt64 { 1 + ((shares - 2) * 9999) / 262_142 }

  /// The least shares that give this weight.
  static func shares(_ weight: UInt64) -> UInt64 { weight < 1 ? 2 : 2 + ((weight - 1) * 262_142 + 9998) / 9999 }

  static func read(_ files: CgroupFiles, into reading: inout CgroupReading) throws(CgroupError) {
    reading.cpuShares = try files.number(controller, "cpu.weight").map(shares)
    let words = (try files.text(controller, "cpu.max") ?? "").split(separator: " ")
    if words.count == 2 {
      reading.cpuQuota = UInt64(words[0])
      reading.cpuPeriod = UInt64(words[1])
    }
    reading.cpuUsage = (try files.keyed(controller, "cpu.stat", "usage_usec") ?? 0) * 1000
  }
}

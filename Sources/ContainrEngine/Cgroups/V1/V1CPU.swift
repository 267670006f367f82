// The cpu and cpuacct controllers of v1. Pure; source: Documentation/scheduler/sched-bwc.rst.
internal import ContainrOCI

enum V1CPU {
  static let controller = "cpu"
  static let defaultPeriod: UInt64 = 100_000

  /// Period before quota: the kernel checks their ratio at each write.
  static func writes(_ cpu: OCICPU, complete: Bool) throws(CgroupError) -> [CgroupWrite] {
    try check(cpu)
    var writes: [CgroupWrite] = []
    func add(_ field: String, _ file: String, _ value: String?, otherwise: String) {
      if value == nil, !complete { return }
      writes.append(CgroupWrite(field, controller, file, value ?? otherwise, asked: value != nil))
    }
    add("cpu.shares", "cpu.shares", cpu.shares.map { String($0) }, otherwise: "1024")
    add("cpu.period", "cpu.cfs_period_us", cpu.period.map { String($0) }, otherwise: String(defaultPeriod))
    add("cpu.quota", "cpu.cfs_quota_us", cpu.quota.map { $0 < 0 ? "-1" : String($0) }, otherwise: "-1")
    return writes
  }

  /// The kernel's bounds: a period of 1 ms to 1 s, a quota of at least 1 ms, shares of 2 to 262144.
  static func check(_ cpu: OCICPU) throws(CgroupError) {
    if let period = cpu.period, !(1000...1_000_000).contains(period) {
      throw CgroupError(field: "cpu.period", reason: "\(period) µs is not between 1000 and 1000000")
    }
    if let quota = cpu.quota, quota >= 0, quota < 1000 {
      throw CgroupError(field: "cpu.quota", reason: "\(quota) µs is less than the kernel's least, 1000")
    }
    if let shares = cpu.shares, !(2...262_144).contains(shares) {
      throw CgroupError(field: "cpu.shares", reason: "\(shares) is not between 2 and 262144")
    }
  }

  static func read(_ files: CgroupFiles, into reading: inout CgroupReading) throws(CgroupError) {
    reading.cpuShares = try files.number(controller, "cpu.shares")
    reading.cpuPeriod = try files.number(controller, "cpu.cfs_period_us")
    // -1 is no number here: unlimited.
    reading.cpuQuota = try files.number(controller, "cpu.cfs_quota_us")
    reading.cpuUsage = try files.number("cpuacct", "cpuacct.usage") ?? 0
  }
}

// The pids controller; both versions have the same file. Pure; source: Documentation/admin-guide/cgroup-v1/pids.rst.

enum V1Pids {
  static let controller = "pids"

  /// Less than 0 means unlimited, as in the runtime-spec; 0 is a limit.
  static func writes(_ limit: Int64?, complete: Bool) -> [CgroupWrite] {
    if limit == nil, !complete { return [] }
    let value = limit.flatMap { $0 >= 0 ? String($0) : nil } ?? "max"
    return [CgroupWrite("pids.limit", controller, "pids.max", value, asked: limit != nil)]
  }

  static func read(_ files: CgroupFiles, into reading: inout CgroupReading) throws(CgroupError) {
    reading.pidsLimit = try files.number(controller, "pids.max")
    reading.pidsUsage = try files.number(controller, "pids.current") ?? 0
  }
}

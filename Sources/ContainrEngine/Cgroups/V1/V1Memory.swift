// The memory controller of v1. Pure; source: Documentation/admin-guide/cgroup-v1/memory.rst.
internal import ContainrOCI

enum V1Memory {
  static let controller = "memory"

  /// Limit first: a fresh group has both unlimited, and memory+swap may never be below memory.
  static func writes(_ memory: OCIMemory, complete: Bool) throws(CgroupError) -> [CgroupWrite] {
    try check(memory)
    var writes: [CgroupWrite] = []
    func add(_ field: String, _ file: String, _ value: Int64?) {
      if value == nil, !complete { return }
      writes.append(CgroupWrite(field, controller, file, String(value ?? -1), .bytes, asked: value != nil))
    }
    add("memory.limit", "memory.limit_in_bytes", memory.limit)
    add("memory.swap", "memory.memsw.limit_in_bytes", memory.swap)
    add("memory.reservation", "memory.soft_limit_in_bytes", memory.reservation)
    return writes
  }

  /// What both versions of the interface refuse alike.
  static func check(_ memory: OCIMemory) throws(CgroupError) {
    try check("memory.limit", memory.limit)
    try check("memory.reservation", memory.reservation)
    guard let swap = memory.swap, swap != -1 else { return }
    guard let limit = memory.limit, limit > 0 else {
      throw CgroupError(field: "memory.swap", reason: "limits memory plus swap and needs memory.limit")
    }
    if swap < limit {
      throw CgroupError(
        field: "memory.swap", reason: "\(swap) bytes of memory plus swap is less than memory.limit, \(limit)")
    }
  }

  private static func check(_ field: String, _ value: Int64?) throws(CgroupError) {
    if let value, value < -1 || value == 0 { throw CgroupError(field: field, reason: "\(value) bytes is no limit") }
  }

  static func read(_ files: CgroupFiles, into reading: inout CgroupReading) throws(CgroupError) {
    reading.memoryLimit = try files.bytes(controller, "memory.limit_in_bytes")
    reading.memorySwap = try files.bytes(controller, "memory.memsw.limit_in_bytes")
    reading.memoryReservation = try files.bytes(controller, "memory.soft_limit_in_bytes")
    reading.memoryUsage = try files.number(controller, "memory.usage_in_bytes")
    reading.oomKills = try files.keyed(controller, "memory.oom_control", "oom_kill") ?? 0
  }
}

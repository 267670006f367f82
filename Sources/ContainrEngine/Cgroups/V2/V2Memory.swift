// The memory controller of v2. Pure; source: Documentation/admin-guide/cgroup-v2.rst.
internal import ContainrOCI

enum V2Memory {
  static let controller = "memory"

  /// v2 limits swap by itself: the specification's sum is taken apart here.
  static func writes(_ memory: OCIMemory, complete: Bool) throws(CgroupError) -> [CgroupWrite] {
    try V1Memory.check(memory)
    var swap = memory.swap
    if let sum = memory.swap, sum != -1, let limit = memory.limit { swap = sum - limit }
    var writes: [CgroupWrite] = []
    func add(_ field: String, _ file: String, _ value: Int64?, otherwise: String) {
      if value == nil, !complete { return }
      let text = value.map { $0 == -1 ? "max" : String($0) } ?? otherwise
      writes.append(CgroupWrite(field, controller, file, text, .bytes, asked: value != nil))
    }
    add("memory.limit", "memory.max", memory.limit, otherwise: "max")
    add("memory.swap", "memory.swap.max", swap, otherwise: "max")
    add("memory.reservation", "memory.low", memory.reservation, otherwise: "0")
    return writes
  }

  static func read(_ files: CgroupFiles, into reading: inout CgroupReading) throws(CgroupError) {
    reading.memoryLimit = try files.bytes(controller, "memory.max")
    if let limit = reading.memoryLimit, let swap = try files.bytes(controller, "memory.swap.max") {
      reading.memorySwap = limit + swap
    }
    let low = try files.bytes(controller, "memory.low")
    reading.memoryReservation = low == 0 ? nil : low
    reading.memoryUsage = try files.number(controller, "memory.current")
    reading.oomKills = try files.keyed(controller, "memory.events", "oom_kill") ?? 0
  }
}

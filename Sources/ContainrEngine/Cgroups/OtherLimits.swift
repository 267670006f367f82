// The limits that are seldom asked for: huge pages, RDMA, network classes, real time, and v1's own knobs of memory. Pure.
// Source: config-linux.md of the runtime-spec, Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst.
internal import ContainrOCI

enum OtherLimits {
  static func v1(_ resources: OCIResources) throws(CgroupError) -> [CgroupWrite] {
    var writes: [CgroupWrite] = []
    func add(_ field: String, _ controller: String, _ file: String, _ value: String?) {
      if let value { writes.append(CgroupWrite(field, controller, file, value)) }
    }
    let (memory, cpu) = (resources.memory, resources.cpu)
    add("memory.kernelTCP", "memory", "memory.kmem.tcp.limit_in_bytes", memory.kernelTCP.map { String($0) })
    if let swappiness = memory.swappiness {
      if swappiness > 100 { throw CgroupError(field: "memory.swappiness", reason: "\(swappiness) is over 100") }
      add("memory.swappiness", "memory", "memory.swappiness", String(swappiness))
    }
    if memory.disableOOMKiller == true {
      writes.append(
        CgroupWrite("memory.disableOOMKiller", "memory", "memory.oom_control", "1", .named("oom_kill_disable")))
    }
    if memory.useHierarchy == true { add("memory.useHierarchy", "memory", "memory.use_hierarchy", "1") }
    add("cpu.burst", "cpu", "cpu.cfs_burst_us", cpu.burst.map { String($0) })
    add("cpu.realtimePeriod", "cpu", "cpu.rt_period_us", cpu.realtimePeriod.map { String($0) })
    add("cpu.realtimeRuntime", "cpu", "cpu.rt_runtime_us", cpu.realtimeRuntime.map { String($0) })
    add("cpu.idle", "cpu", "cpu.idle", cpu.idle.map { String($0) })
    for (size, limit) in resources.hugepageLimits.sorted(by: { $0.key < $1.key }) {
      writes += hugePages(size, limit, "limit_in_bytes")
    }
    add("network.classID", "net_cls", "net_cls.classid", resources.network.classID.map { String($0) })
    for (name, priority) in resources.network.priorities.sorted(by: { $0.key < $1.key }) {
      writes.append(
        CgroupWrite("network.priorities", "net_prio", "net_prio.ifpriomap", "\(name) \(priority)", .command))
    }
    return writes + rdma(resources) + leafWeights(resources.blockIO)
  }

  static func v2(_ resources: OCIResources) throws(CgroupError) -> [CgroupWrite] {
    let (memory, cpu) = (resources.memory, resources.cpu)
    // What v2 does not know and what was asked for nevertheless.
    let missing: [(String, Bool)] = [
      ("memory.kernelTCP", memory.kernelTCP ?? -1 != -1), ("memory.swappiness", memory.swappiness != nil),
      ("memory.disableOOMKiller", memory.disableOOMKiller == true),
      ("cpu.realtimeRuntime", cpu.realtimeRuntime ?? 0 != 0), ("cpu.realtimePeriod", cpu.realtimePeriod ?? 0 != 0),
      ("network.classID", resources.network.classID ?? 0 != 0),
      ("network.priorities", !resources.network.priorities.isEmpty),
      ("blockIO.leafWeight", resources.blockIO.leafWeight != nil || !resources.blockIO.leafWeightDevice.isEmpty),
    ]
    if let field = missing.first(where: { $0.1 })?.0 {
      throw CgroupError(field: field, reason: "cgroup v2 has no such limit")
    }
    var writes: [CgroupWrite] = []
    if let burst = cpu.burst { writes.append(CgroupWrite("cpu.burst", "cpu", "cpu.max.burst", String(burst))) }
    if let idle = cpu.idle { writes.append(CgroupWrite("cpu.idle", "cpu", "cpu.idle", String(idle))) }
    for (size, limit) in resources.hugepageLimits.sorted(by: { $0.key < $1.key }) {
      writes += hugePages(size, limit, "max")
    }
    return writes + rdma(resources)
  }

  /// What is used, and what is reserved where the kernel counts that as well: a refusal then comes before the first page.
  private static func hugePages(_ size: String, _ limit: UInt64, _ file: String) -> [CgroupWrite] {
    let field = "hugepageLimits.\(size)"
    return [
      CgroupWrite(field, "hugetlb", "hugetlb.\(size).\(file)", String(limit)),
      CgroupWrite(field, "hugetlb", "hugetlb.\(size).rsvd.\(file)", String(limit), isExtra: true),
    ]
  }

  private static func rdma(_ resources: OCIResources) -> [CgroupWrite] {
    resources.rdma.sorted { $0.key < $1.key }.map { device, limit in
      let handles = limit.handles.map { " hca_handle=\($0)" } ?? ""
      let objects = limit.objects.map { " hca_object=\($0)" } ?? ""
      return CgroupWrite("rdma.\(device)", "rdma", "rdma.max", device + handles + objects, .command)
    }
  }

  private static func leafWeights(_ io: OCIBlockIO) -> [CgroupWrite] {
    var writes: [CgroupWrite] = []
    if let weight = io.leafWeight {
      writes.append(CgroupWrite("blockIO.leafWeight", "blkio", "blkio.leaf_weight", String(weight)))
    }
    for rule in io.leafWeightDevice {
      let device = "\(rule.major):\(rule.minor)"
      writes.append(
        CgroupWrite(
          "blockIO.weightDevice", "blkio", "blkio.leaf_weight_device", "\(device) \(rule.rate)", .device(device)))
    }
    return writes
  }
}

// The cpuset controller of v2: the same files as v1's, and an empty list inherits. Pure.
internal import ContainrOCI

enum V2CPUSet {
  static func writes(_ cpu: OCICPU, complete: Bool) throws(CgroupError) -> [CgroupWrite] {
    var writes = try V1CPUSet.writes(cpu, complete: complete)
    if complete {
      for (field, file, list) in [("cpu.cpus", "cpuset.cpus", cpu.cpus), ("cpu.mems", "cpuset.mems", cpu.mems)]
      where list == nil {
        // A write of nothing would never reach the kernel.
        writes.append(CgroupWrite(field, V1CPUSet.controller, file, "\n", .list, asked: false))
      }
    }
    return writes
  }
}

// The cpuset controller of v2: the same files as v1's, and an empty list inherits. Pure.
internal import ContainrOCI

enum V2CPUSet {
  static func writes(_ cpu: OCICPU) throws(CgroupError) -> [CgroupWrite] {
    try V1CPUSet.writes(cpu, complete: false)
  }

  /// The writes that give back a list that was asked for once: the parent's, since a group with processes may not become
  /// empty again (ENOSPC, as of Linux 6.1). A list that was never set stays empty.
  static func releases(
    _ cpu: OCICPU, own: (String) throws(CgroupError) -> String?, parent: (String) throws(CgroupError) -> String?
  ) throws(CgroupError) -> [CgroupWrite] {
    var writes: [CgroupWrite] = []
    for (field, file, list) in [("cpu.cpus", "cpuset.cpus", cpu.cpus), ("cpu.mems", "cpuset.mems", cpu.mems)] {
      guard list == nil, let set = try own(file), !CgroupValueForm.list(set).isEmpty else { continue }
      let inherited = try parent("\(file).effective") ?? ""
      // A write of nothing would never reach the kernel.
      let value = inherited.isEmpty ? "\n" : inherited
      writes.append(CgroupWrite(field, V1CPUSet.controller, file, value, .list, asked: false))
    }
    return writes
  }
}

// The cpuset controller of v1: a new group is empty and takes no process before its parent's lists are copied.
internal import ContainrOCI

enum V1CPUSet {
  static let controller = "cpuset"
  /// In a new group both must be filled before a process can enter.
  static let files = ["cpuset.cpus", "cpuset.mems"]

  static func writes(_ cpu: OCICPU, complete: Bool) throws(CgroupError) -> [CgroupWrite] {
    var writes: [CgroupWrite] = []
    for (field, file, list) in [("cpu.cpus", files[0], cpu.cpus), ("cpu.mems", files[1], cpu.mems)] {
      guard let list else { continue }
      guard let numbers = CgroupValueForm.numbers(list), !numbers.isEmpty else {
        throw CgroupError(field: field, reason: "`\(list)` is no list such as 0-1,3")
      }
      writes.append(CgroupWrite(field, controller, file, list, .list))
    }
    return writes
  }

  /// The writes that give back a list that was asked for once: v1 has no word for "as my parent", only its list.
  static func releases(
    _ cpu: OCICPU, own: (String) throws(CgroupError) -> String?, parent: (String) throws(CgroupError) -> String?
  ) throws(CgroupError) -> [CgroupWrite] {
    var writes: [CgroupWrite] = []
    for (field, file, list) in [("cpu.cpus", files[0], cpu.cpus), ("cpu.mems", files[1], cpu.mems)] {
      // A container that never asked is in no group of this hierarchy.
      guard list == nil, try own(file) != nil, let inherited = try parent(file), !inherited.isEmpty else { continue }
      writes.append(CgroupWrite(field, controller, file, inherited, .list, asked: false))
    }
    return writes
  }

  static func read(_ files: CgroupFiles, into reading: inout CgroupReading) throws(CgroupError) {
    let (cpus, mems) = (try files.text(controller, Self.files[0]), try files.text(controller, Self.files[1]))
    reading.cpus = cpus == "" ? nil : cpus
    reading.mems = mems == "" ? nil : mems
  }
}

// The blkio controller of v1. Pure; source: Documentation/admin-guide/cgroup-v1/blkio-controller.rst.
internal import ContainrOCI

enum V1BlockIO {
  static let controller = "blkio"

  /// Field, file and the rules of each throttle.
  static func throttles(_ io: OCIBlockIO) -> [(field: String, file: String, rules: [OCIThrottle])] {
    [
      ("blkio.read_bps", "blkio.throttle.read_bps_device", io.throttleReadBpsDevice),
      ("blkio.write_bps", "blkio.throttle.write_bps_device", io.throttleWriteBpsDevice),
      ("blkio.read_iops", "blkio.throttle.read_iops_device", io.throttleReadIOPSDevice),
      ("blkio.write_iops", "blkio.throttle.write_iops_device", io.throttleWriteIOPSDevice),
    ]
  }

  /// BFQ's files: CFQ's `blkio.weight` went with Linux 5.0.
  static func writes(_ io: OCIBlockIO, complete: Bool) throws(CgroupError) -> [CgroupWrite] {
    var writes: [CgroupWrite] = []
    // Mostly nothing is asked for, and then the types of what follows need not be made.
    if io == OCIBlockIO(), !complete { return writes }
    try check(io)
    if io.weight != nil || complete {
      writes.append(
        CgroupWrite(
          "blkio.weight", controller, "blkio.bfq.weight", String(io.weight ?? 100), asked: io.weight != nil))
    }
    for rule in io.weightDevice {
      writes.append(write("blkio.weight_device", "blkio.bfq.weight_device", rule))
    }
    for throttle in throttles(io) {
      for rule in throttle.rules { writes.append(write(throttle.field, throttle.file, rule)) }
    }
    return writes
  }

  /// The writes that take away what `current` throttles and `io` does not ask for.
  static func removals(_ io: OCIBlockIO, current: (String) throws(CgroupError) -> String?) throws(CgroupError)
    -> [CgroupWrite]
  {
    var writes: [CgroupWrite] = []
    for throttle in throttles(io) {
      let asked = Set(throttle.rules.map { "\($0.major):\($0.minor)" })
      for line in (try current(throttle.file) ?? "").split(separator: "\n") {
        let device = String(line.prefix { $0 != " " })
        if !device.contains(":") || asked.contains(device) { continue }
        writes.append(
          CgroupWrite(throttle.field, controller, throttle.file, "\(device) 0", .device(device), asked: false))
      }
    }
    let file = "blkio.bfq.weight_device"
    return writes + weightRemovals(io, current: try current(file), controller: controller, file: file)
  }

  /// The writes that take away weights of devices that `io` does not ask for; 0 is no weight, the word is `default`
  /// (block/bfq-cgroup.c, bfq_io_set_device_weight).
  static func weightRemovals(_ io: OCIBlockIO, current: String?, controller: String, file: String) -> [CgroupWrite] {
    let asked = Set(io.weightDevice.map { "\($0.major):\($0.minor)" })
    return (current ?? "").split(separator: "\n").compactMap { line in
      let device = String(line.prefix { $0 != " " })
      if !device.contains(":") || asked.contains(device) { return nil }
      return CgroupWrite(
        "blkio.weight_device", controller, file, "\(device) default", .device(device), asked: false)
    }
  }

  static func check(_ io: OCIBlockIO) throws(CgroupError) {
    let weights =
      io.weightDevice.map { ("blkio.weight_device", $0.rate) }
      + (io.weight.map { [("blkio.weight", UInt64($0))] } ?? [])
    for (field, weight) in weights where !(1...1000).contains(weight) {
      throw CgroupError(field: field, reason: "\(weight) is not between 1 and 1000")
    }
  }

  private static func write(_ field: String, _ file: String, _ rule: OCIThrottle) -> CgroupWrite {
    let device = "\(rule.major):\(rule.minor)"
    return CgroupWrite(field, controller, file, "\(device) \(rule.rate)", .device(device))
  }

  static func read(_ files: CgroupFiles, into reading: inout CgroupReading) throws(CgroupError) {
    reading.blockIOWeight = try files.number(controller, "blkio.bfq.weight")
    for throttle in throttles(OCIBlockIO()) {
      for line in (try files.text(controller, throttle.file) ?? "").split(separator: "\n") where line.contains(":") {
        reading.throttles.append("\(throttle.field) \(line)")
      }
    }
  }
}

// The io controller of v2. Pure; source: Documentation/admin-guide/cgroup-v2.rst.
internal import ContainrOCI

enum V2IO {
  static let controller = "io"

  /// Field, name in `io.max` and the rules of each throttle.
  static func throttles(_ io: OCIBlockIO) -> [(field: String, name: String, rules: [OCIThrottle])] {
    [
      ("blkio.read_bps", "rbps", io.throttleReadBpsDevice),
      ("blkio.write_bps", "wbps", io.throttleWriteBpsDevice),
      ("blkio.read_iops", "riops", io.throttleReadIOPSDevice),
      ("blkio.write_iops", "wiops", io.throttleWriteIOPSDevice),
    ]
  }

  static func writes(_ io: OCIBlockIO, complete: Bool) throws(CgroupError) -> [CgroupWrite] {
    try V1BlockIO.check(io)
    var writes: [CgroupWrite] = []
    if io.weight != nil || complete {
      writes.append(
        CgroupWrite(
          "blkio.weight", controller, "io.bfq.weight", String(io.weight ?? 100), .defaultWeight,
          asked: io.weight != nil))
    }
    for rule in io.weightDevice {
      let device = "\(rule.major):\(rule.minor)"
      writes.append(
        CgroupWrite("blkio.weight_device", controller, "io.bfq.weight", "\(device) \(rule.rate)", .device(device)))
    }
    for throttle in throttles(io) {
      for rule in throttle.rules {
        writes.append(write(throttle.field, "\(rule.major):\(rule.minor)", throttle.name, String(rule.rate)))
      }
    }
    return writes
  }

  /// The writes that take away what `current` (io.max) throttles and `io` does not ask for.
  static func removals(_ io: OCIBlockIO, current: String?) -> [CgroupWrite] {
    var writes: [CgroupWrite] = []
    for line in (current ?? "").split(separator: "\n") {
      guard let device = line.split(separator: " ").first, device.contains(":") else { continue }
      for throttle in throttles(io) {
        if throttle.rules.contains(where: { "\($0.major):\($0.minor)" == device }) { continue }
        writes.append(write(throttle.field, String(device), throttle.name, "max", asked: false))
      }
    }
    return writes
  }

  private static func write(
    _ field: String, _ device: String, _ name: String, _ value: String, asked: Bool = true
  ) -> CgroupWrite {
    CgroupWrite(
      field, controller, "io.max", "\(device) \(name)=\(value)", .ioMax(device: device, name: name), asked: asked)
  }

  static func read(_ files: CgroupFiles, into reading: inout CgroupReading) throws(CgroupError) {
    reading.blockIOWeight = try files.number(controller, "io.bfq.weight")
    for line in (try files.text(controller, "io.max") ?? "").split(separator: "\n") {
      let words = line.split(separator: " ")
      for throttle in throttles(OCIBlockIO()) {
        for word in words.dropFirst() where word.hasPrefix("\(throttle.name)=") && !word.hasSuffix("=max") {
          reading.throttles.append("\(throttle.field) \(words[0]) \(word.dropFirst(throttle.name.utf8.count + 1))")
        }
      }
    }
  }
}

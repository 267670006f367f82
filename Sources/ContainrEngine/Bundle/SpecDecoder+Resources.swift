// `linux.resources` of config.json, which is also what `update` reads. Pure.
public import ContainrJSON
public import ContainrOCI

extension SpecDecoder {
  /// `update --resources`.
  public static func resources(_ document: JSONValue) throws(JSONShapeError) -> OCIResources {
    try resources(try JSONReader(document, path: []))
  }

  static func resources(_ reader: JSONReader) throws(JSONShapeError) -> OCIResources {
    var resources = OCIResources()
    if let memory = try reader.object("memory") { resources.memory = try self.memory(memory) }
    if let cpu = try reader.object("cpu") { resources.cpu = try self.cpu(cpu) }
    if let pids = try reader.object("pids") { resources.pids = try pids.number("limit") }
    if let io = try reader.object("blockIO") { resources.blockIO = try blockIO(io) }
    for limit in try reader.objects("hugepageLimits") {
      let size = try limit.requiredString("pageSize")
      guard size.hasSuffix("B"), let first = size.utf8.first, (0x31...0x39).contains(first), !size.contains("/") else {
        throw limit.fault("pageSize", "is '\(size)', and must be such as 2MB")
      }
      resources.hugepageLimits[size] = try limit.requiredNumber("limit")
    }
    if let network = try reader.object("network") {
      resources.network.classID = try network.number("classID")
      for priority in try network.objects("priorities") {
        resources.network.priorities[try priority.requiredString("name")] = try priority.requiredNumber("priority")
      }
    }
    if let rdma = try reader.object("rdma") {
      for device in rdma.keys {
        guard let entry = try rdma.object(device) else { continue }
        var limit = OCIRDMALimit()
        limit.handles = try entry.number("hcaHandles")
        limit.objects = try entry.number("hcaObjects")
        if limit.handles == nil, limit.objects == nil {
          throw JSONShapeError(entry.path, "needs hcaHandles or hcaObjects")
        }
        resources.rdma[device] = limit
      }
    }
    for rule in try reader.objects("devices") { resources.devices.append(try deviceRule(rule)) }
    let unified = try reader.texts("unified")
    if !unified.isEmpty { resources.unified = unified }
    return resources
  }

  private static func memory(_ reader: JSONReader) throws(JSONShapeError) -> OCIMemory {
    var memory = OCIMemory()
    memory.limit = try amount(reader, "limit")
    memory.reservation = try amount(reader, "reservation")
    memory.swap = try amount(reader, "swap")
    memory.kernel = try amount(reader, "kernel")
    memory.kernelTCP = try amount(reader, "kernelTCP")
    memory.swappiness = try reader.number("swappiness")
    memory.disableOOMKiller = try reader.bool("disableOOMKiller")
    memory.useHierarchy = try reader.bool("useHierarchy")
    memory.checkBeforeUpdate = try reader.bool("checkBeforeUpdate")
    return memory
  }

  /// Bytes; 0 is "not set", as every runtime takes it.
  private static func amount(_ reader: JSONReader, _ key: String) throws(JSONShapeError) -> Int64? {
    let value: Int64? = try reader.number(key)
    if let value, value < -1 { throw reader.fault(key, "is \(value), and must be -1, which is unlimited, or more") }
    return value == 0 ? nil : value
  }

  private static func cpu(_ reader: JSONReader) throws(JSONShapeError) -> OCICPU {
    var cpu = OCICPU()
    cpu.shares = try set(reader, "shares")
    cpu.quota = try set(reader, "quota")
    cpu.period = try set(reader, "period")
    cpu.burst = try reader.number("burst")
    cpu.realtimeRuntime = try reader.number("realtimeRuntime")
    cpu.realtimePeriod = try set(reader, "realtimePeriod")
    cpu.idle = try reader.number("idle")
    cpu.cpus = try reader.string("cpus").nonEmpty
    cpu.mems = try reader.string("mems").nonEmpty
    return cpu
  }

  private static func set<Number: FixedWidthInteger>(
    _ reader: JSONReader, _ key: String
  ) throws(JSONShapeError) -> Number? {
    let value: Number? = try reader.number(key)
    return value == 0 ? nil : value
  }

  private static func blockIO(_ reader: JSONReader) throws(JSONShapeError) -> OCIBlockIO {
    var io = OCIBlockIO()
    io.weight = try set(reader, "weight")
    io.leafWeight = try set(reader, "leafWeight")
    for entry in try reader.objects("weightDevice") {
      let (major, minor): (UInt32, UInt32) = (try entry.requiredNumber("major"), try entry.requiredNumber("minor"))
      if entry.value("weight") == nil, entry.value("leafWeight") == nil {
        throw JSONShapeError(entry.path, "needs weight or leafWeight")
      }
      if let weight: UInt64 = try set(entry, "weight") {
        io.weightDevice.append(OCIThrottle(major: major, minor: minor, rate: weight))
      }
      if let weight: UInt64 = try set(entry, "leafWeight") {
        io.leafWeightDevice.append(OCIThrottle(major: major, minor: minor, rate: weight))
      }
    }
    io.throttleReadBpsDevice = try throttles(reader, "throttleReadBpsDevice")
    io.throttleWriteBpsDevice = try throttles(reader, "throttleWriteBpsDevice")
    io.throttleReadIOPSDevice = try throttles(reader, "throttleReadIOPSDevice")
    io.throttleWriteIOPSDevice = try throttles(reader, "throttleWriteIOPSDevice")
    return io
  }

  private static func throttles(_ reader: JSONReader, _ key: String) throws(JSONShapeError) -> [OCIThrottle] {
    var all: [OCIThrottle] = []
    for entry in try reader.objects(key) {
      all.append(
        OCIThrottle(
          major: try entry.requiredNumber("major"), minor: try entry.requiredNumber("minor"),
          rate: try entry.requiredNumber("rate")))
    }
    return all
  }

  private static func deviceRule(_ reader: JSONReader) throws(JSONShapeError) -> OCIDeviceRule {
    guard let allow = try reader.bool("allow") else { throw JSONShapeError(reader.path, "needs allow") }
    let type = try reader.string("type").nonEmpty ?? "a"
    guard ["a", "b", "c"].contains(type) else { throw reader.fault("type", "is '\(type)', and must be a, b or c") }
    let access = try reader.string("access").nonEmpty ?? "rwm"
    if access.contains(where: { !"rwm".contains($0) }) {
      throw reader.fault("access", "is '\(access)', and must be made of r, w and m")
    }
    // -1 was the way to say "all of them".
    var numbers: [UInt32?] = []
    for key in ["major", "minor"] {
      let number: Int64? = try reader.number(key)
      guard let number, number != -1 else {
        numbers.append(nil)
        continue
      }
      guard let valid = UInt32(exactly: number) else { throw reader.fault(key, "is \(number), and no device number") }
      numbers.append(valid)
    }
    return OCIDeviceRule(allow: allow, type: type, major: numbers[0], minor: numbers[1], access: access)
  }
}

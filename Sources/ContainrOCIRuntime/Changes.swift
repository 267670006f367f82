// `pause`, `resume`, `update`: a running container is changed.
internal import ContainrBundle
internal import ContainrCgroups
internal import ContainrJSON
internal import ContainrOCI
internal import ContainrSystem
internal import SystemPackage

enum Changes {
  static func setPaused(_ id: String, _ isPaused: Bool, _ context: RuntimeContext) throws(RuntimeFailure) -> Int32 {
    let directory = try context.root.directory(id)
    let lock = try directory.hold()
    let state = try directory.loadExisting()
    let status = try Inspection.status(state, context)
    let wanted = isPaused ? ["running", "created"] : ["paused"]
    guard wanted.contains(status) else {
      throw RuntimeFailure("cannot \(isPaused ? "pause" : "resume") a container that is \(status)")
    }
    guard let cgroup = try context.cgroup(state) else { throw RuntimeFailure("needs a cgroup, and there is none") }
    try attemptCgroup { () throws(CgroupError) in try cgroup.setFrozen(isPaused) }
    _ = lock
    return 0
  }

  static let updateForms: [String] = [
    "resources,r=", "blkio-weight=", "cpu-period=", "cpu-quota=", "cpu-burst=",
    "cpu-share=", "cpu-rt-period=", "cpu-rt-runtime=", "cpuset-cpus=",
    "cpuset-mems=", "cpu-idle=", "kernel-memory=", "kernel-memory-tcp=", "memory=",
    "memory-reservation=", "memory-swap=", "pids-limit=", "l3-cache-schema=",
    "mem-bw-schema=",
  ]

  static func update(_ words: CommandWords, _ context: RuntimeContext) throws(RuntimeFailure) -> Int32 {
    guard words.operands.count == 1 else { throw RuntimeFailure("needs exactly one container id") }
    let directory = try context.root.directory(words.operands[0])
    let lock = try directory.hold()
    let state = try directory.loadExisting()
    if try state.status() == "stopped" { throw RuntimeFailure("container not running") }
    let resources = try resources(words)
    for warning in LaunchPlan.kernelMemory(resources) { context.log.warning(warning) }
    guard let cgroup = try context.cgroup(state) else {
      throw RuntimeFailure("update needs a cgroup, and there is none")
    }
    try attemptCgroup { () throws(CgroupError) in try cgroup.update(resources) }
    _ = lock
    return 0
  }

  private static func resources(_ words: CommandWords) throws(RuntimeFailure) -> OCIResources {
    if words.value("l3-cache-schema") != nil || words.value("mem-bw-schema") != nil {
      throw RuntimeFailure("Intel RDT is not supported by this runtime")
    }
    if let path = words.value("resources") {
      let bytes = try attempt("read the resources") { () throws(SyscallError) in
        path == "-" ? try Kernel.readAll(0) : try Kernel.contents(of: FilePath(path))
      }
      return try BundleReader.parse(bytes, shown: path) { (value) throws(JSONShapeError) in
        try SpecDecoder.resources(value)
      }
    }
    var resources = OCIResources()
    resources.blockIO.weight = try number(words, "blkio-weight")
    resources.cpu.period = try number(words, "cpu-period")
    resources.cpu.quota = try number(words, "cpu-quota")
    resources.cpu.burst = try number(words, "cpu-burst")
    resources.cpu.shares = try number(words, "cpu-share")
    resources.cpu.realtimePeriod = try number(words, "cpu-rt-period")
    resources.cpu.realtimeRuntime = try number(words, "cpu-rt-runtime")
    resources.cpu.idle = try number(words, "cpu-idle")
    resources.cpu.cpus = words.value("cpuset-cpus")
    resources.cpu.mems = words.value("cpuset-mems")
    resources.memory.kernel = try bytes(words, "kernel-memory")
    resources.memory.kernelTCP = try bytes(words, "kernel-memory-tcp")
    resources.memory.limit = try bytes(words, "memory")
    resources.memory.reservation = try bytes(words, "memory-reservation")
    resources.memory.swap = try bytes(words, "memory-swap")
    resources.pids = try number(words, "pids-limit")
    return resources
  }

  private static func number<Number: FixedWidthInteger>(
    _ words: CommandWords, _ name: String
  ) throws(RuntimeFailure) -> Number? {
    guard let text = words.value(name) else { return nil }
    guard let number = Number(text) else { throw RuntimeFailure("invalid value for --\(name): \(text)") }
    return number
  }

  /// `64m`, `1g`, or bytes; -1 is unlimited.
  private static func bytes(_ words: CommandWords, _ name: String) throws(RuntimeFailure) -> Int64? {
    guard let text = words.value(name) else { return nil }
    let units: [Character: Int64] = ["b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40]
    let lower = text.lowercased()
    let scale = lower.last.flatMap { units[$0] }
    guard let number = Int64(scale == nil ? lower : String(lower.dropLast())), number >= -1 else {
      throw RuntimeFailure("invalid value for --\(name): \(text)")
    }
    let (product, overflow) = number.multipliedReportingOverflow(by: number == -1 ? 1 : scale ?? 1)
    if overflow { throw RuntimeFailure("invalid value for --\(name): \(text)") }
    return product
  }
}

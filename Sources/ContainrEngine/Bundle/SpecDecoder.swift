// From the JSON of config.json to the runtime-spec's values. Types are strict, unknown keys are passed over; what a value
// may be is checked here as far as no host is needed. Pure.
public import ContainrJSON
public import ContainrOCI

/// config.json.
public enum SpecDecoder {
  /// The whole document. Without `process` the container can be created and not started: its arguments are then empty.
  public static func spec(_ document: JSONValue) throws(JSONShapeError) -> RuntimeSpec {
    let top = try JSONReader(document, path: [])
    let version = try top.requiredString("ociVersion")
    guard isSupported(version) else {
      throw top.fault("ociVersion", "is '\(version)', and must be a version 1.x.y (semver.org)")
    }
    guard let root = try top.object("root") else { throw JSONShapeError([], "needs root") }
    var spec = RuntimeSpec(process: OCIProcess(args: []), root: OCIRoot(path: try root.requiredString("path")))
    if spec.root.path.isEmpty { throw root.fault("path", "must not be empty") }
    spec.root.readonly = try root.bool("readonly") ?? false
    spec.ociVersion = version
    if let process = try top.object("process") { spec.process = try self.process(process) }
    spec.hostname = try top.string("hostname").nonEmpty
    spec.domainname = try top.string("domainname").nonEmpty
    for mount in try top.objects("mounts") { spec.mounts.append(try self.mount(mount)) }
    // Here and below: where there are none, nothing is put in place of none. That alone would be a use of the dictionary's type,
    // and the first one searches the whole program for how its keys are hashed.
    let annotations = try top.texts("annotations")
    if !annotations.isEmpty {
      if annotations[""] != nil { throw top.fault("annotations", "has an empty name") }
      spec.annotations = annotations
    }
    if let hooks = try top.object("hooks") { spec.hooks = try self.hooks(hooks) }
    if let linux = try top.object("linux") { spec.linux = try self.linux(linux) }
    for (key, name) in [("hostname", spec.hostname), ("domainname", spec.domainname)] {
      guard let name else { continue }
      // sethostname(2): __NEW_UTS_LEN.
      if name.utf8.count > 64 { throw top.fault(key, "is \(name.utf8.count) bytes long, and may have 64") }
      if !spec.linux.namespaces.contains(where: { $0.type == .uts }) {
        throw top.fault(key, "needs a uts namespace in linux.namespaces: it would be the host's")
      }
    }
    return spec
  }

  /// Semantic Versioning 2.0.0; within a major version the specification stays compatible both ways.
  private static func isSupported(_ version: String) -> Bool {
    let parts = version.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    let core = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let numbers = core[0].split(separator: ".", omittingEmptySubsequences: false)
    guard numbers.count == 3, numbers.allSatisfy(isNumber), numbers[0] == "1" else { return false }
    func identifiers(_ text: Substring, plainNumbers: Bool) -> Bool {
      text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
        let isWord = !part.isEmpty && part.utf8.allSatisfy { isDigit($0) || isLetter($0) || $0 == UInt8(ascii: "-") }
        return isWord && (!plainNumbers || !part.utf8.allSatisfy(isDigit) || isNumber(part))
      }
    }
    if core.count == 2, !identifiers(core[1], plainNumbers: true) { return false }
    return parts.count == 1 || identifiers(parts[1], plainNumbers: false)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
  private static func isNumber(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.count < 10 && text.utf8.allSatisfy(isDigit) && (text == "0" || text.first != "0")
  }

  /// `process`, in config.json or in a file of its own (`exec --process`).
  public static func process(_ document: JSONValue) throws(JSONShapeError) -> OCIProcess {
    try process(try JSONReader(document, path: []))
  }

  static func process(_ reader: JSONReader) throws(JSONShapeError) -> OCIProcess {
    var process = OCIProcess(args: try reader.strings("args"))
    if process.args.isEmpty { throw JSONShapeError(reader.path, "needs args") }
    process.env = try reader.strings("env")
    process.cwd = try reader.requiredString("cwd")
    if !process.cwd.hasPrefix("/") { throw reader.fault("cwd", "must be absolute") }
    process.terminal = try reader.bool("terminal") ?? false
    if let size = try reader.object("consoleSize"), process.terminal {
      process.consoleSize = OCIConsoleSize(
        height: try reader.size(size, "height"), width: try reader.size(size, "width"))
    }
    if let user = try reader.object("user") { process.user = try self.user(user) }
    if let capabilities = try reader.object("capabilities") {
      process.capabilities.bounding = try capabilities.strings("bounding")
      process.capabilities.effective = try capabilities.strings("effective")
      process.capabilities.permitted = try capabilities.strings("permitted")
      process.capabilities.inheritable = try capabilities.strings("inheritable")
      process.capabilities.ambient = try capabilities.strings("ambient")
    }
    process.rlimits = try rlimits(reader)
    process.noNewPrivileges = try reader.bool("noNewPrivileges") ?? false
    if let score: Int = try reader.number("oomScoreAdj") {
      guard (-1000...1000).contains(score) else {
        throw reader.fault("oomScoreAdj", "is \(score), and must be from -1000 to 1000")
      }
      process.oomScoreAdj = score
    }
    process.apparmorProfile = try reader.string("apparmorProfile").nonEmpty
    process.selinuxLabel = try reader.string("selinuxLabel").nonEmpty
    if let scheduler = try reader.object("scheduler") { process.scheduler = try self.scheduler(scheduler) }
    if let priority = try reader.object("ioPriority") { process.ioPriority = try ioPriority(priority) }
    if let affinity = try reader.object("execCPUAffinity") {
      process.execCPUAffinity = OCICPUAffinity()
      process.execCPUAffinity?.initial = try affinity.processors("initial")
      process.execCPUAffinity?.final = try affinity.processors("final")
    }
    return process
  }

  private static func user(_ reader: JSONReader) throws(JSONShapeError) -> OCIUser {
    var user = OCIUser()
    for (key, field) in [("uid", \OCIUser.uid), ("gid", \OCIUser.gid)] {
      user[keyPath: field] = try reader.number(key) ?? 0
      // The kernel takes it for "no change".
      if user[keyPath: field] == .max { throw reader.fault(key, "is no id") }
    }
    user.umask = try reader.number("umask")
    if let umask = user.umask, umask > 0o777 { throw reader.fault("umask", "is over 0777") }
    for (index, value) in try reader.array("additionalGids").enumerated() {
      let path = reader.path + ["additionalGids", String(index)]
      guard case .integer(let number) = value, let gid = UInt32(exactly: number), gid != .max else {
        throw JSONShapeError(path, "is no id")
      }
      user.additionalGids.append(gid)
    }
    return user
  }

  private static func rlimits(_ reader: JSONReader) throws(JSONShapeError) -> [OCIRlimit] {
    var limits: [OCIRlimit] = []
    for limit in try reader.objects("rlimits") {
      let type = try limit.requiredString("type")
      guard rlimitNames.contains(type) else { throw limit.fault("type", "is '\(type)', and no resource of Linux") }
      if limits.contains(where: { $0.type == type }) { throw limit.fault("type", "is there a second time: \(type)") }
      let soft: UInt64 = try limit.requiredNumber("soft")
      let hard: UInt64 = try limit.requiredNumber("hard")
      if soft > hard { throw limit.fault("soft", "is over hard") }
      limits.append(OCIRlimit(type: type, soft: soft, hard: hard))
    }
    return limits
  }

  private static let rlimitNames: [String] = [
    "RLIMIT_AS", "RLIMIT_CORE", "RLIMIT_CPU", "RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_LOCKS", "RLIMIT_MEMLOCK",
    "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_RSS", "RLIMIT_RTPRIO",
    "RLIMIT_RTTIME", "RLIMIT_SIGPENDING", "RLIMIT_STACK",
  ]

  private static func scheduler(_ reader: JSONReader) throws(JSONShapeError) -> OCIScheduler {
    let policy = try reader.requiredString("policy")
    guard let number = schedulers.firstIndex(of: policy), !policy.isEmpty else {
      throw reader.fault("policy", "is '\(policy)', and no policy of Linux")
    }
    var scheduler = OCIScheduler(policy: UInt32(number))
    scheduler.nice = try reader.number("nice") ?? 0
    if !(-20...19).contains(scheduler.nice) { throw reader.fault("nice", "must be from -20 to 19") }
    scheduler.priority = try reader.number("priority") ?? 0
    scheduler.runtime = try reader.number("runtime") ?? 0
    scheduler.deadline = try reader.number("deadline") ?? 0
    scheduler.period = try reader.number("period") ?? 0
    if scheduler.priority != 0, number != 1, number != 2 {
      throw reader.fault("priority", "belongs to SCHED_FIFO and SCHED_RR alone")
    }
    if scheduler.runtime | scheduler.deadline | scheduler.period != 0, number != 6 {
      throw JSONShapeError(reader.path, "runtime, deadline and period belong to SCHED_DEADLINE alone")
    }
    if number == 6 { try checkDeadline(reader, scheduler) }
    for flag in try reader.strings("flags") {
      guard let bit = schedulerFlags[flag] else { throw reader.fault("flags", "'\(flag)' is none of Linux") }
      scheduler.flags |= bit
    }
    return scheduler
  }

  /// What the kernel wants of SCHED_DEADLINE (sched(7)), which it would only call invalid.
  private static func checkDeadline(_ reader: JSONReader, _ scheduler: OCIScheduler) throws(JSONShapeError) {
    let name = "sched_setattr: `SCHED_DEADLINE`"
    for key in ["runtime", "deadline"] where reader.value(key) == nil {
      throw JSONShapeError(reader.path, "\(name) requires `\(key)`")
    }
    let (runtime, deadline, period) = (scheduler.runtime, scheduler.deadline, scheduler.period)
    if runtime == 0 { throw JSONShapeError(reader.path, "\(name) runtime must be greater than 0") }
    if !(1024..<1 << 63).contains(runtime) {
      throw JSONShapeError(reader.path, "\(name) runtime \(runtime) must be between 1024 and \(UInt64(1) << 63 - 1)")
    }
    if runtime > deadline {
      throw JSONShapeError(reader.path, "\(name) runtime \(runtime) must be <= deadline \(deadline)")
    }
    if period != 0, deadline > period {
      throw JSONShapeError(reader.path, "\(name) deadline \(deadline) must be <= period \(period)")
    }
  }

  private static let schedulers = [
    "SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE",
  ]
  private static let schedulerFlags: [String: UInt64] = [
    "SCHED_FLAG_RESET_ON_FORK": 0x01, "SCHED_FLAG_RECLAIM": 0x02, "SCHED_FLAG_DL_OVERRUN": 0x04,
    "SCHED_FLAG_KEEP_POLICY": 0x08, "SCHED_FLAG_KEEP_PARAMS": 0x10, "SCHED_FLAG_UTIL_CLAMP_MIN": 0x20,
    "SCHED_FLAG_UTIL_CLAMP_MAX": 0x40,
  ]

  private static func ioPriority(_ reader: JSONReader) throws(JSONShapeError) -> OCIIOPriority {
    let name = try reader.requiredString("class")
    let classes = ["IOPRIO_CLASS_RT": UInt32(1), "IOPRIO_CLASS_BE": 2, "IOPRIO_CLASS_IDLE": 3]
    guard let number = classes[name] else { throw reader.fault("class", "is '\(name)', and no class of Linux") }
    let level: UInt32 = try reader.number("priority") ?? 0
    if level > 7 { throw reader.fault("priority", "must be from 0 to 7") }
    return OCIIOPriority(ioClass: number, level: level)
  }

  static func mount(_ reader: JSONReader) throws(JSONShapeError) -> OCIMount {
    let destination = try reader.requiredString("destination")
    if destination.isEmpty { throw reader.fault("destination", "must not be empty") }
    var mount = OCIMount(
      // Relative ones were allowed once, and are meant from the root.
      destination: destination.hasPrefix("/") ? destination : "/" + destination,
      type: try reader.string("type") ?? "", source: try reader.string("source") ?? "",
      options: try reader.strings("options"))
    mount.uidMappings = try mappings(reader, "uidMappings")
    mount.gidMappings = try mappings(reader, "gidMappings")
    return mount
  }

  static func mappings(_ reader: JSONReader, _ key: String) throws(JSONShapeError) -> [OCIIDMapping] {
    var ranges: [OCIIDMapping] = []
    for range in try reader.objects(key) {
      ranges.append(
        OCIIDMapping(
          containerID: try range.requiredNumber("containerID"), hostID: try range.requiredNumber("hostID"),
          size: try range.requiredNumber("size")))
    }
    if !ranges.isEmpty, let fault = IDMap.fault(in: ranges) { throw reader.fault(key, fault) }
    return ranges
  }

  private static func hooks(_ reader: JSONReader) throws(JSONShapeError) -> OCIHooks {
    var hooks = OCIHooks()
    hooks.prestart = try list(reader, "prestart")
    hooks.createRuntime = try list(reader, "createRuntime")
    hooks.createContainer = try list(reader, "createContainer")
    hooks.startContainer = try list(reader, "startContainer")
    hooks.poststart = try list(reader, "poststart")
    hooks.poststop = try list(reader, "poststop")
    return hooks
  }

  private static func list(_ reader: JSONReader, _ key: String) throws(JSONShapeError) -> [OCIHook] {
    var hooks: [OCIHook] = []
    for entry in try reader.objects(key) {
      var hook = OCIHook(path: try entry.requiredString("path"))
      if !hook.path.hasPrefix("/") { throw entry.fault("path", "must be absolute") }
      hook.args = try entry.strings("args")
      if entry.value("env") != nil { hook.env = try entry.strings("env") }
      if let timeout: Int64 = try entry.number("timeout") {
        guard timeout > 0, let seconds = UInt32(exactly: timeout) else {
          throw entry.fault("timeout", "must be over 0")
        }
        hook.timeout = seconds
      }
      hooks.append(hook)
    }
    return hooks
  }
}

extension JSONReader {
  fileprivate func size(_ reader: JSONReader, _ key: String) throws(JSONShapeError) -> UInt16 {
    let wide: UInt64 = try reader.requiredNumber(key)
    return UInt16(clamping: wide)
  }

  /// A list of processors, in its form at least.
  fileprivate func processors(_ key: String) throws(JSONShapeError) -> String? {
    guard let text = try string(key).nonEmpty else { return nil }
    guard ProcessorList.bytes(text) != nil else { throw fault(key, "is '\(text)', and no list of processors") }
    return text
  }
}

extension Optional where Wrapped == String {
  /// nil for an empty text, which the specification's writers leave behind for "not set".
  var nonEmpty: String? { self == "" ? nil : self }
}

/// Lists such as `0-3,7`.
public enum ProcessorList {
  /// Bit n of the bytes is processor n; nil for what is no list, or one of processors beyond 8191.
  public static func bytes(_ text: String) -> [UInt8]? {
    var set = [UInt8](repeating: 0, count: 1024)
    for part in text.split(separator: ",") {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false)
        .map { Int($0.filter { $0 != " " && $0 != "\t" }) }
      guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first >= 0, first <= last,
        last < 8192
      else { return nil }
      for number in first...last { set[number / 8] |= 1 << UInt8(number % 8) }
    }
    return set.contains { $0 != 0 } ? set : nil
  }
}

// `linux` of config.json. Pure.
internal import ContainrJSON
internal import ContainrOCI

extension SpecDecoder {
  static func linux(_ reader: JSONReader) throws(JSONShapeError) -> OCILinux {
    var linux = OCILinux()
    linux.namespaces = try namespaces(reader)
    linux.uidMappings = try mappings(reader, "uidMappings")
    linux.gidMappings = try mappings(reader, "gidMappings")
    func has(_ kind: OCINamespace.Kind) -> Bool { linux.namespaces.contains { $0.type == kind && $0.path == nil } }
    if has(.user), linux.uidMappings.isEmpty != linux.gidMappings.isEmpty {
      throw JSONShapeError(reader.path, "needs uidMappings and gidMappings together")
    }
    // Without one its root would be the host's.
    if !linux.namespaces.contains(where: { $0.type == .user }), !linux.uidMappings.isEmpty || !linux.gidMappings.isEmpty
    {
      throw reader.fault(
        linux.uidMappings.isEmpty ? "gidMappings" : "uidMappings", "need a user namespace in namespaces")
    }
    if let offsets = try reader.object("timeOffsets") { linux.timeOffsets = try timeOffsets(offsets) }
    if !linux.timeOffsets.isEmpty, !has(.time) {
      throw reader.fault("timeOffsets", "need a new time namespace in namespaces")
    }
    for device in try reader.objects("devices") { linux.devices.append(try self.device(device)) }
    if let resources = try reader.object("resources") { linux.resources = try self.resources(resources) }
    linux.cgroupsPath = try reader.string("cgroupsPath").nonEmpty
    if let path = linux.cgroupsPath {
      let names = path.utf8.split(separator: UInt8(ascii: "/"))
      if names.isEmpty { throw reader.fault("cgroupsPath", "is the root of the hierarchies, where others are") }
      if names.contains(where: { $0.elementsEqual("..".utf8) || $0.elementsEqual(".".utf8) }) {
        throw reader.fault("cgroupsPath", "must not have '.' or '..' in it")
      }
    }
    let sysctl = try reader.texts("sysctl")
    if !sysctl.isEmpty { linux.sysctl = sysctl }
    linux.maskedPaths = try paths(reader, "maskedPaths")
    linux.readonlyPaths = try paths(reader, "readonlyPaths")
    if let seccomp = try reader.object("seccomp") { linux.seccomp = try self.seccomp(seccomp) }
    linux.rootfsPropagation = try reader.string("rootfsPropagation").nonEmpty
    if let word = linux.rootfsPropagation,
      !["shared", "slave", "private", "unbindable"].contains(word.first == "r" ? String(word.dropFirst()) : word)
    {
      throw reader.fault("rootfsPropagation", "is '\(word)', and must be shared, slave, private or unbindable")
    }
    linux.mountLabel = try reader.string("mountLabel").nonEmpty
    if let personality = try reader.object("personality") { linux.personality = try self.personality(personality) }
    if reader.value("intelRdt") != nil {
      throw reader.fault("intelRdt", "is not supported by this runtime: leave it out")
    }
    if let devices = try reader.object("netDevices"), !devices.keys.isEmpty {
      throw reader.fault("netDevices", "are not supported by this runtime: move the interfaces by a createRuntime hook")
    }
    if let policy = try reader.object("memoryPolicy") { linux.memoryPolicy = try memoryPolicy(policy) }
    return linux
  }

  private static func namespaces(_ reader: JSONReader) throws(JSONShapeError) -> [OCINamespace] {
    var all: [OCINamespace] = []
    for entry in try reader.objects("namespaces") {
      let type = try entry.requiredString("type")
      guard let kind = OCINamespace.Kind(rawValue: type) else {
        throw entry.fault("type", "is '\(type)', and no kind of namespace")
      }
      if all.contains(where: { $0.type == kind }) { throw entry.fault("type", "is there a second time: \(type)") }
      let path = try entry.string("path").nonEmpty
      if let path, !path.hasPrefix("/") { throw entry.fault("path", "must be absolute") }
      all.append(OCINamespace(kind, path: path))
    }
    return all
  }

  private static func paths(_ reader: JSONReader, _ key: String) throws(JSONShapeError) -> [String] {
    let paths = try reader.strings(key)
    for (index, path) in paths.enumerated() where !path.hasPrefix("/") {
      throw JSONShapeError(reader.path + [key, String(index)], "must be absolute")
    }
    return paths
  }

  private static func timeOffsets(_ reader: JSONReader) throws(JSONShapeError) -> [String: OCITimeOffset] {
    var offsets: [String: OCITimeOffset] = [:]
    for clock in reader.keys {
      guard ["monotonic", "boottime"].contains(clock) else {
        throw reader.fault(clock, "is no clock of a time namespace: monotonic or boottime")
      }
      guard let offset = try reader.object(clock) else { continue }
      let nanoseconds: UInt32 = try offset.number("nanosecs") ?? 0
      if nanoseconds >= 1_000_000_000 { throw offset.fault("nanosecs", "is a second or more") }
      offsets[clock] = OCITimeOffset(seconds: try offset.number("secs") ?? 0, nanoseconds: nanoseconds)
    }
    return offsets
  }

  private static func device(_ reader: JSONReader) throws(JSONShapeError) -> OCIDevice {
    let type = try reader.requiredString("type")
    guard ["c", "u", "b", "p"].contains(type) else {
      throw reader.fault("type", "is '\(type)', and must be c, u, b or p")
    }
    var device = OCIDevice(path: try reader.requiredString("path"), type: type)
    if !device.path.hasPrefix("/") { throw reader.fault("path", "must be absolute") }
    if device.path.utf8.split(separator: UInt8(ascii: "/")).contains(where: { $0.elementsEqual("..".utf8) }) {
      throw reader.fault("path", "must not have '..' in it")
    }
    if type != "p" {
      device.major = try reader.requiredNumber("major")
      device.minor = try reader.requiredNumber("minor")
    }
    device.fileMode = try reader.number("fileMode")
    device.uid = try reader.number("uid")
    device.gid = try reader.number("gid")
    return device
  }

  private static func personality(_ reader: JSONReader) throws(JSONShapeError) -> UInt64 {
    let domain = try reader.requiredString("domain")
    let domains: [String: UInt64] = ["LINUX": 0, "LINUX32": 8]
    guard let number = domains[domain] else {
      throw reader.fault("domain", "is '\(domain)', and must be LINUX or LINUX32")
    }
    if let flag = try reader.strings("flags").first { throw reader.fault("flags", "'\(flag)' is none that is known") }
    return number
  }

  /// set_mempolicy(2), by number.
  public static let memoryModes = [
    "MPOL_DEFAULT", "MPOL_PREFERRED", "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_LOCAL", "MPOL_PREFERRED_MANY",
    "MPOL_WEIGHTED_INTERLEAVE",
  ]
  /// The same call's flags.
  public static let memoryFlags: [String: UInt32] = [
    "MPOL_F_STATIC_NODES": UInt32(1) << 15, "MPOL_F_RELATIVE_NODES": 1 << 14, "MPOL_F_NUMA_BALANCING": 1 << 13,
  ]

  private static func memoryPolicy(_ reader: JSONReader) throws(JSONShapeError) -> OCIMemoryPolicy {
    let name = try reader.requiredString("mode")
    guard let mode = memoryModes.firstIndex(of: name) else {
      throw reader.fault("mode", "is '\(name)', and no policy that is known")
    }
    var policy = OCIMemoryPolicy(mode: UInt32(mode), nodes: [])
    for flag in try reader.strings("flags") {
      guard let bit = memoryFlags[flag] else { throw reader.fault("flags", "'\(flag)' is none that is known") }
      policy.mode |= bit
    }
    if let text = try reader.string("nodes").nonEmpty {
      guard let nodes = ProcessorList.bytes(text) else {
        throw reader.fault("nodes", "is '\(text)', and no list of nodes")
      }
      policy.nodes = nodes
    }
    return policy
  }

  private static func seccomp(_ reader: JSONReader) throws(JSONShapeError) -> OCISeccomp {
    var seccomp = OCISeccomp(defaultAction: try action(reader, "defaultAction"))
    seccomp.defaultErrnoRet = try errno(reader, "defaultErrnoRet", of: seccomp.defaultAction)
    seccomp.architectures = try reader.strings("architectures")
    for (index, name) in seccomp.architectures.enumerated()
    where !seccompArchitectures.contains(name) && name != "SCMP_ARCH_NATIVE" {
      throw JSONShapeError(
        reader.path + ["architectures", String(index)], "is '\(name)', and no architecture that is known")
    }
    seccomp.flags = try reader.strings("flags")
    for (index, flag) in seccomp.flags.enumerated() where !seccompFlags.contains(flag) {
      throw JSONShapeError(reader.path + ["flags", String(index)], "is '\(flag)', and no flag that is known")
    }
    seccomp.listenerPath = try reader.string("listenerPath").nonEmpty
    seccomp.listenerMetadata = try reader.string("listenerMetadata").nonEmpty
    if seccomp.listenerMetadata != nil, seccomp.listenerPath == nil {
      throw reader.fault("listenerMetadata", "needs listenerPath")
    }
    if seccomp.defaultAction == "SCMP_ACT_NOTIFY" {
      throw reader.fault("defaultAction", "cannot be SCMP_ACT_NOTIFY: nothing could be told to the listener")
    }
    var notifies = false
    for entry in try reader.objects("syscalls") {
      var rule = OCISyscallRule(names: try entry.strings("names"), action: try action(entry, "action"))
      if rule.names.isEmpty { throw JSONShapeError(entry.path, "needs names") }
      rule.errnoRet = try errno(entry, "errnoRet", of: rule.action)
      for argument in try entry.objects("args") { rule.args.append(try self.argument(argument)) }
      if rule.action == "SCMP_ACT_NOTIFY" {
        // The listener could never be handed over; runc's neither, which writes where we send.
        if let name = rule.names.first(where: { $0 == "sendmsg" || $0 == "write" }) {
          throw entry.fault("names", "SCMP_ACT_NOTIFY cannot be used for the \(name) syscall")
        }
        notifies = true
      }
      seccomp.syscalls.append(rule)
    }
    if !notifies, let index = seccomp.flags.firstIndex(of: "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV") {
      throw JSONShapeError(
        reader.path + ["flags", String(index)],
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule with SCMP_ACT_NOTIFY")
    }
    if notifies, seccomp.listenerPath == nil {
      throw JSONShapeError(reader.path, "has SCMP_ACT_NOTIFY and no listenerPath")
    }
    return seccomp
  }

  /// The architectures that are known.
  public static let seccompArchitectures = [
    "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_MIPS",
    "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
    "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64", "SCMP_ARCH_PPC64LE",
    "SCMP_ARCH_RISCV64", "SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB", "SCMP_ARCH_X32",
    "SCMP_ARCH_X86", "SCMP_ARCH_X86_64",
  ]
  /// The flags that are known.
  public static let seccompFlags = [
    "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
  ]
  /// The actions that are known.
  public static let seccompActions = [
    "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_TRAP", "SCMP_ACT_ERRNO",
    "SCMP_ACT_TRACE", "SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY",
  ]
  /// The comparisons that are known.
  public static let seccompOperators = [
    "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ",
  ]

  private static func action(_ reader: JSONReader, _ key: String) throws(JSONShapeError) -> String {
    let name = try reader.requiredString(key)
    guard seccompActions.contains(name) else { throw reader.fault(key, "is '\(name)', and no action that is known") }
    return name
  }

  /// Only some actions answer with a number; the filter has 16 bits for it.
  private static func errno(_ reader: JSONReader, _ key: String, of action: String) throws(JSONShapeError) -> UInt32? {
    let number: UInt32? = try reader.number(key)
    guard let number else { return nil }
    if !["SCMP_ACT_ERRNO", "SCMP_ACT_TRACE"].contains(action) {
      throw reader.fault(key, "belongs to SCMP_ACT_ERRNO and SCMP_ACT_TRACE, not to \(action)")
    }
    if number > 0xFFFF { throw reader.fault(key, "is \(number), and must be below 65536") }
    return number
  }

  private static func argument(_ reader: JSONReader) throws(JSONShapeError) -> OCISyscallArgument {
    let index: UInt32 = try reader.requiredNumber("index")
    if index > 5 { throw reader.fault("index", "must be from 0 to 5") }
    let op = try reader.requiredString("op")
    guard seccompOperators.contains(op) else { throw reader.fault("op", "is '\(op)', and no comparison that is known") }
    return OCISyscallArgument(
      index: index, value: try reader.requiredNumber("value"), valueTwo: try reader.number("valueTwo") ?? 0, op: op)
  }
}

// The wire form of the plans. Field by field, in one order for both directions.
internal import ContainrNamespaces
internal import ContainrOCI
public import ContainrRootfs
internal import ContainrTelemetry

extension ShimPlan: WireValue {
  /// Appends the wire form.
  public func encode(to writer: inout WireWriter) {
    writer.put(bootID)
    writer.put(namespaces.rawValue)
    writer.put(UInt32(joins.count))
    for join in joins { writer.put(join.rawValue) }
    idMap.encode(to: &writer)
    writer.put(hasHostSide)
    writer.put(hasCgroup)
    writer.put(hasKillCounter)
    writer.put(hasKillNotice)
    writer.put(logName)
    writer.put(logLimits.fileSize)
    writer.put(UInt32(logLimits.files))
    writer.put(logLimits.isKept)
    writer.put(logLimits.journald?.text ?? "")
    writer.put(journal)
    writer.put(subject)
    for flag in [hasTerminal, keepsInput, hasListener, awaitsClient] { writer.put(flag) }
  }

  /// Reads the wire form.
  public init(from reader: inout WireReader) throws(WireError) {
    let bootID = try reader.string()
    let namespaces = NamespaceSet(rawValue: try reader.number())
    var joins: [NamespaceSet] = []
    for _ in 0..<(try reader.number(UInt32.self)) { joins.append(NamespaceSet(rawValue: try reader.number())) }
    let idMap = try IDMap(from: &reader)
    let hasHostSide = try reader.bool()
    let hasCgroup = try reader.bool()
    let hasKillCounter = try reader.bool()
    let hasKillNotice = try reader.bool()
    self.init(bootID: bootID, namespaces: namespaces, logName: try reader.string())
    self.joins = joins
    self.idMap = idMap
    self.hasHostSide = hasHostSide
    self.hasCgroup = hasCgroup
    self.hasKillCounter = hasKillCounter
    self.hasKillNotice = hasKillNotice
    logLimits = LogLimits(fileSize: try reader.number(), files: Int(try reader.number(UInt32.self)))
    logLimits.isKept = try reader.bool()
    logLimits.journald = JournaldTarget(text: try reader.string())
    journal = try reader.string()
    subject = try reader.string()
    hasTerminal = try reader.bool()
    keepsInput = try reader.bool()
    hasListener = try reader.bool()
    awaitsClient = try reader.bool()
  }
}

extension InitPlan: WireValue {
  /// Appends the wire form.
  public func encode(to writer: inout WireWriter) {
    writer.put(cgroupFiles)
    writer.put(cgroupNamespace)
    writer.put(cgroupComes)
    writer.put(ownNetwork)
    writer.put(usesInit)
    writer.put(hostname)
    writer.put(domainname)
    writer.put(inUserNamespace)
    writer.put(mountsItself)
    writer.put(timeOffsets)
    writer.put(treePropagation)
    writer.put(rootPropagation)
    writer.put(mounts)
    writer.put(rootSwitch.rawValue)
    writer.put(sysctls)
    process.encode(to: &writer)
  }

  /// Reads the wire form.
  public init(from reader: inout WireReader) throws(WireError) {
    let cgroupFiles = try reader.strings()
    let cgroupNamespace = try reader.bool()
    let cgroupComes = try reader.bool()
    let ownNetwork = try reader.bool()
    let usesInit = try reader.bool()
    let hostname = try reader.optionalString()
    let domainname = try reader.optionalString()
    let inUserNamespace = try reader.bool()
    let mountsItself = try reader.bool()
    let timeOffsets = try reader.optionalString()
    let treePropagation: UInt64 = try reader.number()
    let rootPropagation: UInt64? = try reader.optionalNumber()
    let mounts: [MountStep] = try reader.values()
    let rootSwitch = try RootSwitch(wire: &reader)
    let sysctls: [SysctlWrite] = try reader.values()
    self.init(process: try ProcessPlan(from: &reader))
    self.cgroupFiles = cgroupFiles
    self.cgroupNamespace = cgroupNamespace
    self.cgroupComes = cgroupComes
    self.ownNetwork = ownNetwork
    self.usesInit = usesInit
    self.hostname = hostname
    self.domainname = domainname
    self.inUserNamespace = inUserNamespace
    self.mountsItself = mountsItself
    self.timeOffsets = timeOffsets
    self.treePropagation = treePropagation
    self.rootPropagation = rootPropagation
    self.mounts = mounts
    self.rootSwitch = rootSwitch
    self.sysctls = sysctls
  }
}

extension ExecPlan: WireValue {
  /// Appends the wire form.
  public func encode(to writer: inout WireWriter) {
    writer.put(namespaces.rawValue)
    writer.put(rootSwitch.rawValue)
    for flag in streams + [isDetached] { writer.put(flag) }
    process.encode(to: &writer)
  }

  /// Reads the wire form.
  public init(from reader: inout WireReader) throws(WireError) {
    let namespaces = NamespaceSet(rawValue: try reader.number())
    let rootSwitch = try RootSwitch(wire: &reader)
    let streams = [try reader.bool(), try reader.bool(), try reader.bool()]
    let isDetached = try reader.bool()
    self.init(namespaces: namespaces, rootSwitch: rootSwitch, process: try ProcessPlan(from: &reader))
    self.streams = streams
    self.isDetached = isDetached
  }
}

extension RootSwitch {
  /// From its raw value; an unknown one is an error.
  public init(wire reader: inout WireReader) throws(WireError) {
    let raw: UInt8 = try reader.number()
    guard let known = RootSwitch(rawValue: raw) else { throw WireError(description: "\(raw) is no root switch") }
    self = known
  }
}

extension SysctlWrite: WireValue {
  /// Appends the wire form.
  public func encode(to writer: inout WireWriter) {
    writer.put(path)
    writer.put(value)
  }

  /// Reads the wire form.
  public init(from reader: inout WireReader) throws(WireError) {
    self.init(path: try reader.string(), value: try reader.string())
  }
}

extension ProcessPlan: WireValue {
  /// Appends the wire form.
  public func encode(to writer: inout WireWriter) {
    writer.put(process.args)
    writer.put(process.env)
    writer.put(process.cwd)
    writer.put(process.user.uid)
    writer.put(process.user.gid)
    writer.put(UInt32(process.user.additionalGids.count))
    for gid in process.user.additionalGids { writer.put(gid) }
    writer.put(process.user.additionalGroups)
    writer.put(process.user.umask ?? UInt32.max)
    writer.put(process.user.username)
    let capabilities = process.capabilities
    for set in [
      capabilities.bounding, capabilities.effective, capabilities.permitted, capabilities.inheritable,
      capabilities.ambient,
    ] { writer.put(set) }
    writer.put(UInt32(process.rlimits.count))
    for limit in process.rlimits {
      writer.put(limit.type)
      writer.put(limit.soft)
      writer.put(limit.hard)
    }
    writer.put(process.noNewPrivileges)
    writer.put(process.oomScoreAdj != nil)
    writer.put(Int32(clamping: process.oomScoreAdj ?? 0))
    writer.put(process.apparmorProfile)
    writer.put(process.selinuxLabel)
    process.encodeExtras(to: &writer)
    writer.put(seccomp)
    writer.put(seccompFlags)
    writer.put(personality)
  }

  /// Reads the wire form.
  public init(from reader: inout WireReader) throws(WireError) {
    var process = OCIProcess(args: try reader.strings())
    process.env = try reader.strings()
    process.cwd = try reader.string()
    process.user.uid = try reader.number()
    process.user.gid = try reader.number()
    for _ in 0..<(try reader.number(UInt32.self)) { process.user.additionalGids.append(try reader.number()) }
    process.user.additionalGroups = try reader.strings()
    let umask: UInt32 = try reader.number()
    process.user.umask = umask == UInt32.max ? nil : umask
    process.user.username = try reader.optionalString()
    process.capabilities.bounding = try reader.strings()
    process.capabilities.effective = try reader.strings()
    process.capabilities.permitted = try reader.strings()
    process.capabilities.inheritable = try reader.strings()
    process.capabilities.ambient = try reader.strings()
    for _ in 0..<(try reader.number(UInt32.self)) {
      process.rlimits.append(
        OCIRlimit(type: try reader.string(), soft: try reader.number(), hard: try reader.number()))
    }
    process.noNewPrivileges = try reader.bool()
    let hasScore = try reader.bool()
    let score: Int32 = try reader.number()
    process.oomScoreAdj = hasScore ? Int(score) : nil
    process.apparmorProfile = try reader.optionalString()
    process.selinuxLabel = try reader.optionalString()
    try process.decodeExtras(from: &reader)
    self.init(process: process, seccomp: try reader.data())
    seccompFlags = try reader.number()
    personality = try reader.optionalNumber()
  }
}

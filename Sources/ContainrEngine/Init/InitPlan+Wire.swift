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
    writer.put(hasCgroup)
    writer.put(hasKillCounter)
    writer.put(logName)
    writer.put(logLimits.fileSize)
    writer.put(UInt32(logLimits.files))
    writer.put(logLimits.isKept)
  }

  /// Reads the wire form.
  public init(from reader: inout WireReader) throws(WireError) {
    let bootID = try reader.string()
    let namespaces = NamespaceSet(rawValue: try reader.number())
    var joins: [NamespaceSet] = []
    for _ in 0..<(try reader.number(UInt32.self)) { joins.append(NamespaceSet(rawValue: try reader.number())) }
    let hasCgroup = try reader.bool()
    let hasKillCounter = try reader.bool()
    self.init(bootID: bootID, namespaces: namespaces, logName: try reader.string())
    self.joins = joins
    self.hasCgroup = hasCgroup
    self.hasKillCounter = hasKillCounter
    logLimits = LogLimits(fileSize: try reader.number(), files: Int(try reader.number(UInt32.self)))
    logLimits.isKept = try reader.bool()
  }
}

extension InitPlan: WireValue {
  /// Appends the wire form.
  public func encode(to writer: inout WireWriter) {
    writer.put(cgroupFiles)
    writer.put(cgroupNamespace)
    writer.put(cgroupComes)
    writer.put(ownNetwork)
    writer.put(hostname)
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
    let hostname = try reader.optionalString()
    let mounts: [MountStep] = try reader.values()
    let rootSwitch = try RootSwitch(wire: &reader)
    let sysctls: [SysctlWrite] = try reader.values()
    self.init(process: try ProcessPlan(from: &reader))
    self.cgroupFiles = cgroupFiles
    self.cgroupNamespace = cgroupNamespace
    self.cgroupComes = cgroupComes
    self.ownNetwork = ownNetwork
    self.hostname = hostname
    self.mounts = mounts
    self.rootSwitch = rootSwitch
    self.sysctls = sysctls
  }
}

extension ExecPlan: WireValue {
  /// Appends the wire form.
  public func encode(to writer: inout WireWriter) {
    writer.put(namespaces.rawValue)
    writer.put(cgroupFiles)
    writer.put(rootSwitch.rawValue)
    writer.put(hasInput)
    process.encode(to: &writer)
  }

  /// Reads the wire form.
  public init(from reader: inout WireReader) throws(WireError) {
    let namespaces = NamespaceSet(rawValue: try reader.number())
    let cgroupFiles = try reader.strings()
    let rootSwitch = try RootSwitch(wire: &reader)
    let hasInput = try reader.bool()
    self.init(
      namespaces: namespaces, cgroupFiles: cgroupFiles, rootSwitch: rootSwitch, process: try ProcessPlan(from: &reader))
    self.hasInput = hasInput
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
    writer.put(seccomp)
  }

  /// Reads the wire form.
  public init(from reader: inout WireReader) throws(WireError) {
    var process = OCIProcess(args: try reader.strings())
    process.env = try reader.strings()
    process.cwd = try reader.string()
    process.user.uid = try reader.number()
    process.user.gid = try reader.number()
    for _ in 0..<(try reader.number(UInt32.self)) { process.user.additionalGids.append(try reader.number()) }
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
    self.init(process: process, seccomp: try reader.data())
  }
}

extension MountStep: WireValue {
  /// Appends the wire form.
  public func encode(to writer: inout WireWriter) {
    switch self {
    case .overlay(let lowers, let upper, let work, let mountPoint, let passing):
      writer.put(UInt8(0))
      writer.put(lowers)
      writer.put(upper)
      writer.put(work)
      writer.put(mountPoint)
      writer.put(passing != nil)
      if let passing {
        writer.put(UInt32(passing.files.count))
        for file in passing.files {
          writer.put(file.path)
          writer.put(file.text)
        }
      }
    case .directory(let path): Self.put(1, path, &writer)
    case .devices: writer.put(UInt8(2))
    case .filesystem(let type, let target, let parameters, let attributes):
      Self.put(3, type, &writer)
      writer.put(target)
      writer.put(UInt32(parameters.count))
      for parameter in parameters {
        writer.put(parameter.key)
        writer.put(parameter.value)
      }
      writer.put(attributes.rawValue)
    case .bind(let source, let target, let recursive, let attributes, let propagation):
      Self.put(4, source, &writer)
      writer.put(target)
      writer.put(recursive)
      writer.put(attributes.rawValue)
      writer.put(propagation.rawValue)
    case .mask(let path): Self.put(5, path, &writer)
    case .readOnly(let path): Self.put(6, path, &writer)
    case .readOnlyRoot: writer.put(UInt8(7))
    case .label(let context): Self.put(8, context, &writer)
    }
  }

  private static func put(_ tag: UInt8, _ path: String, _ writer: inout WireWriter) {
    writer.put(tag)
    writer.put(path)
  }

  private static func passing(from reader: inout WireReader) throws(WireError) -> PassingLayer? {
    guard try reader.bool() else { return nil }
    var files: [ProvidedText] = []
    for _ in 0..<(try reader.number(UInt32.self)) {
      files.append(ProvidedText(path: try reader.string(), text: try reader.string()))
    }
    return PassingLayer(files: files)
  }

  /// Reads the wire form.
  public init(from reader: inout WireReader) throws(WireError) {
    let tag: UInt8 = try reader.number()
    switch tag {
    case 0:
      self = .overlay(
        lowers: try reader.strings(), upper: try reader.optionalString(), work: try reader.optionalString(),
        mountPoint: try reader.string(), passing: try Self.passing(from: &reader))
    case 1: self = .directory(try reader.string())
    case 2: self = .devices
    case 3:
      let type = try reader.string()
      let target = try reader.string()
      var parameters: [MountParameter] = []
      for _ in 0..<(try reader.number(UInt32.self)) {
        parameters.append(MountParameter(try reader.string(), try reader.optionalString()))
      }
      self = .filesystem(
        type: type, target: target, parameters: parameters, attributes: MountAttributes(rawValue: try reader.number()))
    case 4:
      let source = try reader.string()
      let target = try reader.string()
      let recursive = try reader.bool()
      let attributes = MountAttributes(rawValue: try reader.number())
      guard let propagation = MountPropagation(rawValue: try reader.number()) else {
        throw WireError(description: "unknown propagation")
      }
      self = .bind(
        source: source, target: target, recursive: recursive, attributes: attributes, propagation: propagation)
    case 5: self = .mask(try reader.string())
    case 6: self = .readOnly(try reader.string())
    case 7: self = .readOnlyRoot
    case 8: self = .label(try reader.string())
    default: throw WireError(description: "\(tag) is no mount step")
    }
  }
}

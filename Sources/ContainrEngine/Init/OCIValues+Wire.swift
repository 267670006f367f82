// The wire form of the runtime-spec's smaller values. Field by field, in one order for both directions.
public import ContainrOCI
public import ContainrRootfs

extension IDMap: WireValue {
  /// Appends the wire form.
  public func encode(to writer: inout WireWriter) {
    writer.put(uids)
    writer.put(gids)
  }

  /// Reads the wire form.
  public init(from reader: inout WireReader) throws(WireError) {
    self.init(uids: try reader.values(), gids: try reader.values())
  }
}

extension OCIIDMapping: WireValue {
  /// Appends the wire form.
  public func encode(to writer: inout WireWriter) {
    writer.put(containerID)
    writer.put(hostID)
    writer.put(size)
  }

  /// Reads the wire form.
  public init(from reader: inout WireReader) throws(WireError) {
    self.init(containerID: try reader.number(), hostID: try reader.number(), size: try reader.number())
  }
}

extension OCIDevice: WireValue {
  /// Appends the wire form.
  public func encode(to writer: inout WireWriter) {
    writer.put(path)
    writer.put(type)
    writer.put(major)
    writer.put(minor)
    writer.put(fileMode)
    writer.put(uid)
    writer.put(gid)
    writer.put(hostPath)
  }

  /// Reads the wire form.
  public init(from reader: inout WireReader) throws(WireError) {
    self.init(
      path: try reader.string(), type: try reader.string(), major: try reader.number(), minor: try reader.number())
    fileMode = try reader.optionalNumber()
    uid = try reader.optionalNumber()
    gid = try reader.optionalNumber()
    hostPath = try reader.optionalString()
  }
}

extension MountRequest: WireValue {
  /// Appends the wire form.
  public func encode(to writer: inout WireWriter) {
    writer.put(type)
    writer.put(source)
    writer.put(target)
    writer.put(subpath)
    writer.put(namespace)
    for flag in [
      isBind, isRecursive, isRemount, copiesUp, idmapIsRecursive, sourceIsLink, targetIsLink, copiesLink, joinsPeers,
    ] {
      writer.put(flag)
    }
    for attributes in [set, clear, recursiveSet, recursiveClear] { writer.put(attributes.rawValue) }
    writer.put(UInt32(propagation.count))
    for flags in propagation { writer.put(flags) }
    writer.put(UInt32(parameters.count))
    for parameter in parameters {
      writer.put(parameter.key)
      writer.put(parameter.value)
    }
    writer.put(idmap != nil)
    idmap?.encode(to: &writer)
  }

  /// Reads the wire form.
  public init(from reader: inout WireReader) throws(WireError) {
    self.init(type: try reader.string(), source: try reader.string(), target: try reader.string())
    subpath = try reader.optionalString()
    namespace = try reader.optionalString()
    isBind = try reader.bool()
    isRecursive = try reader.bool()
    isRemount = try reader.bool()
    copiesUp = try reader.bool()
    idmapIsRecursive = try reader.bool()
    sourceIsLink = try reader.bool()
    targetIsLink = try reader.bool()
    copiesLink = try reader.bool()
    joinsPeers = try reader.bool()
    set = MountAttributes(rawValue: try reader.number())
    clear = MountAttributes(rawValue: try reader.number())
    recursiveSet = MountAttributes(rawValue: try reader.number())
    recursiveClear = MountAttributes(rawValue: try reader.number())
    for _ in 0..<(try reader.number(UInt32.self)) { propagation.append(try reader.number()) }
    for _ in 0..<(try reader.number(UInt32.self)) {
      parameters.append(MountParameter(try reader.string(), try reader.optionalString()))
    }
    if try reader.bool() { idmap = try IDMap(from: &reader) }
  }
}

extension OCIProcess {
  /// The parts that few containers have: a byte that says whether any is there.
  func encodeExtras(to writer: inout WireWriter) {
    let hasAny = scheduler != nil || ioPriority != nil || terminal
    writer.put(hasAny)
    if !hasAny { return }
    writer.put(scheduler != nil)
    if let scheduler {
      writer.put(scheduler.policy)
      writer.put(scheduler.flags)
      writer.put(scheduler.nice)
      writer.put(scheduler.priority)
      for value in [scheduler.runtime, scheduler.deadline, scheduler.period] { writer.put(value) }
    }
    writer.put(ioPriority != nil)
    if let ioPriority {
      writer.put(ioPriority.ioClass)
      writer.put(ioPriority.level)
    }
    writer.put(terminal)
    writer.put(consoleSize != nil)
    if let consoleSize {
      writer.put(consoleSize.height)
      writer.put(consoleSize.width)
    }
  }

  mutating func decodeExtras(from reader: inout WireReader) throws(WireError) {
    if try !reader.bool() { return }
    if try reader.bool() {
      var scheduler = OCIScheduler(policy: try reader.number())
      scheduler.flags = try reader.number()
      scheduler.nice = try reader.number()
      scheduler.priority = try reader.number()
      scheduler.runtime = try reader.number()
      scheduler.deadline = try reader.number()
      scheduler.period = try reader.number()
      self.scheduler = scheduler
    }
    if try reader.bool() { ioPriority = OCIIOPriority(ioClass: try reader.number(), level: try reader.number()) }
    terminal = try reader.bool()
    if try reader.bool() { consoleSize = OCIConsoleSize(height: try reader.number(), width: try reader.number()) }
  }
}

// What `exec` needs of a container that runs, in one small file: the first command of a container writes it beside the
// record and the config, those after it read neither (docs/decisions/0034-entering-fast.md). Never the only place of anything.
internal import ContainrCgroups
internal import ContainrInit
internal import ContainrNamespaces
internal import ContainrOCI
internal import ContainrSecurity
internal import ContainrSystem
internal import SystemPackage

/// A running container as a command finds it.
struct EntryRecord: Sendable, Hashable {
  /// The first process, and the boot it belongs to.
  var process: ProcessIdentity
  var bootID: String
  /// As in the container's record.
  var cgroupPath: String?
  var cgroupMounts: String?
  var cgroupIsChosen: Bool
  /// The kinds of namespace that config.json names.
  var asked: NamespaceSet
  /// What whoever wrote this could give; who can give something else looks at config.json.
  var bounding: CapabilitySet
  /// The container's own process without its arguments, as far as this host can give it.
  var plan: ProcessPlan
  var affinity: OCICPUAffinity?

  private static let name: FilePath = "entry"
  /// Raised with the layout below.
  private static let layout: UInt16 = 1

  /// Whether the options say nothing that has to be compared with config.json or the host.
  static func suffices(for words: CommandWords) -> Bool {
    !words.names.contains { ["process", "process-label", "apparmor", "cap"].contains($0) }
  }

  /// With a pidfd of the first process; nil where none was written, where it is of another version, or where its container has
  /// ended.
  static func read(
    _ directory: StateDirectory
  ) throws(RuntimeFailure) -> (record: EntryRecord, first: SharedFD)? {
    let bytes: [UInt8]
    do throws(SyscallError) {
      bytes = try Kernel.contents(of: directory.path.pushing(name))
    } catch {
      if error.errno == 2 || error.errno == 20 { return nil }
      throw RuntimeFailure("read the record of entries", error)
    }
    var reader = WireReader(bytes)
    let kept: EntryRecord?
    // Damaged or of another build: what it was made of is there, and is read.
    do throws(WireError) { kept = try EntryRecord(from: &reader) } catch { return nil }
    guard let record = kept else { return nil }
    return try attempt("look at the process") { () throws(SyscallError) in
      let isCurrent =
        (boot: try Kernel.bootID(), rights: try CapabilitySet.bounding()) == (record.bootID, record.bounding)
      if !isCurrent { return nil }
      guard let first = try record.process.openPidFD() else { return nil }
      return (record, SharedFD(first))
    }
  }

  /// Kept for the next command, unless somebody is at work on the container. What fails here costs only time.
  func write(_ directory: StateDirectory) {
    var writer = WireWriter()
    encode(to: &writer)
    do throws(SyscallError) {
      let opened = try Kernel.open(directory.path, [.readOnly, .directory])
      // Whoever holds it may be removing the directory.
      try Kernel.lock(opened.raw, wait: false, directory.path)
      let temporary = directory.path.appending("entry.new")
      try Kernel.open(temporary, [.writeOnly, .create, .truncate, .noFollow], mode: 0o600).writeAll(writer.bytes)
      try Kernel.rename(temporary, to: directory.path.pushing(Self.name))
    } catch {}
  }

  private func encode(to writer: inout WireWriter) {
    writer.put(Self.layout)
    writer.put(InitMessage.version)
    writer.put(process.pid)
    writer.put(process.startTime)
    writer.put(bootID)
    writer.put(cgroupPath)
    writer.put(cgroupMounts)
    writer.put(cgroupIsChosen)
    writer.put(asked.rawValue)
    writer.put(bounding.rawValue)
    writer.put(affinity != nil)
    writer.put(affinity?.initial)
    writer.put(affinity?.final)
    plan.encode(to: &writer)
  }

  /// nil: of another version.
  private init?(from reader: inout WireReader) throws(WireError) {
    let (layout, version): (UInt16, UInt16) = (try reader.number(), try reader.number())
    if layout != Self.layout || version != InitMessage.version { return nil }
    process = ProcessIdentity(pid: try reader.number(), startTime: try reader.number())
    bootID = try reader.string()
    cgroupPath = try reader.optionalString()
    cgroupMounts = try reader.optionalString()
    cgroupIsChosen = try reader.bool()
    asked = NamespaceSet(rawValue: try reader.number())
    bounding = CapabilitySet(rawValue: try reader.number())
    let hasAffinity = try reader.bool()
    var affinity = OCICPUAffinity()
    affinity.initial = try reader.optionalString()
    affinity.final = try reader.optionalString()
    self.affinity = hasAffinity ? affinity : nil
    plan = try ProcessPlan(from: &reader)
    try reader.end()
  }

  /// Of a container that runs.
  init(_ state: ContainerState, _ process: ProcessIdentity, asked: NamespaceSet, plan: ProcessPlan)
    throws(RuntimeFailure)
  {
    (self.process, bootID) = (process, state.bootID)
    (cgroupPath, cgroupMounts, cgroupIsChosen) = (state.cgroupPath, state.cgroupMounts, state.cgroupIsChosen)
    (self.asked, self.plan, affinity) = (asked, plan, plan.process.execCPUAffinity)
    bounding = try attempt("read the bounding set") { () throws(SyscallError) in try CapabilitySet.bounding() }
  }
}

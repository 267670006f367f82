// Files between a container and the host, as `docker cp` has it. Inside a container every path is resolved by the kernel
// below the container's root (RESOLVE_IN_ROOT), and written by the confined process that unpacks volumes: neither a link nor a
// rename at the wrong moment leads out (CVE-2018-15664, CVE-2019-14271).
internal import ContainrHost
internal import ContainrImages
internal import ContainrReconcile
internal import ContainrRootfs
internal import ContainrStore
internal import ContainrSystem
internal import Synchronization
internal import SystemPackage

/// One end of a copy.
public enum CopyEnd: Sendable, Hashable {
  /// A container's name and a path in it.
  case container(String, path: String)
  /// A path of the host.
  case local(String)
  /// A tar on standard input or output.
  case stream
}

/// How it is copied.
public struct CopyOptions: Sendable {
  /// Owners stay; otherwise files belong to the container's root, or to the caller.
  public var keepsOwners = false
  /// A link as source means what it leads to.
  public var followsLink = false

  /// As `docker cp` without options.
  public init() {}
}

extension StackEngine {
  /// Copies a file or a directory with all that is in it; answers what is left out. `input` and `output` are what `stream`
  /// means; borrowed.
  public func copy(
    from source: CopyEnd, to target: CopyEnd, _ options: CopyOptions, input: CInt = 0, output: CInt = 1
  ) throws -> [String] {
    switch (source, target) {
    case (.container(let name, let path), _):
      if case .container = target { throw EngineError(.settings, "one of the two must be on this host") }
      let record = try record(named: name)
      let owners: LayerPacker.Owners =
        options.keepsOwners || target == .stream
        ? owners(of: record) : .given(uid: Kernel.effectiveUserID(), gid: Kernel.effectiveGroupID())
      return try withRoot(record, isWritten: false) { root in
        let found = try CopySource(path, in: root, options, of: name)
        if case .local(let path) = target {
          return try transfer(found, owners, to: try CopyTarget(path, in: nil, for: found, of: "this host"))
        }
        return try found.pack(as: found.name, owners) { try Kernel.writeAll(output, Array($0)) }
      }
    case (_, .container(let name, let path)):
      let record = try record(named: name)
      let own: LayerPacker.Owners = .given(uid: UInt32(record.ids), gid: UInt32(record.ids))
      return try withRoot(record, isWritten: true) { root in
        guard case .local(let local) = source else {
          if record.ids != 0 {
            throw EngineError(
              .settings,
              "container \(name) has ids of its own, which a tar on standard input cannot have: name a path instead")
          }
          guard let directory = try root.open(path, [.readOnly, .directory]) else {
            throw EngineError(.settings, "container \(name) has no directory \(path)")
          }
          return try TreeArchive.unpack(input, into: directory.raw, program: settings.program)
        }
        let found = try CopySource(local, in: nil, options, of: "this host")
        return try transfer(
          found, options.keepsOwners ? (record.ids == 0 ? .kept : .raised(UInt32(record.ids))) : own,
          to: try CopyTarget(path, in: root, for: found, of: "container \(name)"))
      }
    default: throw EngineError(.settings, "one of the two must be in a container: NAME:PATH")
    }
  }

  /// Packs on a thread of its own what the confined process unpacks.
  private func transfer(_ source: CopySource, _ owners: LayerPacker.Owners, to target: CopyTarget) throws -> [String] {
    let pipe = try Kernel.pipe().release()
    let reading = OwnedFD(taking: pipe.read)
    let end = pipe.write
    let packed = Mutex<Result<[String], any Error>?>(nil)
    let monitor = Monitor(false)
    let name = target.name
    try WorkerThread.start {
      // Closed before anybody hears of the end.
      let result = { () -> Result<[String], any Error> in
        let writing = SharedFD(OwnedFD(taking: end))
        return Result { try source.pack(as: name, owners) { try Kernel.writeAll(writing.raw, Array($0)) } }
      }()
      packed.withLock { $0 = result }
      monitor.update { $0 = true }
    }
    let unpacked = Result { try TreeArchive.unpack(reading.raw, into: target.directory.raw, program: settings.program) }
    // Who packs learns of the end by EPIPE.
    _ = consume reading
    monitor.wait { $0 ? () : nil }
    let result = packed.withLock { $0 }
    // Who packs only knows that nobody reads any more; who unpacks knows why.
    if case .failure(let error as SyscallError)? = result, error.errno == 32 { _ = try unpacked.get() }
    return (try result?.get() ?? []) + (try unpacked.get())
  }

  /// Gives a container's root to `body`: what it sees itself while it runs, and else its layers with what would be mounted.
  /// Nobody starts one that is written to meanwhile.
  private func withRoot<Answer>(
    _ record: ContainerRecord, isWritten: Bool, _ body: (CopyRoot) throws -> Answer
  ) throws -> Answer {
    if let root = try runningRoot(record) { return try body(root) }
    if !isWritten { return try body(try stoppedRoot(record, isWritten: false)) }
    let lock = try lockStack(record.stack)
    do {
      guard let now = try contents().containers.first(where: { $0.id == record.id }) else {
        throw EngineError(.unknownContainer, "container \(record.name.display) has been removed just now")
      }
      let answer = try body(try runningRoot(now) ?? stoppedRoot(now, isWritten: true))
      lock.release()
      return answer
    } catch {
      lock.release()
      throw error
    }
  }

  private func runningRoot(_ record: ContainerRecord) throws -> CopyRoot? {
    guard case .running(let pid) = try process(of: record.id) else { return nil }
    let root = try Kernel.open(FilePath("/proc/\(pid)/root"), [.path, .directory])
    // The number may have gone to somebody else between the two.
    guard case .running(let now) = try process(of: record.id), now == pid else {
      throw EngineError(.kernel, "container \(record.id) ended just now")
    }
    return CopyRoot(root: SharedFD(root))
  }
}

/// What is copied.
struct CopySource: Sendable {
  /// Its last name; empty: only what is in it.
  let name: String
  let isDirectory: Bool
  /// The directory itself, or the one that has the file.
  private let directory: SharedFD
  private let file: FilePath.Component?

  init(_ path: String, in root: CopyRoot?, _ options: CopyOptions, of where_: String) throws {
    let isContents = path.hasSuffix("/.") || path == "."
    let missing = EngineError(.settings, "\(where_) has no \(path)")
    if let root, !isContents, let mount = try root.mountPoint(path) {
      let place = try mount.opened(isWritten: false)
      name = CopyRoot.split(path)?.name ?? ""
      isDirectory = mount.file == nil
      if let host = mount.file, let component = host.lastComponent {
        directory = SharedFD(try Kernel.open(host.removingLastComponent(), [.readOnly, .directory]))
        file = component
      } else {
        directory = SharedFD(try Kernel.open(".", at: place.raw, [.readOnly, .directory]))
        file = nil
      }
      return
    }
    if let split = CopyRoot.split(path), !isContents, !path.hasSuffix("/"),
      try !options.followsLink || !Self.isLink(path, in: root)
    {
      guard let parent = try CopyRoot.open(split.directory, in: root, [.path, .directory]),
        let component = FilePath.Component(split.name)
      else { throw missing }
      let status: FileStatus
      do { status = try Kernel.status(of: FilePath(split.name), at: parent.raw, followSymlinks: false) } catch {
        throw error.errno == 2 ? missing : error
      }
      name = split.name
      isDirectory = status.isDirectory
      if isDirectory {
        directory = SharedFD(
          try Kernel.open(FilePath(split.name), at: parent.raw, [.readOnly, .directory, .noFollow]))
        file = nil
      } else {
        directory = SharedFD(try Kernel.open(".", at: parent.raw, [.readOnly, .directory]))
        file = component
      }
      return
    }
    guard let handle = try CopyRoot.open(path, in: root, [.path]) else { throw missing }
    let status = try Kernel.status(at: handle.raw)
    isDirectory = status.isDirectory
    if isDirectory {
      name = isContents ? "" : CopyRoot.split(path)?.name ?? ""
      directory = SharedFD(try Kernel.open(".", at: handle.raw, [.readOnly, .directory]))
      file = nil
      return
    }
    if path.hasSuffix("/") { throw EngineError(.settings, "\(path) is no directory") }
    // A link that is followed: its target is packed under the link's own name.
    guard let (parent, component) = try CopyRoot.named(handle.raw, in: root) else {
      throw EngineError(.settings, "\(path) of \(where_) cannot be followed: name the file itself")
    }
    name = CopyRoot.split(path)?.name ?? component.string
    directory = parent
    file = component
  }

  private static func isLink(_ path: String, in root: CopyRoot?) throws -> Bool {
    guard let split = CopyRoot.split(path),
      let parent = try CopyRoot.open(split.directory, in: root, [.path, .directory]),
      try Kernel.exists(FilePath(split.name), at: parent.raw)
    else { return false }
    return try Kernel.status(of: FilePath(split.name), at: parent.raw, followSymlinks: false).isSymbolicLink
  }

  func pack(
    as name: String, _ owners: LayerPacker.Owners, take: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) throws -> [String] {
    if let file {
      return try LayerPacker.pack(file: file, in: directory.raw, as: name, owners: owners, take: take).omitted
    }
    return try LayerPacker.pack(
      directory.raw, as: .volume, under: name, hasRoot: !name.isEmpty, owners: owners, take: take
    ).omitted
  }
}

/// Where it goes.
struct CopyTarget: Sendable {
  let directory: SharedFD
  /// What it is called there; empty: what is in the source goes into the directory itself.
  let name: String

  init(_ path: String, in root: CopyRoot?, for source: CopySource, of where_: String) throws {
    if let root, let mount = try root.mountPoint(path), let file = mount.file {
      _ = try mount.opened(isWritten: true)
      throw EngineError(.settings, "\(path) of \(where_) is the host's \(file): copy to that")
    }
    if let there = try CopyRoot.open(path, in: root, [.path]) {
      let status = try Kernel.status(at: there.raw)
      if status.isDirectory {
        directory = SharedFD(try Kernel.open(".", at: there.raw, [.readOnly, .directory]))
        name = source.name
        return
      }
      if source.isDirectory {
        throw EngineError(.settings, "\(path) of \(where_) is a file, and a directory is copied")
      }
    } else if path.hasSuffix("/"), !source.isDirectory {
      throw EngineError(.settings, "\(where_) has no directory \(path)")
    }
    guard let split = CopyRoot.split(path),
      let parent = try CopyRoot.open(split.directory, in: root, [.readOnly, .directory])
    else { throw EngineError(.settings, "\(where_) has no directory for \(path)") }
    directory = SharedFD(parent)
    name = split.name
  }
}

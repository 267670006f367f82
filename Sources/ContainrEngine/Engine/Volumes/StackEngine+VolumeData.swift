// The data of volumes as tar streams: backup, restore, and the snapshots that are kept before data is lost.
public import ContainrHost
internal import ContainrImages
internal import ContainrRootfs
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrVolumes
internal import SystemPackage

/// One kept state of a volume.
public struct VolumeSnapshot: Sendable, Hashable {
  /// The volume's name, which need not be there any more.
  public var volume: String
  /// When it was made, in UTC: `20261126T131500Z`; with `-2` and so on behind where one second has several.
  public var time: String
  /// Bytes of its archive.
  public var size: UInt64

  /// `VOLUME@TIME`.
  public var id: String { "\(volume)@\(time)" }

  /// As they were made: `20261126T131500Z-2` is after `20261126T131500Z`, and `-10` after both.
  static func precedes(_ a: VolumeSnapshot, _ b: VolumeSnapshot) -> Bool {
    func order(_ one: VolumeSnapshot) -> (String, String, Int) {
      let parts = one.time.split(separator: "-", maxSplits: 1)
      return (one.volume, String(parts.first ?? ""), parts.count > 1 ? Int(parts[1]) ?? 0 : 1)
    }
    return order(a) < order(b)
  }
}

extension StackEngine {
  /// Writes a volume's data as a tar onto a descriptor, which is borrowed; answers what is left out. A container that
  /// writes meanwhile is no obstacle, and its files are as they are at one moment or another.
  public func backUpVolume(_ name: String, to fd: CInt) throws(EngineError) -> [String] {
    let directory = try openData(name)
    do throws(TreeArchiveError) { return try TreeArchive.write(directory.raw, to: fd) } catch {
      throw EngineError(.kernel, "volume \(name): \(error)")
    }
  }

  /// Puts the data of an archive into a volume in place of what is there, whole or not at all; makes the volume if there is
  /// none. Answers what is left out. One that a container has is not touched.
  public func restoreVolume(_ name: String, from archive: CInt) throws(EngineError) -> [String] {
    let contents = try contents()
    let users = Self.users(of: name, contents)
    if !users.isEmpty {
      throw EngineError(
        .settings, "volume \(name) is in use by container \(users.joined(separator: ", ")): take it down first")
    }
    let record = contents.volumes.first { $0.name == name }
    guard record?.options.isEmpty ?? true else {
      throw EngineError(.settings, "volume \(name) is mounted from elsewhere: its data is restored there")
    }
    if record == nil { _ = try createVolume(name, options: [], labels: []) }
    let program = settings.program
    var omitted: [String] = []
    let store = VolumeStore(directory: settings.volumesDirectory)
    do throws(VolumeError) {
      try store.create(name)
      let lock = try store.lock(name)
      // A container records its volumes before it asks for their locks.
      let late: [String]
      do throws(EngineError) { late = Self.users(of: name, try self.contents()) } catch {
        throw .mount(volume: name, error.message)
      }
      if !late.isEmpty { throw .mount(volume: name, "it is in use by container \(late.joined(separator: ", "))") }
      var failure: TreeArchiveError?
      try store.replace(name) { directory in
        do throws(TreeArchiveError) {
          omitted = try TreeArchive.unpack(archive, into: directory, program: program)
          return true
        } catch {
          failure = error
          return false
        }
      }
      _ = consume lock
      if let failure { throw .mount(volume: name, failure.description) }
    } catch {
      throw EngineError(.kernel, error.description)
    }
    return omitted
  }

  /// Keeps a volume's data as it is now, beside those that were kept before.
  public func snapshotVolume(_ name: String) throws(EngineError) -> VolumeSnapshot {
    let data = try openData(name)
    let directory = settings.snapshotsDirectory.appending(name)
    let stamp = VolumeSnapshot.stamp(Int(Kernel.realTime() / 1_000_000_000))
    do {
      try OwnDirectories.ensure(settings.stateDirectory)
      try Kernel.makeDirectories(directory, mode: 0o700)
      var time = stamp
      var number = 1
      while try Kernel.exists(directory.appending("\(time).tar")) {
        number += 1
        time = "\(stamp)-\(number)"
      }
      let final = directory.appending("\(time).tar")
      let temporary = directory.appending(".new-\(time)")
      let file = try Kernel.open(temporary, [.readWrite, .create, .truncate, .noFollow], mode: 0o600)
      do {
        _ = try TreeArchive.write(data.raw, to: file.raw)
        try Kernel.sync(temporary)
      } catch {
        try Kernel.remove(temporary)
        throw error
      }
      try Kernel.rename(temporary, to: final)
      try Kernel.sync(directory)
      return VolumeSnapshot(volume: name, time: time, size: try Kernel.status(of: final).size)
    } catch {
      throw EngineError(.kernel, "snapshot of volume \(name): \(error)")
    }
  }

  /// All that were kept, of one volume or of all, sorted by volume and the order in which they were made.
  public func snapshots(of name: String? = nil) throws(EngineError) -> [VolumeSnapshot] {
    do {
      guard try Kernel.exists(settings.snapshotsDirectory) else { return [] }
      let volumes = try Kernel.names(inDirectory: settings.snapshotsDirectory).filter { name == nil || $0 == name }
      return try volumes.flatMap { volume in
        let directory = settings.snapshotsDirectory.appending(volume)
        return try Kernel.names(inDirectory: directory).filter { $0.hasSuffix(".tar") }.map { file in
          VolumeSnapshot(
            volume: volume, time: String(file.dropLast(4)), size: try Kernel.status(of: directory.appending(file)).size)
        }
      }.sorted(by: VolumeSnapshot.precedes)
    } catch {
      throw EngineError(.kernel, "list the snapshots: \(error)")
    }
  }

  /// Puts a snapshot in place of a volume's data.
  public func restoreVolume(_ name: String, from snapshot: VolumeSnapshot) throws(EngineError) -> [String] {
    let file: OwnedFD
    do throws(SyscallError) {
      file = try Kernel.open(path(of: snapshot), [.readOnly, .noFollow])
    } catch {
      throw EngineError(error, "open the snapshot \(snapshot.id)")
    }
    return try restoreVolume(name, from: file.raw)
  }

  /// Removes a snapshot, and with the last one the directories.
  public func removeSnapshot(_ snapshot: VolumeSnapshot) throws(EngineError) {
    do {
      try Kernel.remove(path(of: snapshot))
      for directory in [path(of: snapshot).removingLastComponent(), settings.snapshotsDirectory] {
        try tolerating(2, 39) { () throws(SyscallError) in try Kernel.remove(directory, isDirectory: true) }
      }
      if try !Store.hasStacks(directory: settings.stateDirectory), try contents().isEmpty {
        try OwnDirectories.removeIfEmpty(settings.stateDirectory)
      }
    } catch let error as SyscallError {
      throw EngineError(error, "remove the snapshot \(snapshot.id)")
    } catch {
      throw EngineError(.kernel, "remove the snapshot \(snapshot.id): \(error)")
    }
  }

  private func path(of snapshot: VolumeSnapshot) -> FilePath {
    settings.snapshotsDirectory.appending(snapshot.volume).appending("\(snapshot.time).tar")
  }

  /// The directory with a volume's data, which has to be there. What is mounted only while somebody uses it may not be.
  private func openData(_ name: String) throws(EngineError) -> OwnedFD {
    guard let volume = try volumes().first(where: { $0.name == name }) else {
      throw EngineError(.settings, "there is no volume \(name)")
    }
    let local = try VolumeGiver.local(volume.options, of: name)
    do throws(SyscallError) {
      if let local, !local.isBind, try !MemoryMount.isMounted(FilePath(volume.mountpoint)) {
        throw SyscallError(
          errno: 2, operation: "open",
          detail: "a \(local.type) is mounted only while a container has it: it holds nothing now")
      }
      return try Kernel.open(FilePath(volume.mountpoint), [.readOnly, .directory])
    } catch {
      throw EngineError(error, "open volume \(name)")
    }
  }
}

extension VolumeSnapshot {
  /// `20261126T131500Z`.
  static func stamp(_ seconds: Int) -> String {
    let text = UTCTime.text(seconds)
    return text.filter { $0 != "-" && $0 != ":" }
  }
}

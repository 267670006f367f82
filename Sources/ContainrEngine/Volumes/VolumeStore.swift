// Named volumes on disk. The one writer of its directory; what is inside a volume belongs to containers and is hostile.
public import ContainrSystem
public import SystemPackage

/// Named volumes.
///
///     <directory>                 0701: nobody lists it, containers with a mapped user reach their own
///     <directory>/<name>          0701
///     <directory>/<name>/_data    what is mounted
///     <directory>/<name>/.fresh   nothing was mounted of it yet
///     <directory>/<name>/.filling what it is going to begin with, or to have instead
///     <directory>/<name>/.replaced what it had before, on its way out
///     <directory>/.gone-<name>…   a volume that is being removed
public struct VolumeStore: Sendable {
  /// Where the volumes live; made when first needed.
  public let directory: FilePath

  /// Touches nothing on disk.
  public init(directory: FilePath) { self.directory = directory }

  /// Makes the volume unless it is there, and answers the directory to mount. Data of an existing one stays.
  @discardableResult
  public func create(_ name: String) throws(VolumeError) -> FilePath {
    let data = try path(name)
    try gate(name) { () throws(SyscallError) in
      while true {
        try Kernel.makeDirectories(directory, mode: 0o701)
        do throws(SyscallError) {
          let volume = directory.appending(name)
          try makeOnce(volume, mode: 0o701)
          try bringBack(volume, data)
          if try !Kernel.exists(data) {
            _ = try Kernel.open(volume.appending(Self.fresh), [.writeOnly, .create, .noFollow], mode: 0o600)
          }
          try makeOnce(data, mode: 0o755)
          break
        } catch {
          if error.errno != 2 { throw error }  // somebody removed the empty directory just now
        }
      }
      try Kernel.sync(directory.appending(name))
      try Kernel.sync(directory)
    }
    return data
  }

  /// A replacement that was killed between its two renames has left the data aside.
  private func bringBack(_ volume: FilePath, _ data: FilePath) throws(SyscallError) {
    let aside = volume.appending(Self.replaced)
    if try !Kernel.exists(data), try Kernel.exists(aside) { try Kernel.rename(aside, to: data) }
  }

  /// The directory to mount, whether it exists or not. Only the name is checked.
  public func path(_ name: String) throws(VolumeError) -> FilePath {
    guard VolumeName.isValid(name) else { throw .invalidName(name) }
    return directory.appending(name).appending("_data")
  }

  /// Whether the volume is there.
  public func exists(_ name: String) throws(VolumeError) -> Bool {
    let data = try path(name)
    return try gate(name) { () throws(SyscallError) in try Kernel.exists(data) }
  }

  /// The names of all volumes, sorted.
  public func list() throws(VolumeError) -> [String] {
    try gate("") { () throws(SyscallError) in
      guard try Kernel.exists(directory) else { return [] }
      return try Kernel.names(inDirectory: directory).filter(VolumeName.isValid)
    }
  }

  /// Removes a volume and its data by descriptors, following no symlink; a missing one is fine. It is gone at once for
  /// everybody else; what cannot be removed is reported, the rest is gone. The last one takes the directory along.
  public func remove(_ name: String) throws(VolumeError) {
    guard VolumeName.isValid(name) else { throw .invalidName(name) }
    let gone = FilePath(".gone-\(name)")
    guard try gate(name, { () throws(SyscallError) in try Kernel.exists(directory) }) else { return }
    let parent = try gate(name) { () throws(SyscallError) in
      try Kernel.open(directory, [.readOnly, .directory, .noFollow])
    }
    // A killed removal left this; it goes first so that the name is free.
    try removeTree(gone, at: parent.raw, name)
    let isThere = try gate(name) { () throws(SyscallError) in
      do throws(SyscallError) {
        try Kernel.rename(FilePath(name), at: parent.raw, to: gone, at: parent.raw)
        return true
      } catch {
        if error.errno == 2 { return false }
        throw error
      }
    }
    if isThere { try removeTree(gone, at: parent.raw, name) }
    try gate(name) { () throws(SyscallError) in
      do throws(SyscallError) {
        try Kernel.remove(directory, isDirectory: true)
      } catch {
        if error.errno != 39 && error.errno != 2 { throw error }
      }
    }
  }

  private static let fresh = ".fresh"
  private static let filling = ".filling"
  private static let replaced = ".replaced"

  /// The right to begin with a volume, held until the descriptor ends: one container prepares it, the others wait.
  public func lock(_ name: String) throws(VolumeError) -> OwnedFD {
    let volume = try path(name).removingLastComponent()
    return try gate(name) { () throws(SyscallError) in
      let held = try Kernel.open(volume, [.readOnly, .directory, .noFollow])
      try Kernel.lock(held.raw, wait: true, volume)
      return held
    }
  }

  /// Whether nothing was ever mounted of it. Its lock is held.
  public func isFresh(_ name: String) throws(VolumeError) -> Bool {
    let mark = try path(name).removingLastComponent().appending(Self.fresh)
    return try gate(name) { () throws(SyscallError) in try Kernel.exists(mark) }
  }

  /// It begins now. `fill` gets the descriptor of an empty directory, which becomes the volume's data whole or not at
  /// all; without it, and where something is in the volume already, its data stays. Its lock is held.
  public func begin(_ name: String, fill: ((CInt) throws(SyscallError) -> Void)?) throws(VolumeError) {
    let data = try path(name)
    let volume = data.removingLastComponent()
    let temporary = volume.appending(Self.filling)
    do { try Kernel.removeTree(temporary) } catch { throw .removal(volume: name, error) }
    try gate(name) { () throws(SyscallError) in
      if let fill, try Kernel.names(inDirectory: data).isEmpty {
        try Kernel.makeDirectory(temporary, mode: 0o755)
        let begun = try Kernel.open(temporary, [.readOnly, .directory, .noFollow])
        try Kernel.changeMode(begun.raw, mode: 0o755)
        try fill(begun.raw)
        try Kernel.sync(fileSystemOf: begun.raw)
        try Kernel.rename(temporary, to: data)
      }
      try Kernel.remove(volume.appending(Self.fresh))
      try Kernel.sync(volume)
    }
  }

  /// Other data in place of a volume's own. `fill` gets the descriptor of an empty directory, and says whether it is to be
  /// taken; then it becomes the data, and the data before goes. Its lock is held.
  public func replace(_ name: String, fill: (CInt) -> Bool) throws(VolumeError) {
    let data = try path(name)
    let volume = data.removingLastComponent()
    let temporary = volume.appending(Self.filling)
    let old = volume.appending(Self.replaced)
    func clear(_ path: FilePath) throws(VolumeError) {
      do { try Kernel.removeTree(path) } catch { throw .removal(volume: name, error) }
    }
    try gate(name) { () throws(SyscallError) in try bringBack(volume, data) }
    try clear(temporary)
    try clear(old)
    let isTaken = try gate(name) { () throws(SyscallError) in
      try Kernel.makeDirectory(temporary, mode: 0o755)
      let begun = try Kernel.open(temporary, [.readOnly, .directory, .noFollow])
      try Kernel.changeMode(begun.raw, mode: 0o755)
      guard fill(begun.raw) else { return false }
      try Kernel.sync(fileSystemOf: begun.raw)
      try Self.put(temporary, in: data, aside: old)
      if try Kernel.exists(volume.appending(Self.fresh)) { try Kernel.remove(volume.appending(Self.fresh)) }
      try Kernel.sync(volume)
      return true
    }
    try clear(temporary)
    if isTaken { try clear(old) }
  }

  /// The old data lies at `temporary` or `old` afterwards.
  private static func put(
    _ temporary: FilePath, in data: FilePath, aside old: FilePath
  ) throws(SyscallError) {
    do throws(SyscallError) { return try Kernel.exchange(temporary, data) } catch {
      if error.errno != 22 && error.errno != 38 { throw error }
    }
    // A file system that cannot exchange: between the two renames there is none. Who looks then makes an empty one, and
    // the second rename takes its place; who is killed there has left the data aside, and `bringBack` finds it.
    try Kernel.rename(data, to: old)
    try Kernel.rename(temporary, to: data)
  }

  /// Bytes of its files, each once, without what is mounted in it.
  public func size(_ name: String) throws(VolumeError) -> UInt64 {
    let data = try path(name)
    return try gate(name) { () throws(SyscallError) in
      guard try Kernel.exists(data) else { return 0 }
      let root = try Kernel.open(data, [.readOnly, .directory, .noFollow])
      var seen: Set<UInt64> = []
      return try Self.size(root.raw, mount: try Kernel.status(at: root.raw).mountID, depth: 0, &seen)
    }
  }

  private static func size(
    _ directory: CInt, mount: UInt64, depth: Int, _ seen: inout Set<UInt64>
  ) throws(SyscallError) -> UInt64 {
    var total: UInt64 = 0
    for component in try Kernel.entries(in: directory) {
      let name = FilePath(root: nil, [component])
      let status = try Kernel.status(of: name, at: directory, followSymlinks: false)
      if status.isRegular {
        if status.links == 1 || seen.insert(status.inode).inserted { total += status.size }
      } else if status.isDirectory, status.mountID == mount, depth < 128 {
        let inner = try Kernel.open(name, at: directory, [.readOnly, .directory, .noFollow])
        total += try size(inner.raw, mount: mount, depth: depth + 1, &seen)
      }
    }
    return total
  }

  private func removeTree(_ path: FilePath, at parent: CInt, _ name: String) throws(VolumeError) {
    do {
      try Kernel.removeTree(path, at: parent)
    } catch {
      throw .removal(volume: name, error)
    }
  }

  private func makeOnce(_ path: FilePath, mode: UInt32) throws(SyscallError) {
    do {
      try Kernel.makeDirectory(path, mode: mode)
    } catch {
      if error.errno != 17 { throw error }
      // Somebody made it, or a symlink stands there, which is nobody's volume.
      if try !Kernel.status(of: path, followSymlinks: false).isDirectory {
        throw SyscallError(errno: 20, operation: "mkdir", path: path)
      }
      return
    }
    // The caller's umask must not decide who reads a volume.
    let made = try Kernel.open(path, [.readOnly, .directory, .noFollow])
    try Kernel.changeMode(made.raw, mode: mode)
  }

  private func gate<Result: ~Copyable>(
    _ volume: String, _ body: () throws(SyscallError) -> Result
  ) throws(VolumeError) -> Result {
    do { return try body() } catch { throw .system(volume: volume, error) }
  }
}

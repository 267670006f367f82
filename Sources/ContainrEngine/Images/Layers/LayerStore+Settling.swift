// What is unpacked is used at once and becomes durable soon after. Until then a marker beside the layer names the boot
// that made it: after a power failure the layer is not believed, and made again of what it was made of. Decision 0028.
internal import CContainrLinux
internal import ContainrSystem
internal import SystemPackage

extension LayerStore {
  /// `sha256/<hex>.boot`: what stands beside a layer that may not be on the disk yet.
  private static let suffix = ".boot"
  /// What a marker says once the disk has refused the layer; no boot has this id.
  private static let refused = "refused"

  func markerPath(_ hex: String) -> FilePath { published.appending(hex + Self.suffix) }

  /// The digest in a marker's name.
  static func marked(_ name: String) -> String? {
    guard name.hasSuffix(suffix), LayerDigest(.sha256, hex: String(name.dropLast(suffix.count))) != nil else {
      return nil
    }
    return String(name.dropLast(suffix.count))
  }

  /// Whether a layer that is there is whole: it is on the disk, or this boot has made it and still holds it in memory.
  func isWhole(_ hex: String) throws(SyscallError) -> Bool {
    let text: String
    do throws(SyscallError) {
      text = try Kernel.text(of: markerPath(hex))
    } catch {
      if error.errno == 2 { return true }
      throw error
    }
    return try text == Kernel.bootID()
  }

  /// Says, durably, that the layer which comes next is made by this boot. The layer's lock is held.
  func mark(_ hex: String) throws(SyscallError) {
    try Kernel.makeDirectories(published, mode: 0o700)
    try write(hex, Kernel.bootID(), durable: true)
    try Kernel.sync(published)
  }

  /// In place: of half a marker no boot believes a layer, and a copy would be one thing more that a crash leaves.
  private func write(_ hex: String, _ word: String, durable: Bool) throws(SyscallError) {
    let file = try Kernel.open(markerPath(hex), [.writeOnly, .create, .truncate, .noFollow], mode: 0o600)
    try file.writeAll(Array(word.utf8))
    if durable { try check(cl_fsync(file.raw), "fsync", markerPath(hex)) }
  }

  func unmark(_ hex: String) throws(SyscallError) {
    do throws(SyscallError) {
      try Kernel.remove(markerPath(hex))
    } catch {
      if error.errno != 2 { throw error }
    }
  }

  /// Has a process of its own wait for the disk, unless one does already. Nothing is wrong where none can be started: the
  /// markers stay, and the next one that is started does it.
  func settleSoon(_ program: FilePath) {
    do throws(SyscallError) {
      let directory = try Kernel.open(published, [.readOnly, .directory, .noFollow])
      do throws(SyscallError) {
        try Kernel.lock(directory.raw, wait: false, published)
      } catch {
        if error.errno == 11 { return }  // EWOULDBLOCK: it looks again before it ends
        throw error
      }
    } catch {
      return
    }
    let path = directory.string
    let start: @Sendable () -> Void = {
      guard let null = try? Kernel.open("/dev/null", .readWrite) else { return }
      let child = try? ChildProcess.spawn(
        program, arguments: ["containr", LayerSettler.subcommand, path], descriptors: [null.raw, null.raw, null.raw],
        newSession: true)
      _ = try? child?.wait()
    }
    // A thread, so that the child of a program that lives on does not stay a zombie.
    try? WorkerThread.start(start)
  }

  /// Makes the layers durable that are not, and takes their markers away. Waits for the disk. Answers how many.
  @discardableResult
  func settle() throws(SyscallError) -> Int {
    let boot = try Kernel.bootID()
    var count = 0
    let directory = try Kernel.open(published, [.readOnly, .directory, .noFollow])
    while true {
      var waiting: [(hex: String, inode: UInt64)] = []
      do throws(SyscallError) {
        try Kernel.lock(directory.raw, wait: true, published)
        waiting = try unsettled(boot)
        if !waiting.isEmpty {
          let result = cl_syncfs(directory.raw)
          for one in waiting { try settled(one.hex, one.inode, isRefused: result < 0) }
          count += waiting.count
          try check(result, "syncfs", published)
        }
      } catch {
        _ = cl_flock(directory.raw, 8)
        throw error
      }
      // Who came meanwhile saw us hold the lock and started nobody: look once more without it.
      try check(cl_flock(directory.raw, 8), "flock", published)
      if waiting.isEmpty, try unsettled(boot).isEmpty { return count }
    }
  }

  /// The layers of this boot with a marker, and the markers' inodes. One that is being made counts when it is made.
  private func unsettled(_ boot: String) throws(SyscallError) -> [(hex: String, inode: UInt64)] {
    var all: [(hex: String, inode: UInt64)] = []
    for hex in try Kernel.names(inDirectory: published).compactMap(Self.marked) {
      do throws(SyscallError) {
        guard try Kernel.exists(published.appending(hex)), try Kernel.text(of: markerPath(hex)) == boot else {
          continue
        }
        all.append((hex, try Kernel.status(of: markerPath(hex)).inode))
      } catch {
        if error.errno != 2 { throw error }  // removed meanwhile
      }
    }
    return all
  }

  /// Takes a marker away, if it is still the one of the layer that was there before the wait.
  private func settled(_ hex: String, _ inode: UInt64, isRefused: Bool) throws(SyscallError) {
    do throws(SyscallError) {
      guard try Kernel.status(of: markerPath(hex)).inode == inode else { return }
      if isRefused {
        try write(hex, Self.refused, durable: false)
      } else {
        try Kernel.remove(markerPath(hex))
      }
    } catch {
      if error.errno != 2 { throw error }  // removed meanwhile
    }
  }
}

/// The process that waits for the disk (`containr settle-layers DIRECTORY`).
enum LayerSettler {
  /// The hidden subcommand.
  static let subcommand = "settle-layers"

  /// Its whole life; answers the exit code.
  static func serve(_ directory: String) -> Int32 {
    guard let root = try? Kernel.open("/", [.path, .directory]), cl_fchdir(root.raw) == 0 else { return 1 }
    do throws(SyscallError) {
      try LayerStore(directory: FilePath(directory)).settle()
      return 0
    } catch {
      return error.errno == 2 ? 0 : 1  // the store is gone
    }
  }
}

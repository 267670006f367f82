// Digests of archives, remembered by what changes when the archive does, so that `up` does not read gigabytes.
internal import ContainrSystem
internal import SystemPackage

/// One small file a digest: `<device>-<inode>` holds `<size> <seconds> <nanoseconds> <hex>`.
struct DigestCache: Sendable {
  let directory: FilePath

  /// SHA-256 of an open file, read only if the cache does not know it; remembered unless `remembers` is false.
  func digest(of fd: CInt, _ status: FileStatus, remembers: Bool = true) throws(SyscallError) -> String {
    // Not the time of modification, which tools set back to what it was.
    let time = status.changed
    let entry = directory.appending("\(status.device)-\(status.inode)")
    let key = "\(status.size) \(time.seconds) \(time.nanoseconds) "
    if try Kernel.exists(entry) {
      let text = try Kernel.text(of: entry)
      let hex = String(text.dropFirst(key.count))
      if text.hasPrefix(key), LayerDigest(.sha256, hex: hex) != nil { return hex }
    }
    let hex = try SHA256.digest(of: fd)
    if !remembers { return hex }
    // A file changed within the clock's last tick may change again with the same time: not remembered yet.
    let age = Int64(Kernel.realTime() / 1_000_000) - (time.seconds * 1000 + Int64(time.nanoseconds) / 1_000_000)
    let after = try Kernel.status(at: fd)
    if age > 50, after.size == status.size, after.changed == time {
      try remember(entry, key + hex)
    }
    return hex
  }

  /// Forgets all digests but these, and the directory when it is empty.
  func prune(keeping hexes: Set<String>) throws(SyscallError) {
    if try !Kernel.exists(directory) { return }
    var left = 0
    for name in try Kernel.names(inDirectory: directory) {
      let text = name.hasSuffix(".lock") ? "" : try Kernel.text(of: directory.appending(name))
      if hexes.contains(String(text.suffix(64))) {
        left += 1
      } else {
        try Kernel.remove(directory.appending(name))
      }
    }
    if left == 0 { try Kernel.remove(directory, isDirectory: true) }
  }

  /// Under a lock: `Kernel.replace` has one temporary name. Somebody else's write is as good as ours.
  private func remember(_ entry: FilePath, _ text: String) throws(SyscallError) {
    try Kernel.makeDirectories(directory, mode: 0o700)
    let lock: FileLock
    do {
      lock = try FileLock(FilePath(entry.string + ".lock"), wait: false)
    } catch {
      if error.errno == 11 || error.errno == 2 { return }  // written or pruned by somebody else right now
      throw error
    }
    try Kernel.replace(entry, with: Array(text.utf8))
    try lock.removeFile()
  }
}

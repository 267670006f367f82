// The layers on disk: archives unpacked once and kept by digest, directories used in place. The one writer of its
// directory. Starts no containers and knows no services; the image store stands beside it.
internal import CContainrLinux
internal import ContainrImageSpec
internal import ContainrSystem
public import SystemPackage

/// Layers by digest.
///
///     <directory>/sha256/<hex>        an unpacked archive, whole
///     <directory>/sha256/<hex>.boot   it may not be on the disk yet: the boot in which it was made, which alone believes it
///     <directory>/.tmp-<hex>          one that is being made or removed; locked (flock) by who does it
///     <directory>/.lock-<hex>         the lock for making or removing <hex>
///     <directory>/digests/<key>       digests of archives, by device, inode, size and time
public struct LayerStore: Sendable {
  /// What a layer is on disk.
  public enum LayerKind: String, Sendable, Codable { case directory, archive }

  /// Where the store lives; made when first needed.
  public let directory: FilePath
  /// Whether what is unpacked is made durable; not for a store that ends with its user.
  private let settles: Bool
  var published: FilePath { directory.appending("sha256") }
  private var cache: DigestCache { DigestCache(directory: directory.appending("digests")) }

  /// Touches nothing on disk. `settles` false: nobody needs the layers after the end of who has them unpacked.
  public init(directory: FilePath, settles: Bool = true) {
    self.directory = directory
    self.settles = settles
  }

  /// Looks at a layer and answers its digest: it must exist, be of the right type and be readable. Hashes an archive at
  /// most once as long as it does not change; with `remembers` false nothing is written for that.
  public func inspect(_ path: FilePath, kind: LayerKind, remembers: Bool = true) throws(LayerError) -> LayerInfo {
    let file = try open(path, kind)
    let status = try reading(path) { () throws(SyscallError) in try Kernel.status(at: file.raw) }
    switch kind {
    case .directory:
      var hash = SHA256()
      hash.add(Array("\(status.device):\(status.inode):\(path)".utf8))
      return LayerInfo(path: path, kind: kind, digest: LayerDigest(.directory, hex: hash.finish())!, size: 0)
    case .archive:
      let hex: String
      do {
        hex = try cache.digest(of: file.raw, status, remembers: remembers)
      } catch {
        throw .unreadable(path, error)
      }
      return LayerInfo(path: path, kind: kind, digest: LayerDigest(.sha256, hex: hex)!, size: Int64(status.size))
    }
  }

  /// The directory to give to overlayfs. An archive is unpacked by `program unpack-layer` unless that is done already;
  /// callers in other threads and processes wait and share the result. A failure leaves nothing behind. `progress` hears
  /// now and then how many of the archive's bytes are done, and how many there are.
  public func prepare(
    _ path: FilePath, digest: LayerDigest, program: FilePath, progress: (Int64, Int64) -> Void = { _, _ in }
  ) throws(LayerError) -> FilePath {
    if digest.algorithm == .directory {
      _ = try open(path, .directory)
      return path
    }
    return try prepare(path, digest: digest, compression: nil, program: program, progress: progress)
  }

  /// The same for a layer of an image: `content` is the digest of its tar, which `path` holds packed so.
  func prepare(
    _ path: FilePath, content: LayerDigest, compression: LayerCompression, program: FilePath,
    progress: (Int64, Int64) -> Void = { _, _ in }
  ) throws(LayerError) -> FilePath {
    try prepare(path, digest: content, compression: compression, program: program, progress: progress)
  }

  private func prepare(
    _ path: FilePath, digest: LayerDigest, compression: LayerCompression?, program: FilePath,
    progress: (Int64, Int64) -> Void
  ) throws(LayerError) -> FilePath {
    if let done = try unpackedPath(digest) { return done }
    let archive = try open(path, .archive)
    let lock = try lock(digest)
    do throws(LayerError) {
      let result =
        if let done = try unpackedPath(digest) { done } else {
          try unpack(path, archive.raw, digest, compression, program, progress)
        }
      try storing { () throws(SyscallError) in try lock.removeFile() }
      if settles { settleSoon(program) }
      return result
    } catch {
      try storing { () throws(SyscallError) in try lock.removeFile() }
      throw error
    }
  }

  /// Where an archive's layer is, if it is unpacked and whole; nil for directories, which are used in place.
  public func unpackedPath(_ digest: LayerDigest) throws(LayerError) -> FilePath? {
    guard digest.algorithm == .sha256 else { return nil }
    let path = published.appending(digest.hex)
    return try storing { () throws(SyscallError) in
      guard try Kernel.exists(path), try isWhole(digest.hex) else { return nil }
      return path
    }
  }

  /// The digests of all unpacked layers, sorted.
  public func unpacked() throws(LayerError) -> [LayerDigest] {
    try names(in: published).compactMap { LayerDigest(.sha256, hex: $0) }.sorted()
  }

  /// Removes all layers but `kept`, what killed processes left half-made, and the store's own directories once they
  /// are empty. A layer that another process is making stays. Goes on after failures and reports all.
  public func prune(keeping kept: Set<LayerDigest>) throws(LayerError) {
    var failures: [LayerError] = []
    let here = try names(in: directory)
    var doomed = Set(here.filter { $0.hasPrefix(".tmp-") }.map { String($0.dropFirst(5)) })
    doomed.formUnion(here.filter { $0.hasPrefix(".lock-") }.map { String($0.dropFirst(6)) })
    let layers = try names(in: published)
    for digest in layers.compactMap({ LayerDigest(.sha256, hex: $0) }) where !kept.contains(digest) {
      doomed.insert(digest.hex)
    }
    for hex in layers.compactMap(Self.marked) where !layers.contains(hex) { doomed.insert(hex) }
    for hex in doomed.sorted() {
      guard LayerDigest(.sha256, hex: hex) != nil else { continue }
      let isKept = LayerDigest(.sha256, hex: hex).map(kept.contains) ?? false
      do {
        try remove(hex, publishedToo: !isKept)
      } catch {
        failures.append(error)
      }
    }
    do {
      try cache.prune(keeping: Set(kept.filter { $0.algorithm == .sha256 }.map(\.hex)))
      for path in [published, directory] { try removeIfEmpty(path) }
    } catch {
      throw .store(error)
    }
    if failures.count == 1 { throw failures[0] }
    if !failures.isEmpty { throw .several(failures) }
  }

  // MARK: one layer

  /// Unpacks into `.tmp-<hex>` and publishes it. The lock of this digest is held.
  private func unpack(
    _ path: FilePath, _ archive: CInt, _ digest: LayerDigest, _ compression: LayerCompression?, _ program: FilePath,
    _ progress: (Int64, Int64) -> Void
  ) throws(LayerError) -> FilePath {
    let temporary = temporaryPath(digest.hex)
    let report: UnpackReport
    let final = published.appending(digest.hex)
    do {
      try clear(temporary)
      // One that is not believed: nothing of an earlier boot has it mounted.
      if try storing({ () throws(SyscallError) in try Kernel.exists(final) }) {
        try storing { () throws(SyscallError) in try Kernel.rename(final, to: temporary) }
        try clear(temporary)
      }
      report = try storing { () throws(SyscallError) in
        try mark(digest.hex)
        try Kernel.makeDirectory(temporary, mode: 0o755)
        let directory = try Kernel.open(temporary, [.readOnly, .directory, .noFollow])
        // The child shares this open file and so this lock: who comes after a killed engine waits for its child.
        try check(cl_flock(directory.raw, 2), "flock", temporary)
        return try LayerUnpacker.run(
          program: program, archive: archive, compression: compression, into: directory.raw, progress: progress)
      }
    } catch {
      try clear(temporary)
      try storing { () throws(SyscallError) in try unmark(digest.hex) }
      throw error
    }
    var refusal: LayerError?
    if let failure = report.failure {
      refusal = .refused(path, reason: failure)
    } else if report.digest != digest.hex {
      refusal =
        LayerDigest(.sha256, hex: report.digest).map { .changed(path, expected: digest, found: $0) }
        ?? .refused(path, reason: "the unpacking process named no digest")
    }
    if let refusal {
      try clear(temporary)
      try storing { () throws(SyscallError) in try unmark(digest.hex) }
      throw refusal
    }
    // Its marker keeps the directory from being pruned.
    try storing { () throws(SyscallError) in try Kernel.rename(temporary, to: final) }
    return final
  }

  /// Waits for the lock of one digest, whose file keeps the store's directory from being pruned.
  private func lock(_ digest: LayerDigest) throws(LayerError) -> FileLock {
    try storing { () throws(SyscallError) in
      while true {
        try Kernel.makeDirectories(directory, mode: 0o700)
        do throws(SyscallError) {
          return try FileLock(lockPath(digest.hex))
        } catch {
          if error.errno != 2 { throw error }  // somebody's prune removed the empty directory just now
        }
      }
    }
  }

  /// The lock of one digest if it is free; nil if the layer is being made.
  private func freeLock(_ hex: String) throws(LayerError) -> FileLock? {
    do {
      return try FileLock(lockPath(hex), wait: false)
    } catch {
      if error.errno == 11 { return nil }  // EWOULDBLOCK
      throw .store(error)
    }
  }

  /// Removes one layer and its leftovers: first out of sight by a rename, so that no half layer is ever published.
  private func remove(_ hex: String, publishedToo: Bool) throws(LayerError) {
    guard let lock = try freeLock(hex) else { return }
    let temporary = temporaryPath(hex)
    try clear(temporary)
    let path = published.appending(hex)
    if publishedToo, try storing({ () throws(SyscallError) in try Kernel.exists(path) }) {
      try storing { () throws(SyscallError) in try Kernel.rename(path, to: temporary) }
      try clear(temporary)
    }
    try storing { () throws(SyscallError) in
      if try !Kernel.exists(path) { try unmark(hex) }
      try lock.removeFile()
    }
  }

  /// Removes a temporary directory once nobody unpacks into it any more.
  private func clear(_ temporary: FilePath) throws(LayerError) {
    try storing { () throws(SyscallError) in
      if try !Kernel.exists(temporary) { return }
      let directory = try Kernel.open(temporary, [.readOnly, .directory, .noFollow])
      try check(cl_flock(directory.raw, 2), "flock", temporary)
    }
    do {
      try Kernel.removeTree(temporary)
    } catch {
      throw .removal(error)
    }
  }

  // MARK: files

  private func temporaryPath(_ hex: String) -> FilePath { directory.appending(".tmp-\(hex)") }
  private func lockPath(_ hex: String) -> FilePath { directory.appending(".lock-\(hex)") }

  /// Opens a layer for reading and checks its type; never blocks on a fifo or device.
  private func open(_ path: FilePath, _ kind: LayerKind) throws(LayerError) -> OwnedFD {
    let file = try openForReading(path)
    let status = try reading(path) { () throws(SyscallError) in try Kernel.status(at: file.raw) }
    if kind == .directory ? status.isDirectory : status.isRegular { return file }
    let found = status.isDirectory ? "a directory" : status.isRegular ? "a file" : "neither a file nor a directory"
    throw .wrongType(path, expected: kind, found: found)
  }

  private func openForReading(_ path: FilePath) throws(LayerError) -> OwnedFD {
    do {
      return try Kernel.open(path, [.readOnly, .nonBlocking])
    } catch {
      if error.errno == 2 || error.errno == 20 { throw .missing(path) }
      throw .unreadable(path, error)
    }
  }

  private func names(in path: FilePath) throws(LayerError) -> [String] {
    try storing { () throws(SyscallError) in try Kernel.exists(path) ? try Kernel.names(inDirectory: path) : [] }
  }

  private func removeIfEmpty(_ path: FilePath) throws(SyscallError) {
    do {
      try Kernel.remove(path, isDirectory: true)
    } catch {
      if error.errno != 39 && error.errno != 2 { throw error }
    }
  }

  private func storing<Result: ~Copyable>(
    _ body: () throws(SyscallError) -> Result
  ) throws(LayerError) -> Result {
    do { return try body() } catch { throw .store(error) }
  }

  private func reading<Result: ~Copyable>(
    _ path: FilePath, _ body: () throws(SyscallError) -> Result
  ) throws(LayerError) -> Result {
    do { return try body() } catch { throw .unreadable(path, error) }
  }
}

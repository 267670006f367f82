// Content by its digest: the `blobs` of an OCI image layout, and what is on its way there. The one writer of both
// directories. Knows no images.
internal import CContainrLinux
public import ContainrImageSpec
public import ContainrSystem
public import SystemPackage

/// Blobs.
///
///     <directory>/blobs/<algorithm>/<hex>   a blob, whole and durable
///     <directory>/ingest/<hex>.part         what has come of one so far; a later attempt goes on from there
///     <directory>/ingest/<hex>.lock         held (flock) by who fetches it: others wait and share
///     <directory>/ingest/new-<random>       one whose digest is not known yet
public struct BlobStore: Sendable {
  /// The image layout's directory.
  public let directory: FilePath
  var ingest: FilePath { directory.appending("ingest") }
  /// For files without a name that are needed on the way; on the store's own disk.
  public var scratch: FilePath { ingest }

  /// Touches nothing on disk.
  public init(directory: FilePath) { self.directory = directory }

  /// Where a blob is, or will be.
  public func path(_ digest: Digest) -> FilePath {
    directory.appending("blobs").appending(digest.algorithm.rawValue).appending(digest.hex)
  }

  /// Whether it is there in its full length. One of another length is damaged, and counts as missing so that it is
  /// fetched again.
  public func contains(_ digest: Digest, size: Int64? = nil) throws(ImageError) -> Bool {
    try Self.storing { () throws(SyscallError) in
      let path = path(digest)
      guard try Kernel.exists(path) else { return false }
      guard let size else { return true }
      return Int64(clamping: try Kernel.status(of: path).size) == size
    }
  }

  /// Bytes of a blob.
  public func size(_ digest: Digest) throws(ImageError) -> Int64 {
    try found(digest) { () throws(SyscallError) in Int64(clamping: try Kernel.status(of: path(digest)).size) }
  }

  /// A blob for reading.
  public func open(_ digest: Digest) throws(ImageError) -> OwnedFD {
    try found(digest) { () throws(SyscallError) in try Kernel.open(path(digest), [.readOnly, .noFollow]) }
  }

  /// A small blob whole, held against its digest; at most `limit` bytes are read.
  public func bytes(_ digest: Digest, limit: Int) throws(ImageError) -> [UInt8] {
    let size = try size(digest)
    if size > limit { throw .tooLarge(what: digest.description, size: size, limit: Int64(limit)) }
    let file = try open(digest)
    let bytes = try Self.storing { () throws(SyscallError) in try file.readAll(limit: limit + 1) }
    let actual = ContentHash.digest(bytes, digest.algorithm)
    if actual != digest { throw .damaged(digest, "is damaged: its content is \(actual)") }
    return bytes
  }

  /// Begins to store a blob of a known digest; nil if it is there already. Waits while somebody else stores the same.
  /// What an earlier attempt has left is kept: `received` tells how much.
  public func begin(_ digest: Digest, size: Int64, what: String) throws(ImageError) -> BlobWriter? {
    while true {
      if try contains(digest, size: size) {
        try forgetLock(digest)
        return nil
      }
      try makeDirectories(digest.algorithm)
      guard let lock = try lock(digest) else { continue }
      if try contains(digest, size: size) {
        try Self.storing { () throws(SyscallError) in try lock.removeFile() }
        return nil
      }
      return try BlobWriter(self, digest: digest, size: size, what: what, lock: lock)
    }
  }

  /// The lock of one digest; nil if somebody's prune removed the directory just now.
  private func lock(_ digest: Digest) throws(ImageError) -> FileLock? {
    do {
      return try FileLock(ingest.appending("\(digest.hex).lock"))
    } catch {
      if error.errno == 2 { return nil }
      throw .store(error)
    }
  }

  /// Who is killed between publishing a blob and removing its lock leaves the lock's file. Once the blob is there nobody needs
  /// it: who holds it is at its end, and who waits for it looks for the blob again.
  private func forgetLock(_ digest: Digest) throws(ImageError) {
    try Self.storing { () throws(SyscallError) in try FileLock.forget(ingest.appending("\(digest.hex).lock")) }
  }

  /// Begins to store content whose digest will be what it will be.
  public func beginNew(what: String) throws(ImageError) -> BlobWriter {
    try makeDirectories(.sha256)
    return try BlobWriter(self, what: what)
  }

  /// Stores bytes in memory; answers their SHA-256.
  @discardableResult
  public func add(_ bytes: [UInt8], what: String) throws(ImageError) -> Digest {
    let digest = ContentHash.digest(bytes)
    guard let writer = try begin(digest, size: Int64(bytes.count), what: what) else { return digest }
    try writer.restart()
    try writer.write(bytes)
    return try writer.finish()
  }

  /// Waits until the disk has the content of blobs that were finished without that; those that it has cost little.
  public func makeDurable(_ digests: [Digest]) throws(ImageError) {
    for digest in digests {
      let file = try open(digest)
      try Self.storing { () throws(SyscallError) in _ = try check(cl_fdatasync(file.raw), "fdatasync", path(digest)) }
    }
  }

  /// The digests of all blobs, sorted.
  public func list() throws(ImageError) -> [Digest] {
    var all: [Digest] = []
    for algorithm in Digest.Algorithm.allCases {
      let path = directory.appending("blobs").appending(algorithm.rawValue)
      let names = try Self.storing { () throws(SyscallError) in
        try Kernel.exists(path) ? try Kernel.names(inDirectory: path) : []
      }
      all += names.compactMap { Digest(algorithm, hex: $0) }
    }
    return all.sorted()
  }

  /// Removes a blob; a missing one is fine. Only for who holds the whole store.
  func remove(_ digest: Digest) throws(ImageError) {
    try Self.storing { () throws(SyscallError) in
      do throws(SyscallError) {
        try Kernel.remove(path(digest))
      } catch {
        if error.errno != 2 { throw error }
      }
    }
  }

  /// Makes the names of new blobs durable; their content is already.
  func sync() throws(ImageError) {
    try Self.storing { () throws(SyscallError) in
      for algorithm in Digest.Algorithm.allCases {
        let path = directory.appending("blobs").appending(algorithm.rawValue)
        if try Kernel.exists(path) { try Kernel.sync(path) }
      }
    }
  }

  private func makeDirectories(_ algorithm: Digest.Algorithm) throws(ImageError) {
    try Self.storing { () throws(SyscallError) in
      try Kernel.makeDirectories(ingest, mode: 0o700)
      try Kernel.makeDirectories(directory.appending("blobs").appending(algorithm.rawValue), mode: 0o700)
    }
  }

  private func found<Result: ~Copyable>(
    _ digest: Digest, _ body: () throws(SyscallError) -> Result
  ) throws(ImageError) -> Result {
    do {
      return try body()
    } catch {
      if error.errno == 2 { throw .damaged(digest, "is missing") }
      throw .store(error)
    }
  }

  static func storing<Result: ~Copyable>(
    _ body: () throws(SyscallError) -> Result
  ) throws(ImageError) -> Result {
    do { return try body() } catch { throw .store(error) }
  }
}

// One blob on its way into the store. Nothing of it can be seen there before its digest is right and its bytes are on
// the disk.
internal import CContainrLinux
public import ContainrImageSpec
internal import ContainrSystem
internal import SystemPackage

/// Takes the bytes of one blob. Not for several threads at once.
public final class BlobWriter {
  private let store: BlobStore
  private let expected: (digest: Digest, size: Int64)?
  private let what: String
  private var lock: FileLock?
  private let file: OwnedFD
  private let path: FilePath
  private var hash: ContentHash
  private var isDone = false
  /// The bytes that the disk was told to begin with, so that it is not idle until the end, and how many at a time.
  private var handed: Int64 = 0
  private static let window: Int64 = 8 << 20

  /// Bytes that are there, those of an earlier attempt included.
  public private(set) var received: Int64 = 0

  /// Goes on with what there is of a blob; its lock is held.
  init(
    _ store: BlobStore, digest: Digest, size: Int64, what: String, lock: consuming FileLock
  ) throws(ImageError) {
    self.store = store
    expected = (digest, size)
    self.what = what
    hash = ContentHash(digest.algorithm)
    let path = store.ingest.appending("\(digest.hex).part")
    self.path = path
    let file = try BlobStore.storing { () throws(SyscallError) in
      try Kernel.open(path, [.readWrite, .create, .noFollow], mode: 0o600)
    }
    self.file = file
    self.lock = consume lock
    try takeUp()
  }

  /// One whose digest is not known before its end.
  init(_ store: BlobStore, what: String) throws(ImageError) {
    self.store = store
    expected = nil
    self.what = what
    hash = ContentHash(.sha256)
    let path = store.ingest.appending("new-\(Kernel.processID())-\(UInt64.random(in: 0...UInt64.max))")
    self.path = path
    file = try BlobStore.storing { () throws(SyscallError) in
      try Kernel.open(path, [.readWrite, .create, .exclusive, .noFollow], mode: 0o600)
    }
  }

  deinit {
    // What has come of a known blob stays for the next attempt; of an unknown one nobody could find it again.
    if !isDone && expected == nil { _ = path.withPlatformString { cl_unlinkat(Kernel.currentDirectory, $0, 0) } }
  }

  /// Adds bytes at the end. More than the blob was said to have is an error, and nothing of it is kept.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(ImageError) {
    if let expected, received + Int64(bytes.count) > expected.size {
      try discard()
      throw .wrongSize(what: what, expected: expected.size, found: received + Int64(bytes.count))
    }
    hash.add(bytes)
    var rest = bytes
    while !rest.isEmpty {
      let done = cl_pwrite(file.raw, rest.baseAddress!, rest.count, off_t(received))
      let count = try BlobStore.storing { () throws(SyscallError) in Int(try check(done, "write", path)) }
      received += Int64(count)
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
    if received - handed >= Self.window {
      // Only a beginning: whether the disk took it is asked at the end.
      _ = cl_sync_file_range(file.raw, off_t(handed), off_t(received - handed), 2)  // SYNC_FILE_RANGE_WRITE
      handed = received
    }
  }

  /// Adds bytes at the end.
  public func write(_ bytes: [UInt8]) throws(ImageError) {
    let result: Result<Void, ImageError> = bytes.withUnsafeBytes { all in
      Result { () throws(ImageError) in try write(all) }
    }
    try result.get()
  }

  /// Forgets what there is: the other side sends from the beginning.
  public func restart() throws(ImageError) {
    try BlobStore.storing { () throws(SyscallError) in
      _ = try check(cl_ftruncate(file.raw, 0), "ftruncate", path)
    }
    received = 0
    handed = 0
    hash = ContentHash(expected?.digest.algorithm ?? .sha256)
  }

  /// The end: holds the bytes against digest and size, makes them durable and publishes the blob. What is wrong is
  /// removed; what only ended too early stays for the next attempt. `isDurable` false: the disk may take its time, and
  /// the caller gives the blob no name before `BlobStore.makeDurable`.
  @discardableResult
  public func finish(isDurable: Bool = true) throws(ImageError) -> Digest {
    if let expected, received < expected.size {
      throw .wrongSize(what: what, expected: expected.size, found: received)
    }
    let digest = hash.finish()
    if let expected, digest != expected.digest {
      try discard()
      throw .mismatch(what: what, expected: expected.digest, found: digest)
    }
    try BlobStore.storing { () throws(SyscallError) in
      if isDurable { try check(cl_fdatasync(file.raw), "fdatasync", path) }
      try Kernel.rename(path, to: store.path(digest))
      try releaseLock()
    }
    isDone = true
    return digest
  }

  /// Removes what has come.
  public func discard() throws(ImageError) {
    // The part may be somebody else's by now.
    if isDone { return }
    isDone = true
    try BlobStore.storing { () throws(SyscallError) in
      if try Kernel.exists(path) { try Kernel.remove(path) }
      try releaseLock()
    }
  }

  /// The file may be opened by who unpacks a layer while its blob is still being written elsewhere; borrowed.
  var descriptor: CInt { file.raw }

  private func releaseLock() throws(SyscallError) {
    try lock?.removeFile()
    lock = nil
  }

  /// Reads what an earlier attempt has left, whose digest is not remembered. Too much of it is none.
  private func takeUp() throws(ImageError) {
    let size = try BlobStore.storing { () throws(SyscallError) in Int64(clamping: try Kernel.status(at: file.raw).size)
    }
    if let expected, size > expected.size {
      try restart()
      return
    }
    var buffer = [UInt8](repeating: 0, count: size == 0 ? 0 : 256 << 10)
    while received < size {
      let count = try BlobStore.storing { () throws(SyscallError) in
        try Kernel.read(file.raw, into: &buffer, at: UInt64(received))
      }
      if count == 0 { break }
      buffer.withUnsafeBytes { hash.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      received += Int64(count)
    }
  }
}

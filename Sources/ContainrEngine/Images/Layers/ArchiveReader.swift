// libarchive, reading one tar (plain, gzip, zstd, xz) from a descriptor. Starts no program and opens no file.
internal import CArchive
internal import CContainrLinux
internal import ContainrSystem
internal import Glibc

/// A tar that is being read, entry by entry.
final class ArchiveReader {
  private let archive: OpaquePointer
  private let source: Source

  /// Where the bytes come from: libarchive's callback state.
  private final class Source {
    let fd: CInt
    var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    var hash = SHA256()
    let hashes: Bool
    let fills: Bool
    var failure: CInt = 0
    private var total = 0

    init(_ fd: CInt, hashes: Bool, fills: Bool) {
      self.fd = fd
      self.hashes = hashes
      self.fills = fills
    }
    deinit { buffer.deallocate() }

    /// The next bytes, hashed; 0 at the end, -1 on an error. A tar of an image that ends within its last block is filled up
    /// with zeros, which are not hashed: umoci leaves them out, Go's reader does without, and the digest tells the rest.
    func next() -> Int {
      let count = cl_read(fd, buffer.baseAddress!, buffer.count)
      if count < 0 {
        failure = CInt(-count)
        return -1
      }
      if count == 0, fills, total % 512 != 0 {
        let rest = 512 - total % 512
        total += rest
        UnsafeMutableRawBufferPointer(rebasing: buffer[..<rest]).initializeMemory(as: UInt8.self, repeating: 0)
        return rest
      }
      total += count
      if hashes { hash.add(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
      return count
    }
  }

  /// Names in a tar are bytes and stay so. In a UTF-8 locale libarchive would normalise pax names to NFC; in the C locale
  /// it cannot convert them, warns, and gives the bytes as they are. Process-wide: for the start of the unpacking process.
  static func prepareLocale() throws(UnpackError) {
    if setlocale(LC_CTYPE, "C") == nil { throw .unreadable("the C locale is missing") }
  }

  /// Borrows the descriptor, which must outlive the reader. `isPlain`: nothing is decompressed. `hashes`
  /// false: what is not asked for is passed over by seeking.
  init(_ fd: CInt, isPlain: Bool = false, hashes: Bool = true) throws(UnpackError) {
    guard let archive = archive_read_new() else { throw .unreadable("out of memory") }
    self.archive = archive
    source = Source(fd, hashes: hashes, fills: isPlain && hashes)
    // ARCHIVE_WARN would mean that an external program does the work: never.
    let filters = [
      ("gzip", archive_read_support_filter_gzip), ("xz", archive_read_support_filter_xz),
      ("zstd", archive_read_support_filter_zstd),
    ]
    let formats = [("tar", archive_read_support_format_tar)]
    for (name, support) in (isPlain ? [] : filters) + formats where support(archive) != ARCHIVE_OK {
      throw .unreadable("this libarchive cannot read \(name) by itself")
    }
    let result = archive_read_open2(
      archive, Unmanaged.passUnretained(source).toOpaque(), nil,
      { _, context, bytes in
        let source = Unmanaged<Source>.fromOpaque(context!).takeUnretainedValue()
        bytes?.pointee = UnsafeRawPointer(source.buffer.baseAddress)
        return source.next()
      },
      { _, context, count in
        let source = Unmanaged<Source>.fromOpaque(context!).takeUnretainedValue()
        if source.hashes || cl_lseek(source.fd, off_t(count), 1) < 0 { return 0 }  // then it is read
        return count
      }, nil)
    try check(result)
  }

  deinit { archive_read_free(archive) }

  /// The next entry, valid until the next call; nil at the end.
  func next() throws(UnpackError) -> ArchiveEntry? {
    var entry: OpaquePointer?
    let result = archive_read_next_header(archive, &entry)
    if result == ARCHIVE_EOF { return nil }
    try check(result)
    guard let entry else { throw .unreadable("no entry") }
    return ArchiveEntry(entry)
  }

  /// The next block of the current entry's data and its offset; nil at the end. Valid until the next call.
  func nextBlock() throws(UnpackError) -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
    var start: UnsafeRawPointer?
    var size = 0
    var offset: la_int64_t = 0
    let result = archive_read_data_block(archive, &start, &size, &offset)
    if result == ARCHIVE_EOF { return nil }
    try check(result)
    return (UnsafeRawBufferPointer(start: start, count: size), Int64(offset))
  }

  /// Bytes that came out of the decompressor, and bytes that went in.
  var decompressed: Int64 { Int64(archive_filter_bytes(archive, 0)) }
  var compressed: Int64 { Int64(archive_filter_bytes(archive, -1)) }

  /// Reads what follows the archive's end and answers the SHA-256 of all bytes of the descriptor.
  func finish() throws(UnpackError) -> String {
    while true {
      let count = source.next()
      if count < 0 { throw .system(SyscallError(errno: source.failure, operation: "read", detail: "the archive")) }
      if count == 0 { return source.hash.finish() }
    }
  }

  /// A warning is an error as well, since something of the archive would be lost, but for the one of `prepareLocale`.
  private func check(_ result: CInt) throws(UnpackError) {
    if result == ARCHIVE_OK { return }
    if source.failure != 0 {
      throw .system(SyscallError(errno: source.failure, operation: "read", detail: "the archive"))
    }
    let words = archive_error_string(archive).map { String(cString: $0) } ?? "libarchive error \(result)"
    if result == ARCHIVE_WARN && words.hasSuffix("can't be converted from UTF-8 to current locale.") { return }
    throw .unreadable(words)
  }
}

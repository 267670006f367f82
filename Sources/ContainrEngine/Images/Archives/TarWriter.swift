// libarchive, writing one tar (pax where ustar does not do) to a closure. Opens no file.
internal import CArchive
internal import CContainrLinux
internal import ContainrSystem
internal import SystemPackage

/// A tar that is being written. The same entries make the same bytes.
final class TarWriter {
  /// One name of the tar.
  struct Entry {
    /// Bytes, not text; relative.
    var name: [UInt8]
    /// Type and permission bits.
    var mode: UInt32
    var uid: UInt32 = 0
    var gid: UInt32 = 0
    var size: Int64 = 0
    var modified = FileTime(seconds: 0, nanoseconds: 0)
    /// Of a symbolic link.
    var target: [UInt8]?
    /// Another name of a file that is in the tar already.
    var hardLink: [UInt8]?
    var device: (major: UInt32, minor: UInt32) = (0, 0)
    var attributes: [(name: String, value: [UInt8])] = []
    /// Where data is, in order, if there are holes.
    var extents: [(offset: Int64, length: Int64)] = []
  }

  private let archive: OpaquePointer
  private let entry: OpaquePointer
  private let sink: Sink

  /// Where the bytes go: libarchive's callback state.
  private final class Sink {
    let take: (UnsafeRawBufferPointer) throws -> Void
    var failure: (any Error)?
    init(_ take: @escaping (UnsafeRawBufferPointer) throws -> Void) { self.take = take }
  }

  /// `isExact`: times to the nanosecond, for which every entry needs a header of its own.
  init(_ take: @escaping (UnsafeRawBufferPointer) throws -> Void, isExact: Bool = false) throws {
    guard let archive = archive_write_new(), let entry = archive_entry_new() else {
      throw SyscallError(errno: 12, operation: "archive_write_new")
    }
    self.archive = archive
    self.entry = entry
    sink = Sink(take)
    try check(isExact ? archive_write_set_format_pax(archive) : archive_write_set_format_pax_restricted(archive))
    try check(archive_write_add_filter_none(archive))
    // A tar's end is two blocks of zeros; padding to 10 KiB is for tapes.
    try check(archive_write_set_bytes_per_block(archive, 256 << 10))
    try check(archive_write_set_bytes_in_last_block(archive, 1))
    try check(
      archive_write_open(
        archive, Unmanaged.passUnretained(sink).toOpaque(), nil,
        { _, context, bytes, count in
          let sink = Unmanaged<Sink>.fromOpaque(context!).takeUnretainedValue()
          do {
            try sink.take(UnsafeRawBufferPointer(start: bytes, count: count))
            return count
          } catch {
            sink.failure = error
            return -1
          }
        }, nil))
  }

  deinit {
    archive_entry_free(entry)
    archive_write_free(archive)
  }

  /// Begins a name; exactly `size` bytes follow for a file.
  func add(_ what: Entry) throws {
    archive_entry_clear(entry)
    Self.text(what.name) { archive_entry_copy_pathname(entry, $0) }
    archive_entry_set_mode(entry, what.mode)
    archive_entry_set_uid(entry, la_int64_t(what.uid))
    archive_entry_set_gid(entry, la_int64_t(what.gid))
    archive_entry_set_mtime(entry, time_t(what.modified.seconds), CLong(what.modified.nanoseconds))
    if let target = what.target { Self.text(target) { archive_entry_copy_symlink(entry, $0) } }
    if let link = what.hardLink {
      Self.text(link) { archive_entry_copy_hardlink(entry, $0) }
    } else {
      archive_entry_set_size(entry, what.size)
    }
    if [0o020000, 0o060000].contains(what.mode & 0o170000) {
      archive_entry_set_rdevmajor(entry, dev_t(what.device.major))
      archive_entry_set_rdevminor(entry, dev_t(what.device.minor))
    }
    for (name, value) in what.attributes {
      value.withUnsafeBytes { archive_entry_xattr_add_entry(entry, name, $0.baseAddress, $0.count) }
    }
    for extent in what.extents { archive_entry_sparse_add_entry(entry, extent.offset, extent.length) }
    try check(archive_write_header(archive, entry))
  }

  /// Bytes of the file whose name was added last, those of its holes included.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let count = archive_write_data(archive, rest.baseAddress, rest.count)
      if count <= 0 { try check(count < 0 ? CInt(count) : ARCHIVE_FATAL) }
      rest = UnsafeRawBufferPointer(rebasing: rest[Int(count)...])
    }
  }

  /// A small file whole.
  func add(_ name: String, _ bytes: [UInt8], modified: FileTime = FileTime(seconds: 0, nanoseconds: 0)) throws {
    try add(Entry(name: Array(name.utf8), mode: 0o100644, size: Int64(bytes.count), modified: modified))
    try bytes.withUnsafeBytes { try write($0) }
  }

  /// Writes the end.
  func finish() throws { try check(archive_write_close(archive)) }

  private static func text(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> Void) {
    (bytes + [0]).withUnsafeBytes { body($0.bindMemory(to: CChar.self).baseAddress!) }
  }

  private func check(_ result: CInt) throws {
    if let failure = sink.failure { throw failure }
    // A name that is no UTF-8 is written as the bytes it is, with a warning.
    if result == ARCHIVE_OK || result == ARCHIVE_WARN { return }
    let words = archive_error_string(archive).map { String(cString: $0) } ?? "libarchive error \(result)"
    throw SyscallError(errno: archive_errno(archive), operation: "write a tar", detail: words)
  }
}

// What archives are packed by and layers never are: xz and bzip2, by libarchive, in the decompressing process.
internal import CArchive
internal import CContainrLinux
internal import ContainrSystem

/// Decompresses what no layer is packed by.
enum ForeignInflater {
  /// The word behind the hidden subcommand.
  enum Form: String {
    case xz, bzip2

    /// nil: it begins like something else.
    init?(magic: [UInt8]) {
      if magic.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a]) {
        self = .xz
      } else if magic.starts(with: Array("BZh".utf8)) {
        self = .bzip2
      } else {
        return nil
      }
    }
  }

  private static let size = 256 << 10

  /// Where the bytes come from: libarchive's callback state.
  private final class Source {
    let fd: CInt
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: ForeignInflater.size, alignment: 16)
    var read: Int64 = 0
    var hasFailed = false

    init(_ fd: CInt) { self.fd = fd }
    deinit { buffer.deallocate() }

    func next() -> Int {
      let count = cl_read(fd, buffer.baseAddress!, buffer.count)
      if count < 0 { hasFailed = true } else { read += Int64(count) }
      return count < 0 ? -1 : count
    }
  }

  /// Behind the walls already. One member after the other, as xz(1) and bzip2(1) do.
  static func inflate(from fd: CInt, to sink: CInt, _ form: Form, limits: UnpackLimits) -> LayerInflater.Ending {
    guard let archive = archive_read_new() else { return .memory }
    defer { archive_read_free(archive) }
    let support = form == .xz ? archive_read_support_filter_xz : archive_read_support_filter_bzip2
    // ARCHIVE_WARN would mean that an external program does the work: never.
    guard support(archive) == ARCHIVE_OK, archive_read_support_format_raw(archive) == ARCHIVE_OK else { return .system }
    let source = Source(fd)
    let output = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
    defer { output.deallocate() }
    let opened = archive_read_open2(
      archive, Unmanaged.passUnretained(source).toOpaque(), nil,
      { _, context, bytes in
        let source = Unmanaged<Source>.fromOpaque(context!).takeUnretainedValue()
        bytes?.pointee = UnsafeRawPointer(source.buffer.baseAddress)
        return source.next()
      }, nil, nil)
    func failure() -> LayerInflater.Ending {
      if source.hasFailed { return .system }
      let words = archive_error_string(archive).map { String(cString: $0) } ?? ""
      return words.lowercased().contains("truncated") ? .early : .damaged
    }
    var entry: OpaquePointer?
    guard opened == ARCHIVE_OK, archive_read_next_header(archive, &entry) == ARCHIVE_OK else { return failure() }
    // A file that is not what its first bytes say would come out as it went in.
    guard archive_filter_count(archive) == 2 else { return .damaged }
    var written: Int64 = 0
    while true {
      let count = archive_read_data(archive, output, size)
      if count < 0 { return failure() }
      if count == 0 { return withExtendedLifetime(source) { .done } }
      written += Int64(count)
      if written > limits.ratioFloor, written / limits.ratio > source.read { return .bomb }
      if written > limits.totalBytes { return .bomb }
      if let ending = LayerInflater.write(output, count, to: sink) { return ending }
    }
  }
}

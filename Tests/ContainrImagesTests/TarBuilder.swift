// Writes tar archives byte by byte, so that tests can say what no honest archiver would.
internal import CArchive

/// A tar in memory (ustar with pax headers).
struct TarBuilder {
  enum Compression { case none, gzip, zstd, xz }
  private(set) var bytes: [UInt8] = []

  /// One entry. `pax` records come before it; `size` is what the header claims.
  mutating func add(
    _ name: String, type: Character = "0", _ data: [UInt8] = [], link: String = "", mode: Int = 0o644, uid: Int = 0,
    gid: Int = 0, mtime: Int = 1_000_000_000, device: (Int, Int) = (0, 0), size: Int? = nil,
    pax: [(String, [UInt8])] = []
  ) {
    if !pax.isEmpty { record("pax", "x", Self.pax(pax), "", 0o644, 0, 0, 0, (0, 0), nil) }
    record(name, type, data, link, mode, uid, gid, mtime, device, size)
  }

  mutating func file(_ name: String, _ text: String = "", mode: Int = 0o644) {
    add(name, Array(text.utf8), mode: mode)
  }
  mutating func directory(_ name: String, mode: Int = 0o755) { add(name, type: "5", mode: mode) }
  mutating func symlink(_ name: String, to target: String) { add(name, type: "2", link: target, mode: 0o777) }
  mutating func hardLink(_ name: String, to target: String) { add(name, type: "1", link: target) }

  /// The whole archive with its end mark.
  var archive: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

  /// The archive through one of libarchive's own compressors.
  func compressed(_ how: Compression) -> [UInt8] { Self.compress(archive, how) }

  /// Any bytes so.
  static func compress(_ archive: [UInt8], _ how: Compression) -> [UInt8] {
    if how == .none { return archive }
    let writer = archive_write_new()!
    defer { archive_write_free(writer) }
    switch how {
    case .gzip:
      precondition(archive_write_add_filter_gzip(writer) == ARCHIVE_OK)
      // The same bytes at any time.
      precondition(archive_write_set_filter_option(writer, "gzip", "timestamp", nil) == ARCHIVE_OK)
    case .zstd: precondition(archive_write_add_filter_zstd(writer) == ARCHIVE_OK)
    default: precondition(archive_write_add_filter_xz(writer) == ARCHIVE_OK)
    }
    archive_write_set_format_raw(writer)
    archive_write_set_bytes_in_last_block(writer, 1)
    var out = [UInt8](repeating: 0, count: archive.count * 2 + 65536)
    var used = 0
    precondition(archive_write_open_memory(writer, &out, out.count, &used) == ARCHIVE_OK)
    let entry = archive_entry_new()
    archive_entry_set_filetype(entry, 0o100000)
    precondition(archive_write_header(writer, entry) == ARCHIVE_OK)
    precondition(archive_write_data(writer, archive, archive.count) == archive.count)
    archive_entry_free(entry)
    precondition(archive_write_close(writer) == ARCHIVE_OK)
    return Array(out.prefix(used))
  }

  private mutating func record(
    _ name: String, _ type: Character, _ data: [UInt8], _ link: String, _ mode: Int, _ uid: Int, _ gid: Int,
    _ mtime: Int,
    _ device: (Int, Int), _ size: Int?
  ) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: some Sequence<UInt8>, at offset: Int, _ room: Int) {
      for (index, byte) in text.prefix(room).enumerated() { header[offset + index] = byte }
    }
    func octal(_ value: Int, at offset: Int, _ digits: Int) {
      let text = String(value, radix: 8)
      put((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8, at: offset, digits)
    }
    put(name.utf8, at: 0, 100)
    octal(mode, at: 100, 7)
    octal(uid, at: 108, 7)
    octal(gid, at: 116, 7)
    octal(size ?? data.count, at: 124, 11)
    octal(mtime, at: 136, 11)
    put("        ".utf8, at: 148, 8)
    header[156] = type.asciiValue!
    put(link.utf8, at: 157, 100)
    put("ustar\u{0}00".utf8, at: 257, 8)
    octal(device.0, at: 329, 7)
    octal(device.1, at: 337, 7)
    octal(header.reduce(0) { $0 + Int($1) }, at: 148, 6)
    header[154] = 0
    bytes += header + data + [UInt8](repeating: 0, count: (512 - data.count % 512) % 512)
  }

  /// `length key=value\n`, where length counts itself.
  private static func pax(_ records: [(String, [UInt8])]) -> [UInt8] {
    records.flatMap { key, value in
      let rest = [UInt8](" \(key)=".utf8) + value + [10]
      var length = rest.count + 1
      while String(length).utf8.count + rest.count != length { length += 1 }
      return Array(String(length).utf8) + rest
    }
  }
}

/// security.capability of a file that may bind low ports (VFS_CAP_REVISION_2, CAP_NET_BIND_SERVICE).
let capability: [UInt8] = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]

// One entry of a tar as values of ours. Refuses numbers that do not fit.
internal import CArchive
internal import ContainrSystem

/// A borrowed entry of libarchive.
struct ArchiveEntry {
  private let entry: OpaquePointer
  init(_ entry: OpaquePointer) { self.entry = entry }

  enum Kind { case regular, directory, symlink, characterDevice, blockDevice, fifo }

  /// The name's bytes; empty if there is none.
  var name: [UInt8] { Self.bytes(archive_entry_pathname(entry)) ?? [] }
  /// The name of the file that this one is a hard link to.
  var hardLink: [UInt8]? { Self.bytes(archive_entry_hardlink(entry)) }
  var symlink: [UInt8]? { Self.bytes(archive_entry_symlink(entry)) }
  /// Permission bits with setuid, setgid and sticky.
  var mode: UInt32 { UInt32(archive_entry_perm(entry)) & 0o7777 }
  var size: Int64 { archive_entry_size_is_set(entry) != 0 ? Int64(archive_entry_size(entry)) : 0 }
  var device: (major: UInt32, minor: UInt32) {
    (
      UInt32(truncatingIfNeeded: archive_entry_rdevmajor(entry)),
      UInt32(truncatingIfNeeded: archive_entry_rdevminor(entry))
    )
  }
  /// nil: the archive does not say.
  var modified: FileTime? {
    if archive_entry_mtime_is_set(entry) == 0 { return nil }
    return FileTime(
      seconds: Int64(archive_entry_mtime(entry)),
      nanoseconds: UInt32(clamping: min(Int(archive_entry_mtime_nsec(entry)), 999_999_999)))
  }
  var hasACL: Bool { archive_entry_acl_types(entry) != 0 }

  /// nil for sockets and unknown types.
  var kind: Kind? {
    switch UInt32(archive_entry_filetype(entry)) {
    case 0o100000: .regular
    case 0o040000: .directory
    case 0o120000: .symlink
    case 0o020000: .characterDevice
    case 0o060000: .blockDevice
    case 0o010000: .fifo
    default: nil
    }
  }

  /// 0…2^32-2; anything else is an error, never a wrap (CVE-2024-40635).
  func owner() throws(UnpackError) -> (uid: UInt32, gid: UInt32) {
    let uid = archive_entry_uid(entry)
    let gid = archive_entry_gid(entry)
    guard let u = UInt32(exactly: uid), let g = UInt32(exactly: gid), u != .max, g != .max else {
      throw .refused("the entry \(UnpackError.quoted(name)) has the impossible owner \(uid):\(gid)")
    }
    return (u, g)
  }

  /// Extended attributes in the order of the archive.
  var attributes: [(name: String, value: [UInt8])] {
    var all: [(String, [UInt8])] = []
    archive_entry_xattr_reset(entry)
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var size = 0
    while archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK {
      guard let name else { continue }
      all.append((String(cString: name), Array(UnsafeRawBufferPointer(start: value, count: size))))
    }
    return all
  }

  private static func bytes(_ string: UnsafePointer<CChar>?) -> [UInt8]? {
    guard let string else { return nil }
    var length = 0
    while string[length] != 0 { length += 1 }
    return UnsafeRawBufferPointer(start: string, count: length).map { $0 }
  }
}

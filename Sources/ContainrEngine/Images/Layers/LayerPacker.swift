// A directory back into a tar: overlayfs's upper directory into a layer with whiteouts, or a plain tree. By descriptors;
// follows no symlink. The same tree makes the same bytes: names are sorted, times are the files' own.
internal import CContainrLinux
internal import ContainrSystem
public import SystemPackage

/// Packs trees.
public enum LayerPacker {
  /// What overlayfs's marks mean.
  public enum Form: Sendable {
    /// Whiteouts and opaque directories become those of the image-spec (layer.md).
    case layer
    /// There are none.
    case tree
    /// The same with access control lists, and with times to the nanosecond: who unpacks it is one of us.
    case volume
  }

  /// Whose the files are in the tar.
  public enum Owners: Sendable {
    /// Whose they are here.
    case kept
    /// 65536 ids from this one on are those of a container from 0 on; others stay as they are.
    case shifted(UInt32)
    /// The reverse: ids of a container become 65536 ids from this one on.
    case raised(UInt32)
    /// All belong to one.
    case given(uid: UInt32, gid: UInt32)

    func apply(_ uid: UInt32, _ gid: UInt32) -> (uid: UInt32, gid: UInt32) {
      switch self {
      case .kept: (uid, gid)
      case .shifted(let base): (Self.inside(uid, base), Self.inside(gid, base))
      case .raised(let base): (uid < 65536 ? base + uid : uid, gid < 65536 ? base + gid : gid)
      case .given(let uid, let gid): (uid, gid)
      }
    }

    /// What is given to somebody else runs with nobody's rights any more, as after chown(2).
    var dropsRights: Bool { if case .given = self { true } else { false } }

    private static func inside(_ id: UInt32, _ base: UInt32) -> UInt32 {
      id >= base && id - base < 65536 ? id - base : id
    }
  }

  /// What was left out, one line each: sockets, labels of this host.
  public struct Report: Sendable, Hashable {
    /// Sorted.
    public var omitted: [String] = []
    /// Names in the tar.
    public var entries = 0
  }

  /// Packs all that is below an open directory; borrows the descriptor. `prefix`: what every name begins with, and the
  /// root's own entry is left out where it is empty and `hasRoot` false. Throws what `take` throws, and SyscallError.
  public static func pack(
    _ directory: CInt, as form: Form, under prefix: String = "", hasRoot: Bool = true, owners: Owners = .kept,
    take: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Report {
    let readable = try Kernel.open(".", at: directory, [.readOnly, .directory])
    var walk = try Walk(
      form: form, owners: owners, writer: try TarWriter(take, isExact: form == .volume),
      marksAreFiles: form == .layer ? try OverlayMarks.areFiles(in: readable.raw) : false)
    let root = Array(prefix.utf8)
    if hasRoot { try walk.addDirectory(readable.raw, name: root.isEmpty ? Array("./".utf8) : root + [slash]) }
    try walk.descend(readable.raw, prefix: root.isEmpty ? [] : root + [slash], depth: 0)
    try walk.writer.finish()
    walk.report.omitted = walk.omitted.sorted()
    return walk.report
  }

  /// Packs one file, symbolic link or device `name` in an open directory as `tarName`.
  public static func pack(
    file name: FilePath.Component, in directory: CInt, as tarName: String, owners: Owners = .kept,
    take: @escaping (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Report {
    var walk = try Walk(form: .tree, owners: owners, writer: try TarWriter(take), marksAreFiles: false)
    try walk.add(name, in: directory, as: Array(tarName.utf8), depth: 0)
    try walk.writer.finish()
    walk.report.omitted = walk.omitted.sorted()
    return walk.report
  }

  private static let slash = UInt8(ascii: "/")

  /// One walk over a tree.
  private struct Walk {
    let form: Form
    let owners: Owners
    let writer: TarWriter
    var report = Report()
    var omitted: Set<String> = []
    /// The first name of each file that has several.
    private var links: [Inode: [UInt8]] = [:]
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)

    private let opaqueMark: String
    /// See `OverlayMarks`.
    private let marksAreFiles: Bool

    /// overlayfs gives files of its layers the numbers that they have there.
    private struct Inode: Hashable {
      var device: UInt64
      var number: UInt64
    }

    init(form: Form, owners: Owners, writer: TarWriter, marksAreFiles: Bool) throws(SyscallError) {
      self.marksAreFiles = marksAreFiles
      opaqueMark = try OverlayMarks.opaque()
      self.form = form
      self.owners = owners
      self.writer = writer
    }

    mutating func descend(_ directory: CInt, prefix: [UInt8], depth: Int) throws {
      if depth > 1024 {
        throw SyscallError(errno: 40, operation: "open", detail: "more than 1024 levels of directories")
      }
      let names = try Kernel.entries(in: directory).map { ($0, $0.bytes) }
      for (name, bytes) in names.sorted(by: { $0.1.lexicographicallyPrecedes($1.1) }) {
        try add(name, in: directory, as: prefix + bytes, depth: depth)
      }
    }

    mutating func add(_ name: FilePath.Component, in directory: CInt, as path: [UInt8], depth: Int) throws {
      let file = FilePath(name: name.bytes)
      let handle = try Kernel.open(file, at: directory, [.path, .noFollow])
      let status = try Kernel.status(at: handle.raw)
      if form == .layer, name.bytes.starts(with: OverlayMarks.prefix) {
        if marksAreFiles {
          if OverlayMarks.hidden(by: name.bytes) != nil { try mark(path) }
          return
        }
        omitted.insert("files named .wh.*, which in a layer would hide others")
        return
      }
      if form == .layer, status.isWhiteout {
        let hidden = path.lastIndex(of: slash).map { $0 + 1 } ?? 0
        try mark(Array(path[..<hidden]) + Array(".wh.".utf8) + Array(path[hidden...]))
        return
      }
      if status.isDirectory {
        let inner = try Kernel.open(file, at: directory, [.readOnly, .directory, .noFollow])
        try addDirectory(inner.raw, name: path + [slash])
        try descend(inner.raw, prefix: path + [slash], depth: depth + 1)
        return
      }
      if status.mode & 0o170000 == 0o140000 {
        omitted.insert("sockets, which no tar can hold")
        return
      }
      let owner = owners.apply(status.uid, status.gid)
      if owners.dropsRights, status.isCharacterDevice || status.isBlockDevice {
        omitted.insert("devices")
        return
      }
      let mode = owners.dropsRights ? status.mode & ~0o6000 : status.mode
      var entry = TarWriter.Entry(name: path, mode: mode, uid: owner.uid, gid: owner.gid)
      entry.modified = try Kernel.modificationTime(handle.raw)
      entry.device = (status.deviceMajor, status.deviceMinor)
      if status.links > 1 {
        let inode = Inode(device: status.device, number: status.inode)
        if let first = links[inode] {
          entry.hardLink = first
          report.entries += 1
          return try writer.add(entry)
        }
        links[inode] = path
      }
      report.entries += 1
      if status.isSymbolicLink {
        entry.target = try Kernel.linkTarget(file, at: directory)
        try writer.add(entry)
      } else if status.isRegular {
        try addFile(try Kernel.open(file, at: directory, [.readOnly, .noFollow, .nonBlocking]), entry)
      } else {
        try writer.add(entry)
      }
    }

    mutating func addDirectory(_ directory: CInt, name: [UInt8]) throws {
      let status = try Kernel.status(at: directory)
      let owner = owners.apply(status.uid, status.gid)
      var entry = TarWriter.Entry(name: name, mode: status.mode, uid: owner.uid, gid: owner.gid)
      entry.modified = try Kernel.modificationTime(directory)
      entry.attributes = try attributes(directory, name)
      try writer.add(entry)
      report.entries += 1
      guard form == .layer else { return }
      if try OverlayMarks.isOpaque(directory, by: opaqueMark, marksAreFiles: marksAreFiles) {
        try mark((name == Array("./".utf8) ? [] : name) + Array(".wh..wh..opq".utf8))
      }
    }

    private mutating func addFile(_ file: consuming OwnedFD, _ described: TarWriter.Entry) throws {
      var entry = described
      let status = try Kernel.status(at: file.raw)
      entry.size = Int64(clamping: status.size)
      entry.attributes = try attributes(file.raw, entry.name)
      entry.extents = extents(file.raw, entry.size)
      try writer.add(entry)
      // The holes as well: libarchive takes them out by the extents.
      var at: Int64 = 0
      while at < entry.size {
        let count = try Kernel.read(file.raw, into: &buffer, at: UInt64(at))
        if count == 0 {
          let name = UnpackError.quoted(entry.name)
          throw SyscallError(errno: 5, operation: "read", detail: "the file \(name) became shorter while it was read")
        }
        let some = Int(min(Int64(count), entry.size - at))
        try buffer.withUnsafeBytes { try writer.write(UnsafeRawBufferPointer(rebasing: $0[..<some])) }
        at += Int64(some)
      }
    }

    /// Where data is; empty: everywhere.
    private func extents(_ file: CInt, _ size: Int64) -> [(offset: Int64, length: Int64)] {
      var all: [(offset: Int64, length: Int64)] = []
      var at: Int64 = 0
      while at < size {
        let data = Int64(cl_lseek(file, off_t(at), 3))
        if data == -6 {  // ENXIO: a hole to the end, which the tar's size tells
          break
        }
        if data < 0 { return [] }  // a file system that does not know
        let hole = min(Int64(cl_lseek(file, off_t(data), 4)), size)
        if hole <= data { return [] }
        all.append((data, hole - data))
        at = hole
      }
      if all.count == 1, all[0].offset == 0, all[0].length == size { return [] }
      if all.isEmpty { return size == 0 ? [] : [(offset: size, length: Int64(0))] }
      return all
    }

    /// The attributes that a layer may hold. Marks of overlayfs that name other places cannot be told in a tar: an error.
    private mutating func attributes(_ file: CInt, _ name: [UInt8]) throws -> [(name: String, value: [UInt8])] {
      var names = [CChar](repeating: 0, count: 64 << 10)  // XATTR_LIST_MAX
      let result = names.withUnsafeMutableBufferPointer { cl_flistxattr(file, $0.baseAddress!, $0.count) }
      if result == -95 || result == 0 { return [] }
      let count = Int(try check(result, "flistxattr"))
      var all: [(name: String, value: [UInt8])] = []
      for part in names[..<count].split(separator: 0) {
        let key = String(decoding: part.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        switch key {
        case _ where key.hasPrefix("system.posix_acl_") && form == .volume:
          if key == "security.capability", owners.dropsRights { break }
          if let value = try Self.value(key, of: file) { all.append((key, unshifted(key, value))) }
        case "security.capability",
          _ where key.hasPrefix("user.") && !key.hasPrefix("user.overlay.") && !key.hasPrefix("user.fuseoverlayfs."):
          if let value = try Self.value(key, of: file) { all.append((key, value)) }
        case "trusted.overlay.redirect", "trusted.overlay.metacopy":
          throw SyscallError(
            errno: 95, operation: "pack a layer",
            detail: "\(UnpackError.quoted(name)) was moved by overlayfs with \(key), which no layer can tell")
        case _ where key.hasPrefix("trusted."): break
        case _ where key.hasPrefix("system.posix_acl"): omitted.insert("access control lists")
        default: omitted.insert("attributes \(key)")
        }
      }
      return all.sorted { $0.name < $1.name }
    }

    /// Capabilities that a container with ids of its own gave to a file name its root (VFS_CAP_REVISION_3); in the tar its
    /// root is everybody's (revision 2).
    private func unshifted(_ name: String, _ value: [UInt8]) -> [UInt8] {
      guard case .shifted(let base) = owners, name == "security.capability", value.count == 24, value[3] == 3 else {
        return value
      }
      let root = value[20..<24].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      if root != base { return value }
      return Array(value[0..<3]) + [2] + Array(value[4..<20])
    }

    private static func value(_ name: String, of file: CInt) throws -> [UInt8]? {
      var value = [UInt8](repeating: 0, count: 64 << 10)  // XATTR_SIZE_MAX
      let count = value.withUnsafeMutableBytes { cl_getxattr("/proc/self/fd/\(file)", name, $0.baseAddress!, $0.count) }
      if count == -61 { return nil }  // gone meanwhile
      return Array(value[..<Int(try check(count, "getxattr \(name)"))])
    }

    /// An empty file that means something to who unpacks the layer; without a time, so that it is always the same.
    private mutating func mark(_ name: [UInt8]) throws {
      try writer.add(TarWriter.Entry(name: name, mode: 0o100000))
      report.entries += 1
    }
  }
}

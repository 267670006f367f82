// The digest of a directory's contents: the same for two checkouts of one commit, another one for whatever a container
// would notice. Follows no symlink.
public import ContainrSystem
public import SystemPackage

extension ContentDigest {
  /// SHA-256 of a file's bytes, 64 lower-case hexadecimal digits.
  public static func file(_ path: FilePath) throws(SyscallError) -> String {
    let file = try Kernel.open(path, [.readOnly, .nonBlocking])
    return try SHA256.digest(of: file.raw)
  }

  /// SHA-256 of everything below a directory: names, kinds, contents of files, targets of symlinks, numbers of devices,
  /// whether files can be executed, and the set-id and sticky bits. Not owners, times and the other permissions: those
  /// differ between checkouts of the same. ELOOP for a tree of more than 256 levels.
  public static func tree(_ path: FilePath) throws(SyscallError) -> String {
    var hash = SHA256()
    let root = try Kernel.open(path, [.readOnly, .directory])
    try add(root.raw, prefix: [], depth: 0, to: &hash)
    return hash.finish()
  }

  private static func add(
    _ directory: CInt, prefix: [UInt8], depth: Int, to hash: inout SHA256
  ) throws(SyscallError) {
    if depth > 256 { throw SyscallError(errno: 40, operation: "open", detail: "more than 256 levels of directories") }
    let names = try Kernel.entries(in: directory).map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) }
    for name in names {
      let file = FilePath(name: name)
      let handle = try Kernel.open(file, at: directory, [.path, .noFollow])
      let status = try Kernel.status(at: handle.raw)
      let path = prefix + name
      /// One record: kind, bits that count, and the path; a NUL ends it, as no path has one.
      func record(_ kind: String, _ more: String = "") {
        hash.add(Array("\(kind) \(status.mode & 0o7000) \(more) ".utf8) + path + [0])
      }
      if status.isDirectory {
        record("directory")
        let inner = try Kernel.open(file, at: directory, [.readOnly, .directory, .noFollow])
        try add(inner.raw, prefix: path + [0x2f], depth: depth + 1, to: &hash)
      } else if status.isRegular {
        let content = try Kernel.open(file, at: directory, [.readOnly, .noFollow, .nonBlocking])
        let digest = try SHA256.digest(of: content.raw)
        record(status.mode & 0o111 == 0 ? "file" : "program", digest)
      } else if status.isSymbolicLink {
        record("symlink")
        hash.add(try Kernel.linkTarget(file, at: directory) + [0])
      } else {
        record("node", "\(status.mode & 0o170000) \(status.deviceMajor):\(status.deviceMinor)")
      }
    }
  }
}

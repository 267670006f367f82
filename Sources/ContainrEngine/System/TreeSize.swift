// How much a directory tree holds. By descriptor, a directory at a time, however deep it is. Looks only.
internal import CContainrLinux
internal import SystemPackage

extension Kernel {
  /// Bytes of all files and links below an open directory; one with several names counts once. No symlink is followed, no
  /// mount is entered. What goes meanwhile is left out, and so is what lies deeper than a path can be long (PATH_MAX).
  public static func treeSize(below directory: CInt) throws(SyscallError) -> UInt64 {
    var (size, linked) = (UInt64(0), Set<UInt64>())
    var pending: [FilePath] = ["."]
    while let path = pending.popLast() {
      do throws(SyscallError) {
        let folder = try Self.open(
          path, at: directory, [.readOnly, .directory, .noFollow], resolve: [.beneath, .noSymlinks, .noCrossDevice])
        for name in try entries(in: folder.raw) {
          guard let found = try entry(name, in: folder.raw) else { continue }
          if found.mode & 0o170000 == 0o040000 {
            pending.append(path.appending(name))
          } else if found.links == 1 || linked.insert(found.inode).inserted {
            size += found.size
          }
        }
      } catch {
        // ENOENT, ENOTDIR, ELOOP: it has gone, or is another by now. EXDEV: a mount. ENAMETOOLONG.
        if ![2, 18, 20, 36, 40].contains(error.errno) { throw error }
      }
    }
    return size
  }

  /// nil: it has gone. Without a path of it: there may be very many.
  private static func entry(_ name: FilePath.Component, in directory: CInt) throws(SyscallError) -> cl_stat? {
    var out = cl_stat()
    let result = name.withPlatformString { cl_statx(directory, $0, 0x100, &out) }
    if result == -2 { return nil }
    try check(result, "statx")
    return out
  }
}

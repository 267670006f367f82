// Giving a tree of the host the context of a container: `:z` and `:Z` of a volume. By descriptors: what is in it may be
// a container's, which may change it meanwhile.
internal import CContainrLinux
public import ContainrSystem
public import SystemPackage

/// The relabelling of one tree.
public enum FileRelabel {
  private static let attribute = "security.selinux"

  /// Directories whose contents are the system's: other programs of the host would lose them.
  private static let refused: Set<String> = [
    "/", "/bin", "/boot", "/dev", "/etc", "/etc/passwd", "/etc/pki", "/etc/shadow", "/home", "/lib", "/lib64", "/media",
    "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/var", "/var/lib", "/var/log",
    "/var/tmp",
  ]

  /// Refuses what would take the host's own files away from it.
  public static func check(_ path: FilePath) throws(SecurityError) {
    if refused.contains(path.lexicallyNormalized().string) {
      throw SecurityError(
        field: "volumes", value: path.string,
        reason: "`z` and `Z` would give the system's own files the container's label; mount a directory below it")
    }
  }

  /// Gives everything in the tree the label, within its file system and through no symlink; what has it already is left.
  /// Not `recursive`: the directory alone, for what will be made in it.
  public static func apply(
    _ label: SELinuxLabel, to path: FilePath, recursive: Bool = true
  ) throws(SyscallError) {
    let root = try Kernel.open(path, .path)
    let status = try Kernel.status(at: root.raw)
    // Of the descriptor itself: what the path meant when it was opened.
    try set(label, FilePath("/proc/self/fd/\(root.raw)"), path, follow: true)
    if recursive, status.isDirectory { try apply(label, below: root, path, status.mountID, depth: 0) }
  }

  private static func apply(
    _ label: SELinuxLabel, below parent: borrowing OwnedFD, _ path: FilePath, _ mount: UInt64, depth: Int
  ) throws(SyscallError) {
    if depth == 256 { throw SyscallError(errno: 40, operation: "relabel", path: path, detail: "over 256 levels deep") }
    let directory = try Kernel.open(".", at: parent.raw, [.readOnly, .directory, .noFollow])
    for name in try Kernel.entries(in: directory.raw) {
      do throws(SyscallError) {
        let child = try Kernel.open(FilePath(root: nil, [name]), at: directory.raw, [.path, .noFollow])
        let status = try Kernel.status(at: child.raw)
        // Another file system, mounted in it, has labels of its own.
        if status.mountID != mount { continue }
        // By its directory, since symlinks have no other way; put in its place meanwhile can be only what is there as well.
        try set(label, FilePath("/proc/self/fd/\(directory.raw)").appending(name), path.appending(name), follow: false)
        if status.isDirectory { try apply(label, below: child, path.appending(name), mount, depth: depth + 1) }
      } catch {
        if error.errno != 2 { throw error }  // it went away meanwhile
      }
    }
  }

  private static func set(
    _ label: SELinuxLabel, _ place: FilePath, _ path: FilePath, follow: Bool
  ) throws(SyscallError) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = place.withPlatformString { place in
      buffer.withUnsafeMutableBytes {
        (follow ? cl_getxattr : cl_lgetxattr)(place, attribute, $0.baseAddress, $0.count)
      }
    }
    if count > 0, let now = SELinuxLabel(String(decoding: buffer.prefix(count), as: UTF8.self)), now.isSame(as: label) {
      return
    }
    let text = label.description.utf8CString
    let result = place.withPlatformString { place in
      text.withUnsafeBytes { (follow ? cl_setxattr : cl_lsetxattr)(place, attribute, $0.baseAddress!, $0.count, 0) }
    }
    try ContainrSystem.check(result, "setxattr", path, detail: "label \(label)")
  }
}

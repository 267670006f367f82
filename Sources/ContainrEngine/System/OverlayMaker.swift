// Who can put layers over each other where a directory is. Decided by the kind of file system alone: nothing is tried out.
public import SystemPackage

/// The kernel takes layers to read from any file system, but one to write on only where names can be exchanged for whiteouts
/// and looked up without asking anybody (`ovl_get_workdir`, `ovl_dentry_weird` in fs/overlayfs). Elsewhere the program
/// fuse-overlayfs does it, outside of the container.
public enum OverlayMaker: Sendable, Hashable {
  case kernel
  /// `fileSystem` says what the directory is on.
  case server(fileSystem: String)
  /// Not even that: names of marks are not to be had on the file system of another server of overlays.
  case nobody(fileSystem: String)

  /// Whether it is the kernel.
  public var isKernel: Bool { self == .kernel }

  /// By statfs(2) and, where that does not settle it, mountinfo.
  public static func of(_ directory: CInt) throws(SyscallError) -> OverlayMaker {
    let type = try Kernel.fileSystemType(directory)
    let status = try Kernel.status(at: directory)
    // What has a block device below it is what it says.
    let isOnDevice = status.device & 0xFFFF_F000_000F_FF00 != 0
    if type == fuse || kinds[type] == nil && !isOnDevice {
      return of(type: type, mount: try typeAndSource(status.mountID))
    }
    return of(type: type, mount: nil)
  }

  /// By both, without looking. mountinfo's type counts for more: a server of 9P may say what it is on itself, as QEMU's does; and
  /// virtiofs has FUSE's number and can do all that the kernel needs, whereas the root of a container for which a server made
  /// it has that number and can do less.
  static func of(type: Int64, mount: (type: String, source: String)?) -> OverlayMaker {
    if mount?.type == "9p" { return .server(fileSystem: "9P") }
    guard let kind = kinds[type] else { return .kernel }
    if type == fuse, let mount {
      if mount.type == "virtiofs" { return .kernel }
      if mount.type == "fuse.fuse-overlayfs" || mount.source == "fuse-overlayfs" {
        return .nobody(fileSystem: "the file system of another fuse-overlayfs")
      }
    }
    return .server(fileSystem: kind)
  }

  /// The same of a directory that may not be there yet: of what will be above it.
  public static func of(future path: FilePath) throws(SyscallError) -> OverlayMaker {
    var place = path
    while try !Kernel.exists(place), place.removeLastComponent() {}
    let directory = try Kernel.open(place, [.path, .directory])
    return try of(directory.raw)
  }

  private static let fuse: Int64 = 0x6573_5546

  /// statfs(2) and linux/magic.h.
  private static let kinds: [Int64: String] = [
    0x794C_7630: "an overlay", fuse: "a FUSE file system", 0x6969: "NFS", 0xF15F: "eCryptfs", 0x0102_1997: "9P",
    0x00C3_6400: "Ceph", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB",
  ]

  private static func typeAndSource(_ mountID: UInt64) throws(SyscallError) -> (type: String, source: String)? {
    let mount = String(mountID)
    for line in try Kernel.text(of: "/proc/self/mountinfo").split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.first == mount[...], let dash = words.firstIndex(of: "-"), dash + 2 < words.count else { continue }
      return (String(words[dash + 1]), String(words[dash + 2]))
    }
    return nil
  }
}

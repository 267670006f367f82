// Where overlays keep their marks: a directory that hides what is below it in other layers, a name that is hidden.
public import SystemPackage

/// The extended attributes of overlayfs (Documentation/filesystems/overlayfs.rst, "Permission model" and "User xattr"): those
/// of `trusted.` nobody but root of the host's first user namespace may write. In any other one the mount has the option
/// `userxattr`, and the marks are `user.overlay.*`; without it no directory that is in a lower layer could be removed there,
/// and none made in its place.
///
/// Where not the kernel makes the overlays (`OverlayMaker`) neither these nor whiteouts can be made, and the marks are files, as
/// in the archives of the image-spec (layer.md, "Whiteouts"): so fuse-overlayfs writes and reads them.
public enum OverlayMarks {
  /// Whether this process's overlays are mounted with `userxattr`. /proc has to be there.
  public static func areOfUsers() throws(SyscallError) -> Bool { try Kernel.isInUserNamespace() }

  /// The attribute of a directory that hides what is below it; its value is `y`.
  public static func opaque(ofUsers: Bool) -> String { ofUsers ? "user.overlay.opaque" : "trusted.overlay.opaque" }

  /// The same for the layers of this process's overlays.
  public static func opaque() throws(SyscallError) -> String { opaque(ofUsers: try areOfUsers()) }

  /// Whether the marks of a layer's directory are files.
  public static func areFiles(in directory: CInt) throws(SyscallError) -> Bool {
    try !OverlayMaker.of(directory).isKernel
  }

  /// Whether a directory hides what is below it: by a file, where marks are files, or by an attribute, which is `opaque()`.
  public static func isOpaque(
    _ directory: CInt, by attribute: String, marksAreFiles: Bool
  ) throws(SyscallError) -> Bool {
    if marksAreFiles, try Kernel.exists(opaqueFile, at: directory) { return true }
    return try Kernel.attribute(attribute, of: directory) == [UInt8(ascii: "y")]
  }

  /// Such a file in a directory: it hides what is below in other layers.
  public static let opaqueFile: FilePath = ".wh..wh..opq"
  /// How the names of all marks begin.
  public static let prefix = Array(".wh.".utf8)

  /// The file beside a name that hides it.
  public static func hiding(_ name: FilePath) -> FilePath {
    FilePath(platformString: (prefix + bytes(of: name) + [0]).map { CChar(bitPattern: $0) })
  }

  /// The name that a mark of a layer hides; nil: it is no mark, or one that hides no name.
  public static func hidden(by name: [UInt8]) -> [UInt8]? {
    guard name.starts(with: prefix), !name.starts(with: prefix + prefix) else { return nil }
    return Array(name.dropFirst(prefix.count))
  }

  private static func bytes(of name: FilePath) -> [UInt8] {
    name.withPlatformString { pointer in
      var all: [UInt8] = []
      var at = pointer
      while at.pointee != 0 {
        all.append(UInt8(bitPattern: at.pointee))
        at += 1
      }
      return all
    }
  }
}

// Where overlayfs keeps its marks: a directory that hides what is below it in other layers, a renamed one.
internal import SystemPackage

/// The extended attributes of overlayfs (Documentation/filesystems/overlayfs.rst, "Permission model" and "User xattr"): those
/// of `trusted.` nobody but root of the host's first user namespace may write. In any other one the mount has the option
/// `userxattr`, and the marks are `user.overlay.*`; without it no directory that is in a lower layer could be removed there,
/// and none made in its place.
public enum OverlayMarks {
  /// Whether this process's overlays are mounted with `userxattr`. /proc has to be there.
  public static func areOfUsers() throws(SyscallError) -> Bool { try Kernel.isInUserNamespace() }

  /// The attribute of a directory that hides what is below it; its value is `y`.
  public static func opaque(ofUsers: Bool) -> String { ofUsers ? "user.overlay.opaque" : "trusted.overlay.opaque" }

  /// The same for the layers of this process's overlays.
  public static func opaque() throws(SyscallError) -> String { opaque(ofUsers: try areOfUsers()) }
}

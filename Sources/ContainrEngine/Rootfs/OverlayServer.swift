// The program that makes overlays where the kernel cannot (`OverlayMaker`), and its connection: fuse-overlayfs of Debian's package
// of that name. It is told a connection that is mounted already, so that the mount is ours: without a place, to be put where we
// want, and when it is gone the server ends by itself.
internal import CContainrLinux
public import ContainrSystem
public import SystemPackage

/// What there has to be for it, and the two ends of a new connection.
public enum OverlayServer {
  /// The program's name.
  public static let name = "fuse-overlayfs"
  static let device: FilePath = "/dev/fuse"
  /// Where the system has its programs; what a caller's PATH names does not get a container's files.
  private static let directories: [FilePath] = ["/usr/bin", "/usr/local/bin", "/bin", "/usr/sbin", "/usr/local/sbin"]

  /// nil: it is not installed.
  public static func find() throws(SyscallError) -> FilePath? {
    for directory in directories {
      let path = directory.appending(name)
      do throws(SyscallError) {
        let status = try Kernel.status(of: path)
        if status.isRegular, status.mode & 0o111 != 0 { return path }
      } catch {
        if error.errno != 2 && error.errno != 20 { throw error }
      }
    }
    return nil
  }

  /// What stands in its way here, and what to do about it; nil: nothing that can be seen.
  public static func obstacle() throws(SyscallError) -> (reason: String, help: String)? {
    if try find() == nil { return ("\(name) is not installed", "apt-get install \(name)") }
    do throws(SyscallError) {
      _ = try Kernel.open(device, .readWrite)
      return nil
    } catch {
      let why =
        error.errno == 2
        ? "is not there" : error.errno == 6 || error.errno == 19 ? "has no driver (modprobe fuse)" : "cannot be opened"
      return (
        "\(device) \(why)",
        "in a container: give it the device (--device \(device), or privileged); on a host: modprobe fuse, chmod 0666 \(device)"
      )
    }
  }

  /// A connection: the server's end, and the file system at the other one, without a place. Nothing of it answers before the
  /// server speaks; with the end of the mount the server's reads end, and with the end of the server's descriptor all who use
  /// the mount get ENOTCONN.
  public static func connect(isReadOnly: Bool, label: String? = nil) throws(SyscallError) -> OverlayConnection {
    // Of the same user namespace as the mount (fuse_fill_super).
    let server = try Kernel.open(device, .readWrite)
    let parameters = [
      MountParameter("fd", "\(server.raw)"), MountParameter("rootmode", "40000"), MountParameter("user_id", "0"),
      MountParameter("group_id", "0"),
      // For all users inside, by the modes and owners of the files.
      MountParameter("allow_other"), MountParameter("default_permissions"),
    ]
    let mount = try DetachedMount.filesystem(
      "fuse", parameters + DetachedMount.context(label, of: "fuse"),
      isReadOnly ? [.readOnly] : [], source: name)
    return OverlayConnection(server: server, mount: mount.release())
  }

  /// The program, found, with its words. `stays`: it does not go into the background.
  public static func command(
    _ overlay: ServedOverlay, device: CInt, stays: Bool
  ) throws(SyscallError) -> (program: FilePath, arguments: [String]) {
    guard let program = try find() else {
      throw SyscallError(errno: 2, operation: name, detail: "\(name) is not installed")
    }
    let keepsACLs = overlay.directories.allSatisfy { Kernel.mayHaveACL(FilePath($0)) }
    do throws(ServedOverlayError) {
      return (program, try overlay.arguments(device: device, program: name, stays: stays, keepsACLs: keepsACLs))
    } catch {
      throw SyscallError(errno: 22, operation: name, detail: error.description)
    }
  }

  /// The mount as the plan wants it, once the server answers.
  public static func finished(
    _ mount: consuming OwnedFD, _ place: ServedOverlay.Place
  ) throws(SyscallError) -> DetachedMount {
    switch place {
    case .root: return DetachedMount(taking: mount)
    case .target(_, let subpath):
      let whole = DetachedMount(taking: mount)
      guard let subpath else {
        try whole.set([.readOnly, .noSetuid, .noDevices], recursive: false)
        return whole
      }
      let part = try LayersMount.part(subpath, of: LayersView(taking: whole.release()))
      try part.set([.readOnly, .noSetuid, .noDevices], recursive: false)
      return part
    }
  }

  /// Writes the files of a container that leaves nothing into its writable layer, with the directories that keep links of the
  /// image out of the way of the runtime's mounts. Throws where the server could write nothing.
  public static func prepare(_ overlay: ServedOverlay) throws(SyscallError) {
    if let work = overlay.work { try tryWhiteout(in: FilePath(work)) }
    guard case .root(_, let files) = overlay.place, !files.isEmpty else { return }
    guard let upper = overlay.upper else {
      throw SyscallError(errno: 22, operation: name, detail: "files for a root that nobody writes on")
    }
    let directory = try Kernel.open(FilePath(upper), [.path, .directory])
    try InitLayer.fill(directory.raw, files)
  }

  /// Makes a whiteout and takes it away. EPERM and EOPNOTSUPP have the server write its marks as files; with any other error most of
  /// what it does fails.
  private static func tryWhiteout(in work: FilePath) throws(SyscallError) {
    let directory = try Kernel.open(work, [.path, .directory])
    let name: FilePath = ".whiteout"
    var failure: SyscallError?
    do throws(SyscallError) {
      try Kernel.makeNode(name, at: directory.raw, mode: 0o020000)
    } catch {
      if error.errno == 1 || error.errno == 95 { return }
      // EEXIST: of a start that was killed.
      if error.errno != 17 { failure = error }
    }
    // QEMU's server makes the file and fails afterwards.
    do throws(SyscallError) { try Kernel.remove(name, at: directory.raw) } catch { if error.errno != 2 { throw error } }
    if let failure {
      throw SyscallError(
        errno: failure.errno, operation: failure.operation, path: work,
        detail:
          "no special file can be made on this file system, which \(Self.name) needs (9P of QEMU: security_model=mapped-xattr)"
      )
    }
  }
}

/// Both ends of it.
public struct OverlayConnection: ~Copyable {
  /// What the server reads and answers.
  public let server: OwnedFD
  /// The file system's root, without a place.
  public let mount: OwnedFD

  /// Closes the server's end, which is the server's alone from here on: with its end all who wait for an answer get one.
  public consuming func takeMount() -> OwnedFD { mount }
}

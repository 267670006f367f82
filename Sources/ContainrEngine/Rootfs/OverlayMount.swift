// The overlay of the layers: any number of lower directories through `lowerdir+` (Linux 6.7), one joined string before.
internal import CContainrLinux
internal import ContainrSystem
internal import SystemPackage

/// Makes the root's overlay.
enum OverlayMount {
  /// Mounts the layers (highest first) at a host directory; answers the mount's descriptor.
  static func attach(
    _ lowers: [String], _ upper: String?, _ work: String?, at mountPoint: FilePath, passing: PassingLayer?,
    label: String? = nil, userNamespace: CInt? = nil
  ) throws(SyscallError) -> OwnedFD {
    var held: [SharedFD] = []
    var layers: [String] = []
    // What is mounted on the mount point must not hide what lies below it.
    func isHidden(_ path: String) -> Bool { passing != nil && FilePath(path).starts(with: mountPoint) }
    for lower in lowers {
      if let userNamespace {
        layers.append(try mapped(lower, userNamespace, &held))
      } else {
        layers.append(try reference(lower, &held, always: isHidden(lower)))
      }
    }
    var writable: [String] = []
    if let upper, let work {
      writable = [
        try reference(upper, &held, always: isHidden(upper)), try reference(work, &held, always: isHidden(work)),
      ]
    }
    if let passing {
      // Attached, since before Linux 6.15 a mount without a place cannot be a layer; the root goes on top of it.
      let layer = try InitLayer.inMemory(passing, label: label)
      try layer.attach(onto: try Kernel.open(mountPoint, [.path, .directory]))
      held.append(SharedFD(layer.release()))
      layers.insert("/proc/self/fd/\(held[held.count - 1].raw)", at: 0)
    }
    var parameters = layers.map { MountParameter("lowerdir+", $0) }
    if !writable.isEmpty {
      parameters.append(MountParameter("upperdir", writable[0]))
      parameters.append(MountParameter("workdir", writable[1]))
      // Linux 5.10. Without it the end of the mount writes back all of the file system that the layer is on.
      if passing != nil { parameters.append(MountParameter("volatile")) }
    }
    if try OverlayMarks.areOfUsers() { parameters.append(MountParameter("userxattr")) }
    parameters += DetachedMount.context(label, of: "overlay")
    do throws(SyscallError) {
      let mount = try DetachedMount.filesystem("overlay", parameters, [])
      try mount.attach(onto: try Kernel.open(mountPoint, [.path, .directory]))
      return mount.release()
    } catch {
      // EINVAL for the unknown parameter of an older kernel, which before Linux 6.5 looks at parameters only when the file
      // system is created; a real fault fails below again, with its own words.
      if error.errno != 22 || !error.operation.hasPrefix("fsconfig") { throw error }
    }
    return try attachJoined(layers, parameters.dropFirst(layers.count), at: mountPoint)
  }

  /// mount(2) with the layers joined by colons, for kernels without `lowerdir+`.
  static func attachJoined(
    _ layers: [String], _ others: ArraySlice<MountParameter>, at mountPoint: FilePath
  ) throws(SyscallError) -> OwnedFD {
    // A context has commas of its own.
    let words =
      ["lowerdir=\(layers.joined(separator: ":"))"]
      + others.map { $0.key == "context" ? "context=\"\($0.value ?? "")\"" : $0.text }
    let data = words.joined(separator: ",")
    if data.utf8.count > 4095 {
      throw SyscallError(errno: 7, operation: "mount(overlay)", detail: "too many layers for this kernel: use fewer")
    }
    try check(
      mountPoint.withPlatformString { cl_mount("overlay", $0, "overlay", 0, data) }, "mount(overlay)", mountPoint)
    return try Kernel.open(mountPoint, [.path, .directory])
  }

  /// A layer with the ids of a user namespace. Attached over itself, in the mount namespace of whoever makes it: before
  /// Linux 6.15 a mount without a place cannot be a layer.
  static func mapped(
    _ path: String, _ userNamespace: CInt, _ held: inout [SharedFD]
  ) throws(SyscallError) -> String {
    let tree = try DetachedMount.clone(FilePath(path), recursive: false)
    do throws(SyscallError) {
      try tree.map(userNamespace, recursive: false)
    } catch {
      throw SyscallError(errno: error.errno, operation: error.operation, path: FilePath(path), detail: error.detail)
    }
    try tree.attach(onto: try Kernel.open(FilePath(path), [.path, .directory]))
    held.append(SharedFD(tree.release()))
    return "/proc/self/fd/\(held[held.count - 1].raw)"
  }

  /// The path as the kernel's option parser takes it: fsconfig(2) cuts at 256 bytes and overlayfs gives `\`, `:` and
  /// `,` a meaning, so such a directory is opened and named by its descriptor, which lives in `held`.
  private static func reference(
    _ path: String, _ held: inout [SharedFD], always: Bool = false
  ) throws(SyscallError) -> String {
    let special = path.utf8.contains { $0 == 0x5C || $0 == 0x3A || $0 == 0x2C }
    if !always, !special, path.utf8.count < 128 { return path }
    let fd = SharedFD(try Kernel.open(FilePath(path), [.path, .directory]))
    held.append(fd)
    return "/proc/self/fd/\(fd.raw)"
  }
}

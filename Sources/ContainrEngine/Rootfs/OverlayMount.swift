// The overlay of the layers: any number of lower directories through `lowerdir+` (Linux 6.7), one joined string before.
internal import CContainrLinux
internal import ContainrSystem
internal import SystemPackage

/// Makes the root's overlay.
enum OverlayMount {
  /// Mounts the layers (highest first) at a host directory; answers the mount's descriptor.
  static func attach(
    _ lowers: [String], _ upper: String?, _ work: String?, at mountPoint: FilePath, isPassing: Bool
  ) throws(SyscallError) -> OwnedFD {
    var held: [SharedFD] = []
    var layers: [String] = []
    for lower in lowers { layers.append(try reference(lower, &held)) }
    var parameters = layers.map { MountParameter("lowerdir+", $0) }
    if let upper, let work {
      parameters.append(MountParameter("upperdir", try reference(upper, &held)))
      parameters.append(MountParameter("workdir", try reference(work, &held)))
      // Linux 5.10. Without it the end of the mount writes back all of the file system that the layer is on.
      if isPassing { parameters.append(MountParameter("volatile")) }
    }
    do throws(SyscallError) {
      let mount = try DetachedMount.filesystem("overlay", parameters, [])
      try mount.attach(onto: try Kernel.open(mountPoint, [.path, .directory]))
      return mount.release()
    } catch {
      // EINVAL for the unknown parameter of an older kernel; a real fault fails below again, with its own words.
      if error.errno != 22 || error.operation != "fsconfig" { throw error }
    }
    return try attachJoined(layers, parameters.dropFirst(layers.count), at: mountPoint)
  }

  /// mount(2) with the layers joined by colons, for kernels without `lowerdir+`.
  static func attachJoined(
    _ layers: [String], _ others: ArraySlice<MountParameter>, at mountPoint: FilePath
  ) throws(SyscallError) -> OwnedFD {
    let words = ["lowerdir=\(layers.joined(separator: ":"))"] + others.map(\.text)
    let data = words.joined(separator: ",")
    if data.utf8.count > 4095 {
      throw SyscallError(errno: 7, operation: "mount(overlay)", detail: "too many layers for this kernel: use fewer")
    }
    try check(
      mountPoint.withPlatformString { cl_mount("overlay", $0, "overlay", 0, data) }, "mount(overlay)", mountPoint)
    return try Kernel.open(mountPoint, [.path, .directory])
  }

  /// The path as the kernel's option parser takes it: fsconfig(2) cuts at 256 bytes and overlayfs gives `\`, `:` and
  /// `,` a meaning, so such a directory is opened and named by its descriptor, which lives in `held`.
  private static func reference(_ path: String, _ held: inout [SharedFD]) throws(SyscallError) -> String {
    let special = path.utf8.contains { $0 == 0x5C || $0 == 0x3A || $0 == 0x2C }
    if !special, path.utf8.count < 128 { return path }
    let fd = SharedFD(try Kernel.open(FilePath(path), [.path, .directory]))
    held.append(fd)
    return "/proc/self/fd/\(fd.raw)"
  }
}

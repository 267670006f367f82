// Without pivot_root the host's tree stays in the mount namespace, below the container's root. A whole procfs or sysfs in it
// would let a user namespace inside mount one of its own without what is masked (the kernel asks only whether a whole one
// is there already). So they are taken out of this namespace first.
internal import CContainrLinux
internal import ContainrSystem
internal import SystemPackage

enum KernelMounts {
  /// Unmounts every procfs and sysfs of this mount namespace that does not stand below `root`, the last one first.
  static func remove(butBelow root: String) throws(SyscallError) {
    let text = try Kernel.text(of: "/proc/self/mountinfo")
    for point in points(mountinfo: text, butBelow: root).reversed() {
      let result = point.withCString { cl_umount2($0, 2 | 8) }  // MNT_DETACH | UMOUNT_NOFOLLOW
      // EINVAL: it went with another one.
      if result != -22 && result != -2 { try check(result, "umount2(MNT_DETACH)", FilePath(point)) }
    }
  }

  /// The mount points, in the order of the text (proc_pid_mountinfo(5)). Pure.
  static func points(mountinfo: String, butBelow root: String) -> [String] {
    var points: [String] = []
    for line in mountinfo.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 1, fields.count > 4 else { continue }
      let point = MountInfo.unescaped(fields[4])
      if ["proc", "sysfs"].contains(fields[dash + 1]), !point.hasPrefix(root + "/") { points.append(point) }
    }
    return points
  }
}

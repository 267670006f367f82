// The mount API of Linux 5.2 and later: mounts are built without a place, then moved onto a descriptor.
// No function here takes a path below a container's root.
internal import CContainrLinux
public import ContainrSystem
internal import SystemPackage

/// A mount's descriptor. Detached until it is attached; after that the mount lives on without the descriptor.
public struct DetachedMount: ~Copyable {
  /// The mount's root.
  public let fd: OwnedFD
  private static let emptyPath: CInt = 0x1000  // AT_EMPTY_PATH
  private static let recursive: CInt = 0x8000  // AT_RECURSIVE

  /// Takes the descriptor of a mount.
  public init(taking fd: consuming OwnedFD) { self.fd = fd }

  /// Gives the descriptor away.
  public consuming func release() -> OwnedFD { fd }

  /// The SELinux context of all files of a new file system; none for types whose files have contexts by their names.
  static func context(_ label: String?, of type: String) -> [MountParameter] {
    guard let label, ["overlay", "tmpfs", "devpts", "fuse"].contains(type) else { return [] }
    return [MountParameter("context", label)]
  }

  /// The SELinux context of the root directory of a file system that is its namespace's already, so that the mount cannot
  /// bring one.
  func setContext(_ label: String) throws(SyscallError) {
    let text = label.utf8CString
    try check(
      text.withUnsafeBytes { cl_setxattr("/proc/self/fd/\(fd.raw)", "security.selinux", $0.baseAddress!, $0.count, 0) },
      "setxattr", detail: "label \(label)")
  }

  /// A new file system: fsopen, fsconfig for each parameter, fsmount. The kernel's own words go into the error.
  static func filesystem(
    _ type: String, _ parameters: [MountParameter], _ attributes: MountAttributes, source: String? = nil
  ) throws(SyscallError) -> DetachedMount {
    let context = OwnedFD(taking: try check(type.withCString { cl_fsopen($0, 1) }, "fsopen", detail: type))
    // What mount(8) and df(1) show in the first column.
    for parameter in [MountParameter("source", source ?? type)] + parameters {
      let result = parameter.key.withCString { key in
        if let value = parameter.value {
          value.withCString { cl_fsconfig(context.raw, 1, key, $0, 0) }  // FSCONFIG_SET_STRING
        } else {
          cl_fsconfig(context.raw, 0, key, nil, 0)  // FSCONFIG_SET_FLAG
        }
      }
      if result < 0 {
        // The group of terminals, where this user namespace has no such number: then they are their owner's.
        if result == -22, type == "devpts", parameter.key == "gid" { continue }
        // mount(2) has a flag for it, which this interface lacks: most file systems count versions unasked, and know no word for it.
        if result == -22, parameter == MountParameter("iversion", nil) { continue }
        throw explained(result, "fsconfig", "\(type) \(parameter.key)=\(parameter.value ?? "")", context.raw)
      }
    }
    let created = cl_fsconfig(context.raw, 6, nil, nil, 0)  // FSCONFIG_CMD_CREATE
    if created < 0 { throw explained(created, "fsconfig(CREATE)", type, context.raw) }
    let mount = cl_fsmount(context.raw, 1, UInt32(attributes.rawValue))
    if mount < 0 { throw explained(mount, "fsmount", type, context.raw) }
    return DetachedMount(taking: OwnedFD(taking: mount))
  }

  /// A copy of the mount at a host path, of this mount namespace.
  static func clone(_ path: FilePath, recursive: Bool, follow: Bool = true) throws(SyscallError) -> DetachedMount {
    try tree(Kernel.currentDirectory, path, follow ? 0 : 0x100, recursive)  // AT_SYMLINK_NOFOLLOW
  }

  /// A copy of the mount that a descriptor stands on.
  static func clone(_ descriptor: CInt, recursive: Bool) throws(SyscallError) -> DetachedMount {
    try tree(descriptor, "", emptyPath, recursive)
  }

  /// Sets flags and propagation; `recursive` for all mounts of the tree.
  func set(
    _ attributes: MountAttributes, propagation: MountPropagation = .privately, recursive: Bool
  ) throws(SyscallError) {
    try Self.set(fd.raw, attributes, propagation: propagation, recursive: recursive)
  }

  /// The same for the mount of any descriptor.
  static func set(
    _ descriptor: CInt, _ attributes: MountAttributes, propagation: MountPropagation, recursive: Bool
  ) throws(SyscallError) {
    let clear = attributes.rawValue & MountAttributes.accessTimeMask == 0 ? 0 : MountAttributes.accessTimeMask
    try check(
      cl_mount_setattr(
        descriptor, "", UInt32(emptyPath | (recursive ? Self.recursive : 0)), attributes.rawValue, clear,
        propagation.flag, -1), "mount_setattr", detail: attributes.names.joined(separator: ","))
  }

  /// Sets and clears flags exactly; propagation 0 leaves it.
  static func change(
    _ descriptor: CInt, set: MountAttributes, clear: MountAttributes, propagation: UInt64 = 0, recursive: Bool
  ) throws(SyscallError) {
    var cleared = clear.rawValue
    // One of the access-time values is chosen by clearing all of them.
    if (set.rawValue | cleared) & MountAttributes.accessTimeMask != 0 { cleared |= MountAttributes.accessTimeMask }
    try check(
      cl_mount_setattr(
        descriptor, "", UInt32(emptyPath | (recursive ? Self.recursive : 0)), set.rawValue, cleared, propagation, -1),
      "mount_setattr", detail: (set.names + clear.names.map { "-\($0)" }).joined(separator: ","))
  }

  /// Shows the files with the ids of a user namespace (MOUNT_ATTR_IDMAP); only before the mount has a place.
  func map(_ userNamespace: CInt, recursive: Bool) throws(SyscallError) {
    let result = cl_mount_setattr(
      fd.raw, "", UInt32(Self.emptyPath | (recursive ? Self.recursive : 0)), 0x0010_0000, 0, 0, userNamespace)
    try check(result, "mount_setattr(IDMAP)", detail: result == -22 ? "this file system has no idmapped mounts" : nil)
  }

  /// Puts the mount onto the file or directory that `target` stands on.
  public func attach(onto target: borrowing OwnedFD) throws(SyscallError) {
    try check(cl_move_mount(fd.raw, "", target.raw, "", 0x44), "move_mount")  // F_EMPTY_PATH | T_EMPTY_PATH
  }

  private static func tree(
    _ directory: CInt, _ path: FilePath, _ flags: CInt, _ recursive: Bool
  ) throws(SyscallError) -> DetachedMount {
    // OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC
    let all = UInt32(1 | cl_O_CLOEXEC() | flags | (recursive ? Self.recursive : 0))
    let fd = path.withPlatformString { cl_open_tree(directory, $0, all) }
    return DetachedMount(taking: OwnedFD(taking: try check(fd, "open_tree", path)))
  }

  /// The error with what the kernel wrote into the context's log (`e overlay: …`).
  private static func explained(_ result: CInt, _ call: String, _ what: String, _ context: CInt) -> SyscallError {
    var words: [String] = [what]
    var buffer = [UInt8](repeating: 0, count: 512)
    while true {
      let count = buffer.withUnsafeMutableBytes { cl_read(context, $0.baseAddress!, $0.count) }
      if count <= 0 { break }
      words.append(String(decoding: buffer.prefix(count), as: UTF8.self))
    }
    return SyscallError(errno: -result, operation: call, detail: words.joined(separator: "; "))
  }
}

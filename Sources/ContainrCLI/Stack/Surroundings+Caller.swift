// Who starts a stack: behind sudo(8), or in namespaces of the user's own.
internal import ContainrForeground
internal import ContainrSystem

extension Surroundings {
  /// The user as this process sees it; nil: root by itself.
  func caller() throws -> (uid: UInt32, gid: UInt32)? {
    if uid != 0 { return nil }
    // There the user appears as root.
    if variable(RootlessEntry.mark) != nil, try Kernel.isInUserNamespace() { return (0, 0) }
    guard let user = variable("SUDO_UID").flatMap({ UInt32($0) }), user != 0,
      let group = variable("SUDO_GID").flatMap({ UInt32($0) })
    else { return nil }
    return (user, group)
  }
}

// `linux.devices` in the container's /dev: nodes by descriptor, or, without rights over devices, the host's own nodes.
internal import ContainrOCI
internal import ContainrSystem
internal import SystemPackage

extension OCIDevice {
  /// S_IFBLK, S_IFIFO or S_IFCHR.
  var nodeType: UInt32 {
    switch type {
    case "b": 0o060000
    case "p": 0o010000
    default: 0o020000
    }
  }
}

extension ContainerRoot {
  /// Makes a node. What stands there already must be the device that is meant. The umask must be 0.
  func makeNode(_ device: OCIDevice, bound: Bool) throws(SyscallError) {
    let path = FilePath(device.path)
    guard let name = path.lastComponent else { throw SyscallError(errno: 22, operation: "mknodat", path: path) }
    let directory = try deviceDirectory(path.above)
    let file = FilePath(name.string)
    let isDevice = device.type != "p"
    if bound, isDevice { return try bindNode(device, file, in: directory.raw) }
    let type = device.nodeType
    do throws(SyscallError) {
      try Kernel.makeNode(
        file, at: directory.raw, mode: type | (device.fileMode ?? 0o666) & 0o7777, major: device.major,
        minor: device.minor)
    } catch {
      if error.errno == 1, isDevice { return try bindNode(device, file, in: directory.raw) }
      if error.errno != 17 { throw error }
      return try reuse(device, file, in: directory.raw, type)
    }
    if device.uid ?? 0 != 0 || device.gid ?? 0 != 0 {
      try Kernel.changeOwner(file, at: directory.raw, uid: device.uid ?? 0, gid: device.gid ?? 0)
    }
  }

  /// A directory for nodes. /dev itself is never reached through a symlink: what stands there is the image's.
  private func deviceDirectory(_ path: FilePath) throws(SyscallError) -> OwnedFD {
    if path == "/dev", let there = try openLink("/dev"), try Kernel.status(at: there.raw).isSymbolicLink {
      throw SyscallError(errno: 40, operation: "openat2", path: path, detail: "a symlink stands there")
    }
    return try makeDirectory(path)
  }

  private func openLink(_ path: FilePath) throws(SyscallError) -> OwnedFD? {
    do throws(SyscallError) {
      return try open(path, [.path, .noFollow])
    } catch {
      if error.errno == 2 { return nil }
      throw error
    }
  }

  private func reuse(_ device: OCIDevice, _ file: FilePath, in directory: CInt, _ type: UInt32) throws(SyscallError) {
    let there = try Kernel.open(file, at: directory, [.path, .noFollow], resolve: [.beneath, .noSymlinks])
    let status = try Kernel.status(at: there.raw)
    let isSame = status.deviceMajor == device.major && status.deviceMinor == device.minor
    guard status.mode & 0o170000 == type, type == 0o010000 || isSame else {
      throw SyscallError(
        errno: 17, operation: "mknodat", path: FilePath(device.path), detail: "something else stands there")
    }
    // By descriptor and its name in /proc: fchmodat(2) of an O_PATH descriptor needs Linux 6.6.
    let wanted = device.fileMode ?? 0o666
    if status.mode & 0o7777 != wanted & 0o7777 {
      try Kernel.changeMode(of: FilePath("/proc/self/fd/\(there.raw)"), mode: wanted & 0o7777)
    }
    if let uid = device.uid, let gid = device.gid, (uid, gid) != (status.uid, status.gid) {
      try Kernel.changeOwner(at: there.raw, uid: uid, gid: gid)
    }
  }

  private func bindNode(_ device: OCIDevice, _ file: FilePath, in directory: CInt) throws(SyscallError) {
    let tree = try DeviceDirectory.hostNode(
      FilePath(device.hostPath ?? device.path), device.type == "b" ? "b" : "c", device.major, device.minor)
    do throws(SyscallError) {
      _ = try Kernel.open(file, at: directory, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600)
    } catch {
      if error.errno != 17 { throw error }
    }
    try tree.attach(
      onto: try Kernel.open(file, at: directory, [.path, .noFollow], resolve: [.beneath, .noSymlinks]))
  }

  /// fd, stdin, stdout, stderr, ptmx and, as far as nothing is there, nothing else.
  func makeDeviceLinks() throws(SyscallError) {
    let directory = try deviceDirectory("/dev")
    for link in DeviceDirectory.links {
      do throws(SyscallError) {
        try Kernel.makeSymlink(link.name, to: link.target, at: directory.raw)
      } catch {
        if error.errno == 17 { continue }
        throw error
      }
    }
  }
}

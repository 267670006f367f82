// What both ways of starting a container ask the host.
internal import ContainrCgroups
internal import ContainrOCI
internal import ContainrRootfs
internal import ContainrSecurity
internal import ContainrSystem
internal import SystemPackage

extension Cgroup {
  /// The file that counts how often the OOM killer struck, open: `memory.events` or v1's `memory.oom_control`. nil where
  /// nothing counts.
  func killCounter() throws(SyscallError) -> SharedFD? {
    guard let counter = path("memory", mounts.layout == .v2 ? "memory.events" : "memory.oom_control") else {
      return nil
    }
    do throws(SyscallError) {
      return SharedFD(try Kernel.open(counter))
    } catch {
      if error.errno == 2 { return nil }  // a v2 tree without the memory controller counts nothing
      throw error
    }
  }

  /// The files that tell of the OOM killer, open: what counts (`memory.events`, v1's `memory.oom_control`), the limit, and v1's
  /// eventfd. nil where nothing counts.
  func killFiles() throws(SyscallError) -> (counter: SharedFD, limit: SharedFD, notice: SharedFD?)? {
    let isUnified = mounts.layout == .v2
    guard let counter = try killCounter(), let path = path("memory", isUnified ? "memory.max" : "memory.limit_in_bytes")
    else { return nil }
    do throws(SyscallError) {
      let limit = SharedFD(try Kernel.open(path))
      if isUnified { return (counter, limit, nil) }
      let notice = SharedFD(try Kernel.eventDescriptor())
      try Kernel.write("\(notice.raw) \(counter.raw)", into: path.above.appending("cgroup.event_control"))
      return (counter, limit, notice)
    } catch {
      if error.errno == 2 { return nil }  // a v2 tree without the memory controller counts nothing
      throw error
    }
  }
}

extension SecurityModules {
  /// Refuses a container with labels that this kernel cannot give, before anything of it is made.
  static func require(_ config: ContainerConfig) throws(RuntimeError) {
    let (process, mount) = (config.spec.process, config.spec.linux.mountLabel)
    if process.apparmorProfile == nil, process.selinuxLabel == nil, mount == nil { return }
    let modules: SecurityModules
    do throws(SyscallError) { modules = try ofHost() } catch {
      throw RuntimeError(container: config.id, stage: "look for security modules", error)
    }
    do throws(SecurityError) {
      try modules.check(
        apparmorProfile: process.apparmorProfile, selinuxLabel: process.selinuxLabel, mountLabel: mount)
    } catch {
      throw RuntimeError(container: config.id, stage: "plan the container", message: error.description)
    }
  }
}

extension RootSwitch {
  /// pivot_root cannot work when the root is the initramfs (TMPFS or RAMFS as the first mount without a parent).
  static func ofHost() throws(SyscallError) -> RootSwitch {
    let root = try Kernel.open("/", [.path, .directory])
    let type = try Kernel.fileSystemType(root.raw)
    return type == 0x8584_58F6 ? .chroot : .pivotRoot  // RAMFS_MAGIC
  }
}

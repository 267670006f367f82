// The end of a stack, and of what interrupted runs left.
internal import ContainrCgroups
internal import ContainrHost
internal import ContainrImages
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension ChangeRunner {
  func remove(_ leftover: ObservedLeftover) throws(EngineError) {
    do {
      switch leftover.kind {
      case .container:
        let path = "\(settings.cgroup(stack: stack))/\(leftover.name)"
        let cgroup = Cgroup(mounts: engine.cgroups, path: path)
        try cgroup.kill()
        try engine.runtime.delete(leftover.name, cgroupPath: path)
        try cgroup.remove()
        try Kernel.removeTree(settings.containerState(leftover.name))
        try engine.files.remove(leftover.name)
      case .cgroup: try Cgroup(mounts: engine.cgroups, path: leftover.name).remove()
      case .link: try starter.links.deleteLink(name: leftover.name)
      case .directory: try Kernel.removeTree(FilePath(leftover.name))
      case .supervisor: try engine.stopSupervisor(stack)
      }
    } catch {
      throw EngineError(.kernel, "remove what is left of \(leftover.name): \(error)")
    }
  }

  /// The stack's last traces: cgroup, run directory, row; and with the last stack everything of ours on this host.
  func removeStack() throws(EngineError) {
    do {
      try Cgroup(mounts: engine.cgroups, path: settings.cgroup(stack: stack)).remove()
      try Kernel.removeTree(settings.stackRun(stack))
    } catch {
      throw EngineError(.kernel, "remove stack \(stack): \(error)")
    }
    try write([.removeStack(stack)], "removed stack \(stack)")
    try StackLock.withHost(settings) { () throws(EngineError) in try removeWhatNobodyUses() }
  }

  private func removeWhatNobodyUses() throws(EngineError) {
    let contents: StoreContents
    do { contents = try store.contents() } catch { throw EngineError(error) }
    try engine.releaseVolumes(contents)
    do {
      try engine.imageStore.pruneLayers(
        keeping: Set(contents.containers.flatMap(\.layers).compactMap { LayerDigest($0) }))
      if contents.stacks.isEmpty {
        try Runtime.removeInitLayer(at: settings.initLayer)
        try DefaultProfile(settings).remove()
        try Kernel.removeTree(settings.seccompDirectory)
      }
    } catch {
      throw EngineError(.kernel, "remove stack \(stack): \(error)")
    }
    if !contents.isEmpty { return }
    settings.failpoint?("store:remove:before")
    // Everybody else who wants to write opens the store under this lock and finds it gone.
    store.close()
    do { try Store.remove(directory: settings.stateDirectory) } catch { throw EngineError(error) }
    settings.failpoint?("store:remove:after")
  }
}

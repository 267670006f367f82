// Other files under paths of a container that runs.
internal import ContainrInit
public import ContainrRootfs
internal import ContainrSystem
internal import SystemPackage

extension Runtime {
  /// Puts other files in the place of mounted ones; each path leads to the old or the new file at any moment. Programs
  /// that have the old one open keep it.
  public func replace(_ replacements: [MountReplacement], in id: String) throws(RuntimeError) {
    if replacements.isEmpty { return }
    let directory = try RunDirectory(runDirectory, id)
    let running = try running(directory)
    let session = try ShimSession(binary, "replace", directory)
    do throws(RuntimeError) {
      let plan = ReplacePlan(rootSwitch: try directory.joinRecord().rootSwitch, replacements: replacements)
      var writer = WireWriter()
      plan.encode(to: &writer)
      try directory.attempt("replace a file") { () throws(SyscallError) in
        let memory = try Kernel.sealedMemory(named: "containr-replace", writer.bytes)
        var descriptors = [memory.raw, running.pidfd.raw]
        let root = try chrootDirectory(plan.rootSwitch, of: running.initial.pid)
        if let root { descriptors.append(root.raw) }
        try withExtendedLifetime(root) { () throws(SyscallError) in
          try session.socket.send(InitMessage.request(.replace).bytes, descriptors: descriptors)
        }
      }
      guard let (message, _) = try session.receive() else {
        throw RuntimeError(container: id, stage: "replace a file", message: "the shim has died")
      }
      if case .failed(let failure) = message { throw session.failed(failure) }
      guard message == .proceed else { throw session.unexpected(message) }
      try session.reap()
    } catch {
      throw session.abort(error)
    }
    // The mounts are others now, and meant to be.
    try directory.recordMounts(of: running.initial.pid)
  }
}

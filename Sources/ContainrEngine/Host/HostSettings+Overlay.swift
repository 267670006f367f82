// Who makes the overlays of these settings' containers, and what is to be said where it is not the kernel. The one place that
// decides it. Tries nothing out.
internal import ContainrRootfs
package import ContainrSystem

extension HostSettings {
  /// By what the state directory is on, or will be.
  package func overlayMaker() throws(SyscallError) -> OverlayMaker { try OverlayMaker.of(future: stateDirectory) }

  /// Why no container can be started here, and what to do about it; nil: one can.
  package func overlayObstacle(
    _ maker: OverlayMaker
  ) throws(SyscallError) -> (message: String, help: String)? {
    let place = "mount a volume at it, or name a directory elsewhere: CONTAINR_STATE_DIR=DIRECTORY"
    if case .nobody(let fileSystem) = maker {
      return (
        "the state directory \(stateDirectory) is on \(fileSystem), where neither the kernel's overlay nor a second server can write",
        place
      )
    }
    guard case .server(let fileSystem) = maker, let obstacle = try OverlayServer.obstacle() else { return nil }
    return (
      "the state directory \(stateDirectory) is on \(fileSystem), where the kernel's overlay cannot write, and \(obstacle.reason)",
      "\(obstacle.help); or \(place)"
    )
  }

  /// What it costs; nil: nothing, since it is the kernel.
  package func overlayNotice(_ maker: OverlayMaker) -> String? {
    guard case .server(let fileSystem) = maker else { return nil }
    return
      "the state directory \(stateDirectory) is on \(fileSystem), where the kernel's overlay cannot write: each container's "
      + "files go through a process of \(OverlayServer.name), slower, and in memory that no limit of the container counts"
  }
}

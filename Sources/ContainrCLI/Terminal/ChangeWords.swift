// What a change is called while it is done and when it is done. Pure.
internal import ContainrReconcile
internal import ContainrSpec

/// The words of the progress.
struct ChangeWords: Sendable, Hashable {
  /// In the present: `starting`.
  var doing: String
  /// In the past: `started`.
  var done: String

  init(_ action: ChangeAction) {
    switch action {
    case .ensureNetwork: self.init("making", "ready")
    case .removeNetwork, .removeVolume, .removeContainer, .removeLeftover, .removeStack:
      self.init("removing", "removed")
    case .removeLinks: self.init("removing links", "links removed")
    case .createVolume: self.init("making", "made")
    case .pullImage(_, _, let fetches): self.init(fetches ? "pulling" : "unpacking", fetches ? "pulled" : "ready")
    case .prepareLayer: self.init("unpacking", "ready")
    case .createContainer: self.init("creating", "started")
    case .makeContainer: self.init("creating", "created")
    case .startContainer: self.init("starting", "started")
    case .updateContainer: self.init("changing in place", "changed in place")
    case .attachContainer: self.init("connecting", "connected")
    case .detachContainer: self.init("disconnecting", "disconnected")
    case .stopContainer: self.init("stopping", "stopped")
    case .awaitReady: self.init("waiting until it is ready", "ready")
    case .switchTraffic: self.init("taking over", "took over")
    case .retireContainer: self.init("draining the old one", "old one removed")
    case .vacateContainer: self.init("removing the old one", "old one removed")
    case .endGroup: self.init("waiting for the next group", "goes on")
    case .await(_, .started): self.init("waiting for the start", "started")
    case .await(_, .healthy): self.init("waiting until healthy", "healthy")
    case .await(_, .completed): self.init("waiting for completion", "completed")
    case .writeFirewall: self.init("writing rules", "rules written")
    case .startSupervisor: self.init("starting", "started")
    case .reloadSupervisor: self.init("reloading", "reloaded")
    case .stopSupervisor: self.init("stopping", "stopped")
    }
  }

  private init(_ doing: String, _ done: String) {
    self.doing = doing
    self.done = done
  }
}

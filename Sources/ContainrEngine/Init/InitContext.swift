// What the steps of InitSteps.swift share while a process turns from the shim's child into the container's program.
internal import ContainrNamespaces
internal import ContainrRootfs
internal import ContainrSecurity
internal import ContainrSystem

/// The state of one such process. It never ends: the process either becomes the program or exits.
final class InitContext {
  let plan: InitPlan
  let socket: SeqPacketSocket
  /// A pidfd of the shim: readable when it has died.
  let parent: SharedFD
  /// Where stdin, stdout and stderr come from; nil is the container's /dev/null.
  let standard: [SharedFD?]
  /// Namespaces to join.
  let joins: [(SharedFD, NamespaceSet)]
  /// Cgroup files that are open already, since their paths are not in sight any more.
  var cgroupFiles: [SharedFD]

  /// With the standard mounts made already; nil if nothing is.
  let applier: MountApplier?

  /// A command that enters, not the first process.
  let isEntering: Bool

  /// The mount that is being made, for the error; its description takes longer than most mounts.
  var mounting: MountStep?
  /// Whether the OOM score was written through the new procfs.
  var scoreIsSet = false
  /// Set by the mounts, or from the start for a command that enters.
  var root: ContainerRoot?
  /// Who the program runs as: uid, gid and supplementary groups; root until it is looked up.
  var uid: UInt32 = 0
  var gid: UInt32 = 0
  var groups: [UInt32] = [0]
  var home = "/"
  /// The whole environment of the program.
  var environment: [String] = []
  /// What is executed: a path inside.
  var program = ""

  init(
    _ plan: InitPlan, socket: consuming SeqPacketSocket, parent: SharedFD, standard: [SharedFD?],
    joins: [(SharedFD, NamespaceSet)] = [], cgroupFiles: [SharedFD] = [], root: ContainerRoot? = nil,
    applier: MountApplier? = nil
  ) {
    isEntering = root != nil
    self.plan = plan
    self.socket = socket
    self.parent = parent
    self.standard = standard
    self.joins = joins
    self.cgroupFiles = cgroupFiles
    self.root = root
    self.applier = applier
  }

  /// The root, which an earlier step has set.
  func rootDirectory() throws(SyscallError) -> ContainerRoot {
    if let root { return root }
    throw SyscallError(errno: 22, operation: "openat2", detail: "no root yet")
  }

  /// The value of a variable in the environment.
  func variable(_ name: String) -> String? {
    environment.last { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
  }
}

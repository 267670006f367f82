// What the steps of InitSteps.swift share while a process turns from the shim's child into the container's program.
internal import ContainrNamespaces
internal import ContainrRootfs
internal import ContainrSecurity
internal import ContainrSystem

/// The state of one such process. It never ends: the process either becomes the program or exits.
final class InitContext {
  let plan: InitPlan
  /// Who hears of it: the host; for an OCI runtime's container after `created` whoever starts it.
  var socket: SeqPacketSocket
  /// A pidfd of the shim: readable when it has died.
  let parent: SharedFD
  /// Where stdin, stdout and stderr come from; nil is the container's /dev/null.
  let standard: [SharedFD?]
  /// Who gets the master of a terminal; nil: the host.
  let console: SharedFD?
  /// Namespaces to join; none if that was done before the process was born.
  let joins: [(SharedFD, NamespaceSet)]
  /// From the parent's side of a user namespace or of idmapped mounts; nil if there is nothing to come.
  let hostSide: SharedFD?
  /// Mounts that were made there, by their steps' numbers.
  var given: [(Int, SharedFD)] = []
  /// Cgroup files that are open already, since their paths are not in sight any more.
  var cgroupFiles: [SharedFD]

  /// What an OCI runtime asks for beyond the plan; nil for stacks.
  let bundle: BundlePart?
  /// Whether the host has said `proceed` already, before the root was changed.
  var hostHasProceeded = false
  /// Mounts of the v1 hierarchies, as they came with `proceed`, in the order of the plan's names.
  var cgroupMounts: [SharedFD] = []

  /// With the standard mounts made already; nil if nothing is.
  let applier: MountApplier?

  /// A command that enters, not the first process.
  let isEntering: Bool

  /// The mount that is being made, for the error; its description takes longer than most mounts.
  var mounting: MountStep?
  /// Whether the seccomp filter is in force: for the hooks of the start it comes earlier than for the program alone.
  var hasFilter = false
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
  /// The shim's own program, where a small init stands before the container's.
  var ownProgram: SharedFD?
  /// What is executed: a path inside.
  var program = ""

  init(
    _ plan: InitPlan, socket: consuming SeqPacketSocket, parent: SharedFD, standard: [SharedFD?],
    console: SharedFD? = nil, joins: [(SharedFD, NamespaceSet)] = [], hostSide: SharedFD? = nil,
    cgroupFiles: [SharedFD] = [],
    root: ContainerRoot? = nil,
    applier: MountApplier? = nil, bundle: BundlePart? = nil
  ) {
    self.bundle = bundle
    isEntering = root != nil
    self.plan = plan
    self.socket = socket
    self.parent = parent
    self.standard = standard
    self.console = console
    self.joins = joins
    self.hostSide = hostSide
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

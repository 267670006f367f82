// What an OCI runtime asks of a process beyond its plan: hooks, a terminal, a start that comes later. Pure values and
// descriptors. On no wire: parent and child are one program, and all of it travels with the clone.
public import ContainrOCI
public import ContainrSystem

/// The bundle's part of a process.
public struct BundlePart {
  /// `createContainer` and `startContainer` are the process's own to run.
  public var hooks = OCIHooks()
  /// The state that a hook reads, of a status and a pid.
  public var state: (String, Int32) -> [UInt8] = { _, _ in [] }
  /// The parent does something between the mounts and the change of the root: hooks of its own.
  public var waitsBeforeRoot = false
  /// A listening socket: whoever connects starts the program. nil: the parent does.
  public var gate: SharedFD?
  /// Whether the program waits for a start at all; a command that enters does not.
  public var awaitsStart = true
  /// A terminal of its own, whose master goes to the parent.
  public var terminal = false
  /// Its size; nil leaves it.
  public var consoleSize: OCIConsoleSize?
  /// Newlines come out of it as they are: for a terminal whose output goes to a pipe or a file. Set before the program starts,
  /// which may show something at once.
  public var keepsNewlines = false
  /// Descriptors over 2 that are the program's.
  public var preservedDescriptors: [CInt] = []
  /// The filter's listener goes to whoever hears of the start.
  public var handsOutListener = false
  /// Processors before the cgroup is entered, one bit each; nil leaves them.
  public var initialProcessors: [UInt8]?
  /// The same from then on.
  public var finalProcessors: [UInt8]?
  /// Where the v1 hierarchies are shown; nil: they are shown in no place.
  public var cgroupTarget: String?
  /// Their directories there, in the order in which their mounts come with `proceed`; a link's name with its target after it.
  public var cgroupMountNames: [String] = []
  /// Links beside them, such as `cpu` to `cpu,cpuacct`.
  public var cgroupLinks: [(name: String, target: String)] = []
  /// Whether that directory cannot be written.
  public var cgroupsAreReadOnly = false
  /// set_mempolicy(2): the mode with its flags, and the nodes, one bit each.
  public var memoryPolicy: OCIMemoryPolicy?
  /// The network namespace is new: its `lo` is brought up, which no engine does for a container without a network.
  public var raisesLoopback = false
  /// The caller's session keyring stays (`--no-new-keyring`).
  public var keepsKeyring = false

  /// With nothing of it.
  public init() {}
}

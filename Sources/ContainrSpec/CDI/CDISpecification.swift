// One file of the Container Device Interface as values. Source:
// https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md (1.0.0)

/// A CDI specification: the devices of one kind, and what each needs inside.
public struct CDISpecification: Sendable, Hashable {
  /// `vendor.com/class`.
  public var kind: String
  /// In the order of the file.
  public var devices: [CDIDevice] = []
  /// With any of its devices.
  public var edits = CDIEdits()

  /// A specification without devices.
  public init(kind: String) { self.kind = kind }
}

/// One device of a specification.
public struct CDIDevice: Sendable, Hashable {
  /// Unique in its specification.
  public var name: String
  /// What it needs inside.
  public var edits: CDIEdits

  /// A device of its parts.
  public init(name: String, edits: CDIEdits) {
    self.name = name
    self.edits = edits
  }
}

/// `containerEdits`.
public struct CDIEdits: Sendable, Hashable {
  /// `NAME=value`.
  public var environment: [String] = []
  /// Nodes.
  public var nodes: [CDINode] = []
  /// Files of the host.
  public var mounts: [CDIMount] = []
  /// Further groups of the process.
  public var groups: [UInt32] = []
  /// What this version does not do, in words: hooks and the like. Nothing that has one is given to a container.
  public var unsupported: [String] = []

  /// Nothing.
  public init() {}
}

/// `containerEdits.deviceNodes[]`.
public struct CDINode: Sendable, Hashable {
  /// Inside.
  public var path: String
  /// On the host; the same if left out.
  public var hostPath: String?
  /// `c`, `b`, `u` or `p`; nil: as on the host.
  public var type: String?
  /// nil: as on the host.
  public var major: UInt32?
  /// nil: as on the host.
  public var minor: UInt32?
  /// nil: as on the host.
  public var mode: UInt32?
  /// Any of `r`, `w` and `m`.
  public var permissions = "rwm"
  /// nil: as on the host.
  public var uid: UInt32?
  /// nil: as on the host.
  public var gid: UInt32?

  /// A node like the host's.
  public init(path: String) { self.path = path }
}

/// `containerEdits.mounts[]`.
public struct CDIMount: Sendable, Hashable {
  /// On the host.
  public var hostPath: String
  /// Inside.
  public var containerPath: String
  /// As in mount(8).
  public var options: [String]

  /// A mount of its parts.
  public init(hostPath: String, containerPath: String, options: [String]) {
    self.hostPath = hostPath
    self.containerPath = containerPath
    self.options = options
  }
}

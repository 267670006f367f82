// `linux.resources` of the OCI runtime-spec: limits. nil means: not asked for.
// Source: https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#control-groups

/// `linux.resources`.
public struct OCIResources: Sendable, Hashable, Codable {
  public var memory = OCIMemory()
  public var cpu = OCICPU()
  public var pids: Int64?
  public var blockIO = OCIBlockIO()
  /// In order; the last rule that matches decides.
  public var devices: [OCIDeviceRule] = []
  /// v2 files by name, written as they are.
  public var unified: [String: String] = [:]

  public init() {}
}

/// `memory`: bytes.
public struct OCIMemory: Sendable, Hashable, Codable {
  public var limit: Int64?
  public var reservation: Int64?
  /// Memory plus swap; -1 is unlimited.
  public var swap: Int64?

  public init() {}
}

/// `cpu`: quota and period in microseconds.
public struct OCICPU: Sendable, Hashable, Codable {
  public var shares: UInt64?
  public var quota: Int64?
  public var period: UInt64?
  public var cpus: String?
  public var mems: String?

  public init() {}
}

/// `blockIO`.
public struct OCIBlockIO: Sendable, Hashable, Codable {
  public var weight: UInt16?
  public var weightDevice: [OCIThrottle] = []
  public var throttleReadBpsDevice: [OCIThrottle] = []
  public var throttleWriteBpsDevice: [OCIThrottle] = []
  public var throttleReadIOPSDevice: [OCIThrottle] = []
  public var throttleWriteIOPSDevice: [OCIThrottle] = []

  public init() {}
}

/// A rate for one block device.
public struct OCIThrottle: Sendable, Hashable, Codable {
  public var major: UInt32
  public var minor: UInt32
  /// Bytes or operations a second, or the weight.
  public var rate: UInt64

  public init(major: UInt32, minor: UInt32, rate: UInt64) {
    self.major = major
    self.minor = minor
    self.rate = rate
  }
}

/// `devices[]`: a rule of the device cgroup. nil numbers are wildcards.
public struct OCIDeviceRule: Sendable, Hashable, Codable {
  public var allow: Bool
  /// `a` all, `c` character, `b` block.
  public var type: String
  public var major: UInt32?
  public var minor: UInt32?
  /// Any of `r`, `w`, `m`.
  public var access: String

  public init(allow: Bool, type: String = "a", major: UInt32? = nil, minor: UInt32? = nil, access: String = "rwm") {
    self.allow = allow
    self.type = type
    self.major = major
    self.minor = minor
    self.access = access
  }
}

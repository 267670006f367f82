// `linux.resources` of the OCI runtime-spec: limits. nil means: not asked for.
// Source: https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#control-groups

/// `linux.resources`.
public struct OCIResources: Sendable, Hashable, Codable {
  /// `memory`.
  public var memory = OCIMemory()
  /// `cpu`.
  public var cpu = OCICPU()
  /// `pids.limit`; -1 is unlimited.
  public var pids: Int64?
  /// `blockIO`.
  public var blockIO = OCIBlockIO()
  /// In order; the last rule that matches decides.
  public var devices: [OCIDeviceRule] = []
  /// v2 files by name, written as they are.
  public var unified: [String: String] = [:]

  /// With its values.
  public init() {}
}

/// `memory`: bytes.
public struct OCIMemory: Sendable, Hashable, Codable {
  /// The hard limit.
  public var limit: Int64?
  /// The soft limit.
  public var reservation: Int64?
  /// Memory plus swap; -1 is unlimited.
  public var swap: Int64?

  /// With its values.
  public init() {}
}

/// `cpu`: quota and period in microseconds.
public struct OCICPU: Sendable, Hashable, Codable {
  /// The relative weight, 2 to 262144.
  public var shares: UInt64?
  /// Microseconds of CPU time a period; -1 is unlimited.
  public var quota: Int64?
  /// Microseconds.
  public var period: UInt64?
  /// A list such as `0-1,3`.
  public var cpus: String?
  /// A list of memory nodes.
  public var mems: String?

  /// With its values.
  public init() {}
}

/// `blockIO`.
public struct OCIBlockIO: Sendable, Hashable, Codable {
  /// 10 to 1000.
  public var weight: UInt16?
  /// Weights for single devices.
  public var weightDevice: [OCIThrottle] = []
  /// Bytes read a second.
  public var throttleReadBpsDevice: [OCIThrottle] = []
  /// Bytes written a second.
  public var throttleWriteBpsDevice: [OCIThrottle] = []
  /// Reads a second.
  public var throttleReadIOPSDevice: [OCIThrottle] = []
  /// Writes a second.
  public var throttleWriteIOPSDevice: [OCIThrottle] = []

  /// With its values.
  public init() {}
}

/// A rate for one block device.
public struct OCIThrottle: Sendable, Hashable, Codable {
  /// The device's major number.
  public var major: UInt32
  /// The device's minor number.
  public var minor: UInt32
  /// Bytes or operations a second, or the weight.
  public var rate: UInt64

  /// With its values.
  public init(major: UInt32, minor: UInt32, rate: UInt64) {
    self.major = major
    self.minor = minor
    self.rate = rate
  }
}

/// `devices[]`: a rule of the device cgroup. nil numbers are wildcards.
public struct OCIDeviceRule: Sendable, Hashable, Codable {
  /// Allow or deny what matches.
  public var allow: Bool
  /// `a` all, `c` character, `b` block.
  public var type: String
  /// The device's major number.
  public var major: UInt32?
  /// The device's minor number.
  public var minor: UInt32?
  /// Any of `r`, `w`, `m`.
  public var access: String

  /// With its values.
  public init(allow: Bool, type: String = "a", major: UInt32? = nil, minor: UInt32? = nil, access: String = "rwm") {
    self.allow = allow
    self.type = type
    self.major = major
    self.minor = minor
    self.access = access
  }
}

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
  /// `hugepageLimits`: bytes by page size, such as `2MB`.
  public var hugepageLimits: [String: UInt64] = [:]
  /// `network`, v1 only.
  public var network = OCINetworkClass()
  /// `rdma`, by device.
  public var rdma: [String: OCIRDMALimit] = [:]
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
  /// Kernel memory; Linux takes no such limit any more.
  public var kernel: Int64?
  /// Buffers of TCP; v1 only.
  public var kernelTCP: Int64?
  /// 0 to 100; v1 only.
  public var swappiness: UInt64?
  /// v1 only.
  public var disableOOMKiller: Bool?
  /// v1 only.
  public var useHierarchy: Bool?
  /// Refuse a limit below what is used already.
  public var checkBeforeUpdate: Bool?

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
  /// Microseconds saved up beyond the quota.
  public var burst: UInt64?
  /// Microseconds of real-time tasks a period; v1 only.
  public var realtimeRuntime: Int64?
  /// Microseconds; v1 only.
  public var realtimePeriod: UInt64?
  /// 1: SCHED_IDLE for the group.
  public var idle: Int64?
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
  /// 10 to 1000; what is left to the children's own tasks.
  public var leafWeight: UInt16?
  /// Leaf weights for single devices.
  public var leafWeightDevice: [OCIThrottle] = []
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

/// `network`: what v1 marks packets with.
public struct OCINetworkClass: Sendable, Hashable, Codable {
  /// net_cls.classid.
  public var classID: UInt32?
  /// net_prio.ifpriomap, by interface.
  public var priorities: [String: UInt32] = [:]

  /// None.
  public init() {}
}

/// `rdma.*`.
public struct OCIRDMALimit: Sendable, Hashable, Codable {
  /// hca_handle.
  public var handles: UInt32?
  /// hca_object.
  public var objects: UInt32?

  /// None.
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

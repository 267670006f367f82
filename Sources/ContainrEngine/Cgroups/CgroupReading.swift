// The values of one cgroup in canonical units, whatever the version of the interface.
internal import Glibc

/// What a cgroup limits and uses now. nil: unlimited, or the host has no such file.
public struct CgroupReading: Sendable, Hashable {
  /// Bytes.
  public var memoryLimit: Int64?
  /// Bytes; the soft limit (v1), `memory.low` (v2).
  public var memoryReservation: Int64?
  /// Memory plus swap, bytes.
  public var memorySwap: Int64?
  /// Microseconds of processor time in a period.
  public var cpuQuota: UInt64?
  /// Microseconds.
  public var cpuPeriod: UInt64?
  /// v1's shares; on v2 computed from the weight.
  public var cpuShares: UInt64?
  /// `0-1,3`; nil when the cgroup restricts none.
  public var cpus: String?
  /// Memory nodes, likewise.
  public var mems: String?
  /// Tasks.
  public var pidsLimit: UInt64?
  /// 1 to 1000, 100 by default.
  public var blockIOWeight: UInt64?
  /// `blkio.read_bps 8:0 1048576`, a line a throttle.
  public var throttles: [String] = []
  /// Bytes in use; nil: nobody counts them.
  public var memoryUsage: UInt64?
  /// Nanoseconds.
  public var cpuUsage: UInt64 = 0
  /// Tasks.
  public var pidsUsage: UInt64 = 0
  /// Processes that the kernel killed for want of memory.
  public var oomKills: UInt64 = 0

  /// Thousandths of a processor; nil when unlimited.
  public var milliCPUs: UInt64? {
    guard let cpuQuota, let cpuPeriod, cpuPeriod > 0 else { return nil }
    return cpuQuota * 1000 / cpuPeriod
  }

  /// PAGE_COUNTER_MAX of small pages, or more: v1's "unlimited" in bytes.
  static let v1Unlimited: Int64 = 0x7FFF_FFFF_FFFF_0000
  static let pageSize = Int64(sysconf(CInt(_SC_PAGESIZE)))
}

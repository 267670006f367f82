// What a cgroup uses, in small files of the kernel's. Values only; CgroupMeter reads them.

/// The use of one cgroup and all below it. nil: nobody counts it, in this kernel or of this cgroup.
public struct CgroupUse: Sendable, Hashable {
  /// Bytes in use, the page cache included.
  public var memory: UInt64?
  /// Bytes of the page cache that the kernel would give up first.
  public var inactiveFile: UInt64 = 0
  /// Bytes; nil: unlimited.
  public var memoryLimit: UInt64?
  /// Nanoseconds of processor time.
  public var processorTime: UInt64?
  /// Tasks.
  public var pids: UInt64?
  /// Bytes read from and written to block devices.
  public var bytesRead: UInt64?, bytesWritten: UInt64?
  /// What only those ask for who keep a history; nil: it was not asked for.
  public var detail: CgroupDetail?

  /// Nothing.
  public init() {}

  /// What its programs work with: without the cache that goes first. As `docker stats` counts it.
  public var workingSet: UInt64? { memory.map { $0 - min($0, inactiveFile) } }
}

/// More of it. nil as there.
public struct CgroupDetail: Sendable, Hashable {
  /// Nanoseconds of processor time in programs, and in the kernel for them.
  public var userTime: UInt64?, systemTime: UInt64?
  /// Of a limit of processor time; nil: none is set.
  public var throttling: CgroupThrottling?
  /// Bytes of the page cache, and of what is in no file.
  public var cache: UInt64?, anonymous: UInt64?
  /// Bytes that were put aside; nil: the kernel does not count them.
  public var swap: UInt64?
  /// Pages that had to be read from a device.
  public var majorFaults: UInt64?
  /// Processes that the kernel killed for want of memory.
  public var oomKills: UInt64?
  /// Tasks; nil: unlimited.
  public var pidsLimit: UInt64?
  /// Requests to block devices.
  public var reads: UInt64?, writes: UInt64?
  /// Time that tasks have waited; nil: the kernel does not count it (v1, or psi=0).
  public var processorPressure: CgroupPressure?, memoryPressure: CgroupPressure?, blockPressure: CgroupPressure?

  /// Nothing.
  public init() {}
}

/// How often a limit of processor time has held tasks up: sched-bwc.rst.
public struct CgroupThrottling: Sendable, Hashable {
  /// Periods in which something wanted to run.
  public var periods: UInt64
  /// Those in which it was held up.
  public var throttled: UInt64
  /// Nanoseconds, of all processors together.
  public var time: UInt64

  /// Counted.
  public init(periods: UInt64, throttled: UInt64, time: UInt64) {
    self.periods = periods
    self.throttled = throttled
    self.time = time
  }
}

/// Time that tasks have waited for one resource: Documentation/accounting/psi.rst.
public struct CgroupPressure: Sendable, Hashable {
  /// Nanoseconds in which at least one of them waited.
  public var some: UInt64
  /// Nanoseconds in which all of them did; nil: the kernel does not say it.
  public var full: UInt64?

  /// Counted.
  public init(some: UInt64, full: UInt64?) {
    self.some = some
    self.full = full
  }

  /// `some avg10=0.00 avg60=0.00 avg300=0.00 total=17`, microseconds, and the same of `full`; nil for another text.
  init?(_ text: String) {
    func total(_ line: Substring) -> UInt64? {
      line.split(separator: " ").first { $0.hasPrefix("total=") }.flatMap { UInt64($0.dropFirst(6)) }.map { $0 * 1000 }
    }
    let lines = text.split(separator: "\n")
    guard let some = lines.first(where: { $0.hasPrefix("some ") }).flatMap(total) else { return nil }
    self.init(some: some, full: lines.first { $0.hasPrefix("full ") }.flatMap(total))
  }
}

extension Cgroup {
  /// What it uses now; nothing of a hierarchy that is not mounted or from which it is gone.
  public func use(inDetail: Bool = false) throws(CgroupError) -> CgroupUse {
    try CgroupMeter(self).use(inDetail: inDetail)
  }
}

// What a cgroup uses, in few small files of the kernel's: for those who look often.
internal import ContainrSystem
internal import SystemPackage

/// The use of one cgroup and all below it.
public struct CgroupUse: Sendable, Hashable {
  /// Bytes in use, the page cache included.
  public var memory: UInt64 = 0
  /// Bytes of the page cache that the kernel would give up first.
  public var inactiveFile: UInt64 = 0
  /// Bytes; nil: unlimited.
  public var memoryLimit: UInt64?
  /// Nanoseconds of processor time.
  public var processorTime: UInt64 = 0
  /// Tasks.
  public var pids: UInt64 = 0
  /// Bytes read from and written to block devices.
  public var bytesRead: UInt64 = 0, bytesWritten: UInt64 = 0

  /// Nothing.
  public init() {}

  /// What its programs work with: without the cache that goes first. As `docker stats` counts it.
  public var workingSet: UInt64 { memory - min(memory, inactiveFile) }
}

extension Cgroup {
  /// What it uses now; nothing of a hierarchy that is not mounted or from which it is gone.
  public func use() throws(CgroupError) -> CgroupUse {
    var use = CgroupUse()
    let files = files
    use.pids = try files.number("pids", "pids.current") ?? 0
    if mounts.layout == .v2 {
      use.memory = try files.number("memory", "memory.current") ?? 0
      use.memoryLimit = try files.number("memory", "memory.max")
      use.inactiveFile = try files.keyed("memory", "memory.stat", "inactive_file") ?? 0
      use.processorTime = (try files.keyed("cpu", "cpu.stat", "usage_usec") ?? 0) * 1000
      (use.bytesRead, use.bytesWritten) = Self.transfers(v2: try files.text("io", "io.stat") ?? "")
      return use
    }
    use.memory = try files.number("memory", "memory.usage_in_bytes") ?? 0
    use.memoryLimit = try files.bytes("memory", "memory.limit_in_bytes").map { UInt64(clamping: $0) }
    use.inactiveFile = try files.keyed("memory", "memory.stat", "total_inactive_file") ?? 0
    use.processorTime = try files.number("cpuacct", "cpuacct.usage") ?? 0
    var transfers = try files.text("blkio", "blkio.throttle.io_service_bytes_recursive")
    if transfers == nil { transfers = try files.text("blkio", "blkio.throttle.io_service_bytes") }
    (use.bytesRead, use.bytesWritten) = Self.transfers(v1: transfers ?? "")
    return use
  }

  /// `8:0 Read 4096`, a line a device and kind.
  static func transfers(v1 text: String) -> (UInt64, UInt64) {
    var (read, written): (UInt64, UInt64) = (0, 0)
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 3, let bytes = UInt64(words[2]) else { continue }
      if words[1] == "Read" { read &+= bytes }
      if words[1] == "Write" { written &+= bytes }
    }
    return (read, written)
  }

  /// `8:0 rbytes=4096 wbytes=0 rios=1 …`, a line a device.
  static func transfers(v2 text: String) -> (UInt64, UInt64) {
    var (read, written): (UInt64, UInt64) = (0, 0)
    for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      if word.hasPrefix("rbytes=") { read &+= UInt64(word.dropFirst(7)) ?? 0 }
      if word.hasPrefix("wbytes=") { written &+= UInt64(word.dropFirst(7)) ?? 0 }
    }
    return (read, written)
  }
}

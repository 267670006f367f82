// Reads what a cgroup uses, again and again: its directories are walked to once, and numbers are found in the kernel's bytes
// without making text of them. Reads only.
internal import ContainrSystem
internal import SystemPackage

/// One cgroup under measurement. Used by one thread at a time.
public final class CgroupMeter {
  private let layout: CgroupMounts.Layout
  private var files: CgroupFiles
  private var numbers = KernelNumbers()

  /// Walks to its directories. One that is not there counts nothing.
  public init(_ cgroup: Cgroup) throws(CgroupError) {
    layout = cgroup.mounts.layout
    files = cgroup.files
    if layout == .v2 {
      if let path = files.directory("") { files.opened[""] = try CgroupFiles.opened(path) }
      return
    }
    var byPath: [FilePath: SharedFD] = [:]
    for controller in ["memory", "cpu", "cpuacct", "pids", "blkio"] {
      guard let path = files.directory(controller) else { continue }
      if byPath[path] == nil { byPath[path] = try CgroupFiles.opened(path) }
      files.opened[controller] = byPath[path]
    }
  }

  /// What it uses now; nothing of what is gone.
  public func use(inDetail: Bool = false) throws(CgroupError) -> CgroupUse {
    try layout == .v2 ? unified(inDetail) : separate(inDetail)
  }

  /// How often its limit of processor time has held it up; nil: it has none.
  public func throttling() throws(CgroupError) -> CgroupThrottling? {
    guard try load("cpu", "cpu.stat"), let periods = numbers.value(of: "nr_periods"), periods > 0,
      let throttled = numbers.value(of: "nr_throttled")
    else { return nil }
    let time = numbers.value(of: "throttled_usec").map { $0 &* 1000 } ?? numbers.value(of: "throttled_time") ?? 0
    return CgroupThrottling(periods: periods, throttled: throttled, time: time)
  }

  private func unified(_ inDetail: Bool) throws(CgroupError) -> CgroupUse {
    var use = CgroupUse()
    var detail = CgroupDetail()
    if try load("memory", "memory.current") { use.memory = numbers.first }
    if try load("memory", "memory.max") { use.memoryLimit = numbers.first }
    if try load("memory", "memory.stat") {
      use.inactiveFile = numbers.value(of: "inactive_file") ?? 0
      detail.cache = numbers.value(of: "file")
      detail.anonymous = numbers.value(of: "anon")
      detail.majorFaults = numbers.value(of: "pgmajfault")
    }
    if try load("cpu", "cpu.stat") {
      use.processorTime = numbers.value(of: "usage_usec").map { $0 &* 1000 }
      detail.userTime = numbers.value(of: "user_usec").map { $0 &* 1000 }
      detail.systemTime = numbers.value(of: "system_usec").map { $0 &* 1000 }
    }
    if try load("pids", "pids.current") { use.pids = numbers.first }
    let transfers = try files.text("io", "io.stat").map(Self.transfers(v2:))
    (use.bytesRead, use.bytesWritten) = (transfers?.bytesRead, transfers?.bytesWritten)
    guard inDetail else { return use }
    (detail.reads, detail.writes) = (transfers?.reads, transfers?.writes)
    if try load("memory", "memory.swap.current") { detail.swap = numbers.first }
    if try load("memory", "memory.events") { detail.oomKills = numbers.value(of: "oom_kill") }
    if try load("pids", "pids.max") { detail.pidsLimit = numbers.first }
    detail.throttling = try throttling()
    detail.processorPressure = try pressure("cpu.pressure")
    detail.memoryPressure = try pressure("memory.pressure")
    detail.blockPressure = try pressure("io.pressure")
    use.detail = detail
    return use
  }

  private func separate(_ inDetail: Bool) throws(CgroupError) -> CgroupUse {
    var use = CgroupUse()
    var detail = CgroupDetail()
    if try load("memory", "memory.usage_in_bytes") { use.memory = numbers.first }
    use.memoryLimit = try files.bytes("memory", "memory.limit_in_bytes").map { UInt64(clamping: $0) }
    if try load("memory", "memory.stat") {
      use.inactiveFile = numbers.value(of: "total_inactive_file") ?? 0
      detail.cache = numbers.value(of: "total_cache")
      detail.anonymous = numbers.value(of: "total_rss")
      detail.swap = numbers.value(of: "total_swap")
      detail.majorFaults = numbers.value(of: "total_pgmajfault")
    }
    if try load("cpuacct", "cpuacct.usage") { use.processorTime = numbers.first }
    if try load("pids", "pids.current") { use.pids = numbers.first }
    let transfers = try blockIO("service_bytes").map(Self.transfers(v1:))
    (use.bytesRead, use.bytesWritten) = (transfers?.0, transfers?.1)
    guard inDetail else { return use }
    let requests = try blockIO("serviced").map(Self.transfers(v1:))
    (detail.reads, detail.writes) = (requests?.0, requests?.1)
    if try load("memory", "memory.oom_control") { detail.oomKills = numbers.value(of: "oom_kill") }
    if try load("pids", "pids.max") { detail.pidsLimit = numbers.first }
    if try load("cpuacct", "cpuacct.stat") {
      // Clock ticks are hundredths of a second on every architecture that we run on.
      detail.userTime = numbers.value(of: "user").map { $0 &* 10_000_000 }
      detail.systemTime = numbers.value(of: "system").map { $0 &* 10_000_000 }
    }
    detail.throttling = try throttling()
    use.detail = detail
    return use
  }

  /// false: the file is not there.
  private func load(_ controller: String, _ file: FilePath) throws(CgroupError) -> Bool {
    guard let directory = files.opened[layout == .v2 ? "" : controller] else { return false }
    do throws(SyscallError) {
      try numbers.load(file, at: directory.raw)
      return true
    } catch {
      // ENODEV: rmdir was faster.
      if [2, 19, 20].contains(error.errno) { return false }
      throw CgroupError(file.string, error)
    }
  }

  /// EOPNOTSUPP: the kernel was told not to count it.
  private func pressure(_ file: FilePath) throws(CgroupError) -> CgroupPressure? {
    guard let directory = files.opened[""] else { return nil }
    do throws(SyscallError) {
      return CgroupPressure(try Kernel.record(of: file, at: directory.raw))
    } catch {
      if [2, 19, 20, 95].contains(error.errno) { return nil }
      throw CgroupError(file.string, error)
    }
  }

  /// A group's own and all below it, where the kernel has that; nil: it counts neither.
  private func blockIO(_ what: String) throws(CgroupError) -> String? {
    if let text = try files.text("blkio", "blkio.throttle.io_\(what)_recursive") { return text }
    return try files.text("blkio", "blkio.throttle.io_\(what)")
  }

  /// `8:0 Read 4096`, a line a device and kind.
  static func transfers(v1 text: String) -> (UInt64, UInt64) {
    var (read, written): (UInt64, UInt64) = (0, 0)
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 3, let number = UInt64(words[2]) else { continue }
      if words[1] == "Read" { read &+= number }
      if words[1] == "Write" { written &+= number }
    }
    return (read, written)
  }

  /// `8:0 rbytes=4096 wbytes=0 rios=1 …`, a line a device.
  static func transfers(v2 text: String) -> (
    bytesRead: UInt64, bytesWritten: UInt64, reads: UInt64, writes: UInt64
  ) {
    var sums: (bytesRead: UInt64, bytesWritten: UInt64, reads: UInt64, writes: UInt64) = (0, 0, 0, 0)
    for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      guard let sign = word.firstIndex(of: "="), let number = UInt64(word[word.index(after: sign)...]) else { continue }
      switch word[..<sign] {
      case "rbytes": sums.bytesRead &+= number
      case "wbytes": sums.bytesWritten &+= number
      case "rios": sums.reads &+= number
      case "wios": sums.writes &+= number
      default: break
      }
    }
    return sums
  }
}

/// The numbers of a small file of the kernel's, in the bytes that were read last.
struct KernelNumbers {
  private var buffer = [UInt8](repeating: 0, count: 8192)
  private var count = 0

  /// Reads a file: the kernel gives these with one read.
  mutating func load(_ name: FilePath, at directory: CInt) throws(SyscallError) {
    let file = try Kernel.open(name, at: directory)
    count = try Kernel.read(file.raw, into: &buffer)
  }

  /// What is read of bytes that are here already.
  init(_ bytes: [UInt8] = []) {
    buffer.replaceSubrange(0..<min(bytes.count, buffer.count), with: bytes.prefix(buffer.count))
    count = min(bytes.count, buffer.count)
  }

  /// The number that the file begins with; nil for none, as of `max` and -1.
  var first: UInt64? { number(from: 0) }

  /// The number of the line `key NUMBER`; nil if there is none.
  func value(of key: StaticString) -> UInt64? {
    let length = key.utf8CodeUnitCount
    return buffer.withUnsafeBufferPointer { bytes in
      var start = 0
      while start + length < count {
        var index = 0
        while index < length, bytes[start + index] == key.utf8Start[index] { index += 1 }
        if index == length, bytes[start + length] == UInt8(ascii: " ") {
          return Self.number(bytes, start + length + 1, count)
        }
        while start < count, bytes[start] != 10 { start += 1 }
        start += 1
      }
      return nil
    }
  }

  private func number(from start: Int) -> UInt64? {
    buffer.withUnsafeBufferPointer { Self.number($0, start, count) }
  }

  private static func number(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> UInt64? {
    var (index, value) = (start, UInt64(0))
    while index < end, (0x30...0x39).contains(bytes[index]) {
      value = value &* 10 &+ UInt64(bytes[index] - 0x30)
      index += 1
    }
    return index == start ? nil : value
  }
}

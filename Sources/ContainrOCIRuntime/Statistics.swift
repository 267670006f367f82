// What `events` tells of a container's use, in runc's form.
internal import ContainrCgroups
internal import ContainrJSON
internal import ContainrSystem
internal import SystemPackage

enum Statistics {
  /// One cgroup's, as they are now.
  static func of(_ cgroup: Cgroup) throws(RuntimeFailure) -> JSONValue {
    let reading = try attemptCgroup { () throws(CgroupError) in try cgroup.reading() }
    func text(_ controller: String, _ file: String) throws(RuntimeFailure) -> String? {
      try attemptCgroup { () throws(CgroupError) in try cgroup.text(controller, file) }
    }
    func number(_ text: String?) -> JSONValue { .natural(text.flatMap { UInt64($0.prefix { $0 != "\n" }) } ?? 0) }
    let isV2 = cgroup.mounts.layout == .v2
    var usage = [JSONMember("total", .natural(reading.cpuUsage))]
    if let list = try text("cpuacct", "cpuacct.usage_percpu"), !isV2 {
      usage.append(JSONMember("percpu", .array(list.split(separator: " ").map { number(String($0)) })))
    }
    usage += pairs(try text("cpuacct", "cpuacct.stat") ?? "").compactMap { key, value in
      // Clock ticks of a hundredth of a second.
      ["user": "user", "system": "kernel"][key].map { JSONMember($0, .natural(value * 10_000_000)) }
    }
    let throttling = Dictionary(pairs(try text("cpu", "cpu.stat") ?? "")) { first, _ in first }
    let memory: [JSONMember] = [
      JSONMember(
        "usage",
        .object([
          JSONMember("limit", .natural(reading.memoryLimit.map { UInt64(clamping: $0) } ?? .max)),
          JSONMember("usage", .natural(reading.memoryUsage ?? 0)),
          JSONMember("max", number(try text("memory", isV2 ? "memory.peak" : "memory.max_usage_in_bytes"))),
          JSONMember("failcnt", number(isV2 ? nil : try text("memory", "memory.failcnt"))),
        ])),
      JSONMember(
        "raw",
        .object(pairs(try text("memory", "memory.stat") ?? "").map { JSONMember($0.0, .natural($0.1)) })),
    ]
    return .object([
      JSONMember(
        "cpu",
        .object([
          JSONMember("usage", .object(usage)),
          JSONMember(
            "throttling",
            .object([
              JSONMember("periods", .natural(throttling["nr_periods"] ?? 0)),
              JSONMember("throttledPeriods", .natural(throttling["nr_throttled"] ?? 0)),
              JSONMember("throttledTime", .natural(throttling["throttled_time"] ?? 0)),
            ])),
        ])),
      JSONMember("memory", .object(memory)),
      JSONMember(
        "pids",
        .object([
          JSONMember("current", .natural(reading.pidsUsage)), JSONMember("limit", .natural(reading.pidsLimit ?? 0)),
        ])),
      JSONMember("blkio", .object(try blockIO(cgroup))), JSONMember("hugetlb", .object(try hugePages(cgroup))),
      JSONMember("intel_rdt", .object([])), JSONMember("network_interfaces", .null),
    ])
  }

  /// Bytes and requests by device. v1 counts them below BFQ or, for all schedulers, where it throttles.
  private static func blockIO(_ cgroup: Cgroup) throws(RuntimeFailure) -> [JSONMember] {
    func text(_ file: String) throws(RuntimeFailure) -> String {
      try attemptCgroup { () throws(CgroupError) in try cgroup.text("blkio", file) } ?? ""
    }
    var (bytes, requests): ([BlockIOEntry], [BlockIOEntry]) = ([], [])
    if cgroup.mounts.layout == .v2 {
      (bytes, requests) = BlockIOEntry.v2(try text("io.stat"))
    } else {
      for scheduler in ["bfq", "throttle"] where bytes.isEmpty {
        bytes = BlockIOEntry.v1(try text("blkio.\(scheduler).io_service_bytes_recursive"))
        requests = BlockIOEntry.v1(try text("blkio.\(scheduler).io_serviced_recursive"))
      }
    }
    return [("ioServiceBytesRecursive", bytes), ("ioServicedRecursive", requests)].compactMap { name, entries in
      entries.isEmpty ? nil : JSONMember(name, .array(entries.map(\.json)))
    }
  }

  /// By the size of the page, as the kernel names its files: `2MB`.
  private static func hugePages(_ cgroup: Cgroup) throws(RuntimeFailure) -> [JSONMember] {
    let names: [String]
    do throws(SyscallError) { names = try Kernel.names(inDirectory: "/sys/kernel/mm/hugepages") } catch {
      if error.errno == 2 { return [] }
      throw RuntimeFailure("look for huge pages: \(error)")
    }
    var members: [JSONMember] = []
    for size in names.compactMap(HugePageName.size).sorted() {
      func number(_ file: String) throws(RuntimeFailure) -> UInt64? {
        let text = try attemptCgroup { () throws(CgroupError) in try cgroup.text("hugetlb", "hugetlb.\(size).\(file)") }
        return text.flatMap { UInt64($0.prefix { $0 != "\n" }) }
      }
      let isV2 = cgroup.mounts.layout == .v2
      guard let usage = try number(isV2 ? "current" : "usage_in_bytes") else { continue }
      var failures = try number("failcnt")
      if isV2 {
        let text = try attemptCgroup { () throws(CgroupError) in try cgroup.text("hugetlb", "hugetlb.\(size).events") }
        failures = pairs(text ?? "").first { $0.0 == "max" }?.1
      }
      var counts = [JSONMember("usage", .natural(usage))]
      if let most = try number("max_usage_in_bytes") { counts.append(JSONMember("max", .natural(most))) }
      counts.append(JSONMember("failcnt", .natural(failures ?? 0)))
      members.append(JSONMember(size, .object(counts)))
    }
    return members
  }

  private static func pairs(_ text: String) -> [(String, UInt64)] {
    text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 2, let value = UInt64(words[1]) else { return nil }
      return (String(words[0]), value)
    }
  }
}

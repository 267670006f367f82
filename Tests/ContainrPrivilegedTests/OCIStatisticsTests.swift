// What `events --stats` tells, and what the runtime says of wishes that have no effect.
import ContainrTestSupport
import Foundation
import Testing

@Suite("What containr-runtime tells", .serialized, .asRoot)
struct OCIStatisticsTests {
  private func linux(_ key: String, _ value: Any) -> (inout [String: Any]) -> Void {
    { config in
      var linux = config["linux"] as? [String: Any] ?? [:]
      linux[key] = value
      config["linux"] = linux
    }
  }

  /// A file of a process's cgroup on v1; nil: there is none.
  private func counts(_ pid: Int, _ controller: String, _ file: String) throws -> String? {
    let lines = try String(contentsOfFile: "/proc/\(pid)/cgroup", encoding: .utf8).split(separator: "\n")
    guard let line = lines.first(where: { $0.contains(":\(controller):") }) else { return nil }
    let path = "/sys/fs/cgroup/\(controller)\(line.split(separator: ":", maxSplits: 2).last ?? "")/\(file)"
    return FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("events has what the kernel counts of devices and of huge pages, in runc's names")
  func statistics() throws {
    try BundleBed.use { bed in
      try bed.write("head -c 65536 /dev/zero > /file; busybox sync -f /file; touch /ready; exec sleep 60")
      try bed.runtime(["run", "-d", "a"]).succeeding()
      try eventually("it has written") { FileManager.default.fileExists(atPath: "\(bed.bundle)/rootfs/ready") }
      let output = try bed.runtime(["events", "--stats", "a"]).succeeding().output
      let told = try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
      let data = try #require(told["data"] as? [String: Any])
      let pid = try #require(try bed.state("a")["pid"] as? Int)
      let blockIO = try #require(data["blkio"] as? [String: Any])
      if let kernel = try counts(pid, "blkio", "blkio.throttle.io_service_bytes_recursive") {
        let lines = kernel.split(separator: "\n").filter { $0.contains(":") }
        let entries = blockIO["ioServiceBytesRecursive"] as? [[String: Any]] ?? []
        #expect(entries.count == lines.count, "\(blockIO) of\n\(kernel)")
        for entry in entries { #expect(Set(entry.keys) == ["major", "minor", "op", "value"]) }
      }
      let pages = try #require(data["hugetlb"] as? [String: [String: Any]])
      if let usage = try counts(pid, "hugetlb", "hugetlb.2MB.usage_in_bytes") {
        let two = try #require(pages["2MB"])
        #expect(Set(two.keys) == ["usage", "max", "failcnt"] && usage == "\(two["usage"] ?? "")\n", "\(pages)")
      }
      try bed.runtime(["delete", "--force", "a"]).succeeding()
    }
  }

  @Test("a limit of the kernel's memory has no effect, which is said")
  func withoutEffect() throws {
    try BundleBed.use { bed in
      try bed.write("exec sleep 60", linux("resources", ["memory": ["kernel": 1 << 20]]))
      let made = try bed.runtime(["run", "--detach", "a"]).succeeding()
      #expect(made.errors.contains("warning: memory.kernel is passed over"), "\(made)")
      let updated = try bed.runtime(["update", "--kernel-memory", "1m", "a"]).succeeding()
      #expect(updated.errors.contains("warning: memory.kernel is passed over"), "\(updated)")
      try bed.runtime(["delete", "--force", "a"]).succeeding()
    }
  }
}

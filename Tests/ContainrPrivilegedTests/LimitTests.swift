// Limits: what the file says stands in the kernel, in every hierarchy, and holds.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Limits", .serialized, .asRoot)
struct LimitTests {
  @Test(
    "every limit of the file stands in the cgroup of its hierarchy, and the process is in all of them",
    .notAsUser("device rules are root's; RootlessLimitTests looks at the others"))
  func values() throws {
    // The root file system's disk; a machine that runs these tests has one.
    let disk = try Self.blockDevice()
    try Bed.use(
      """
      x-a: &a { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
      services:
        a:
          <<: *a
          mem_limit: 64m
          mem_reservation: 32m
          cpus: 0.75
          cpu_shares: 512
          cpuset: "0"
          pids_limit: 33
          blkio_config:
            device_read_bps: [{ path: \(disk.path), rate: 10mb }]
            device_write_bps: [{ path: \(disk.path), rate: 5mb }]
            device_read_iops: [{ path: \(disk.path), rate: 1000 }]
            device_write_iops: [{ path: \(disk.path), rate: 500 }]
        b:
          <<: *a
          deploy: { resources: { limits: { memory: 48m, cpus: "0.5", pids: 12 }, reservations: { memory: 24m } } }
        c:
          <<: *a
      """
    ) { bed in
      try bed.up()
      let expected: [(String, String, String, String)] = [
        ("memory", "a", "memory.limit_in_bytes", "67108864"), ("memory", "a", "memory.soft_limit_in_bytes", "33554432"),
        ("cpu", "a", "cpu.cfs_quota_us", "75000"), ("cpu", "a", "cpu.cfs_period_us", "100000"),
        Bed.isUnified ? ("cpu", "a", "cpu.weight", "20") : ("cpu", "a", "cpu.shares", "512"),
        ("cpuset", "a", "cpuset.cpus", "0"), ("pids", "a", "pids.max", "33"),
        ("blkio", "a", "blkio.throttle.read_bps_device", "\(disk.number) 10485760"),
        ("blkio", "a", "blkio.throttle.write_bps_device", "\(disk.number) 5242880"),
        ("blkio", "a", "blkio.throttle.read_iops_device", "\(disk.number) 1000"),
        ("blkio", "a", "blkio.throttle.write_iops_device", "\(disk.number) 500"),
        ("memory", "b", "memory.limit_in_bytes", "50331648"), ("memory", "b", "memory.soft_limit_in_bytes", "25165824"),
        ("cpu", "b", "cpu.cfs_quota_us", "50000"), ("pids", "b", "pids.max", "12"), ("pids", "c", "pids.max", "max"),
        ("cpu", "c", "cpu.cfs_quota_us", "-1"),
      ]
      for (controller, service, file, value) in expected {
        #expect(try bed.cgroup(controller, service, file) == value, "\(service) \(file)")
      }
      let pid = try bed.pid("a")
      for controller in Bed.isUnified
        ? ["."] : ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids"]
      {
        #expect(
          try bed.cgroup(controller, "a", "cgroup.procs").split(separator: "\n").contains("\(pid)"), "\(controller)")
      }
      // On v2 they are a program: drift reads it, and KernelCgroupTests looks at what it lets through.
      if Bed.isUnified { return #expect(try bed.plan().hasPrefix("nothing to do")) }
      let devices = try bed.cgroup("devices", "a", "devices.list")
      #expect(!devices.contains("a *:* rwm"), "\(devices)")
      #expect(devices.contains("c 1:3 rwm"), "\(devices)")
    }
  }

  @Test("too much memory is answered by the OOM killer, which ps tells; too many processes by an error")
  func held() throws {
    try Bed.use(
      """
      services:
        eater: { layers: [./base], command: [probe, eat, "60"], mem_limit: 16m, memswap_limit: 16m, stop_signal: SIGKILL }
        forker: { layers: [./base], command: [sh, -c, "probe forks > /out/forker; echo END >> /out/forker"], pids_limit: 8, stop_signal: SIGKILL, volumes: ["./out:/out"] }
      """
    ) { bed in
      try Probe.install(into: bed.path + "/base")
      try bed.up()
      let eater = try bed.wait("eater", "exited")
      #expect(eater.outOfMemory && eater.exitCode == 137, "\(eater)")
      #expect(try bed.run("containr", ["ps", "-p", "t"]).output.contains("out of memory"))
      #expect(try bed.cgroup("pids", "forker", "pids.max") == "8")
      try eventually("fork was refused") {
        (Int(try bed.cgroup("pids", "forker", "pids.events").split(separator: " ").last ?? "0") ?? 0) > 0
      }
    }
  }

  @Test("a limit that this kernel cannot give is an error that says which and why; one that it can give is given")
  func unavailable() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./base]
          command: [sleep, "100000"]
          blkio_config: { weight: 300 }
          stop_signal: SIGKILL
      """
    ) { bed in
      let up = try bed.tryUp()
      // Only BFQ weighs: what is right depends on the machine's disks, and each machine has one right answer.
      if Self.disksWeigh {
        #expect(up.code == 0, "\(up)")
        #expect(try bed.cgroup("blkio", "a", "blkio.bfq.weight") == "300")
        return
      }
      #expect(up.code == 2, "\(up)")
      #expect(up.errors.contains("weight") && up.errors.contains("stack.yaml:6:"), "\(up)")
      #expect(up.errors.contains("    blkio_config: { weight: 300 }") && up.errors.contains("^"), "\(up)")
      bed.expectNothingLeft()
    }
  }

  /// Whether a disk uses the one scheduler that knows weights.
  private static var disksWeigh: Bool {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/block")) ?? []
    return names.contains { name in
      let text = FileManager.default.contents(atPath: "/sys/block/\(name)/queue/scheduler") ?? Data()
      return String(decoding: text, as: UTF8.self).contains("[bfq]")
    }
  }

  static func blockDevice() throws -> (path: String, number: String) {
    for name in try FileManager.default.contentsOfDirectory(atPath: "/sys/block").sorted()
    where !name.hasPrefix("zram") && !name.hasPrefix("ram") {
      let number = try String(contentsOfFile: "/sys/block/\(name)/dev", encoding: .utf8).trimmingCharacters(
        in: .newlines)
      if FileManager.default.fileExists(atPath: "/dev/\(name)") { return ("/dev/\(name)", number) }
    }
    throw TestSupportError("this machine has no block device")
  }
}

// Limits of an ordinary user's containers, in a cgroup that root has given to the user: of v1 and of v2, whichever is here.
import ContainrTestSupport
import Foundation
import Testing

@Suite("an ordinary user's limits", .serialized, .asRoot, .notAsUser("it runs as users of its own in every run"))
struct RootlessLimitTests {
  private struct Use: Decodable {
    var memory: UInt64
    var pids: UInt64
  }

  @Test(
    "in a group that was given to the user limits stand in the kernel and follow the file, and what is used is measured"
  )
  func delegated() throws {
    let stack = """
      services:
        a:
          layers: [./base]
          command: [sleep, "100000"]
          mem_limit: 64m
          cpus: 0.5
          pids_limit: 30
          stop_signal: SIGKILL

      """
    try Bed.use(stack, asUser: true) { bed in
      let up = try bed.up()
      #expect(!up.errors.contains("warning"), "\(up)")
      let values = [
        ("memory", "memory.limit_in_bytes", "67108864"), ("cpu", "cpu.cfs_quota_us", "50000"),
        ("pids", "pids.max", "30"),
      ]
      for (controller, file, value) in values {
        #expect(try bed.cgroup(controller, "a", file) == value, "\(file)")
      }
      let pid = try bed.pid("a")
      #expect(try bed.cgroup("memory", "a", "cgroup.procs") == "\(pid)")
      let owner = try FileManager.default.attributesOfItem(atPath: bed.cgroupDirectory("memory", "a"))[.ownerAccountID]
      #expect(owner as? Int == bed.sandbox.user?.uid)
      let line = try bed.run("containr", ["stats", "-p", "t", "--no-stream", "--format", "json", "--interval", "300"])
        .succeeding().output
      let use = try JSONDecoder().decode(Use.self, from: Data(line.utf8))
      #expect(use.memory > 0 && use.pids == 1, "\(line)")
      #expect(try bed.container("a").memoryLimit == 67_108_864)
      #expect(try bed.plan().hasPrefix("nothing to do"))

      try bed.edit("64m", "96m")
      try bed.up()
      #expect(try bed.pid("a") == pid)
      #expect(try bed.cgroup("memory", "a", "memory.limit_in_bytes") == "100663296")
      try bed.setCgroup("memory", "a", "memory.limit_in_bytes", "50331648")
      #expect(try bed.plan().contains("50331648"))
      try bed.up()
      #expect(try bed.cgroup("memory", "a", "memory.limit_in_bytes") == "100663296")

      try bed.run("containr", ["pause", "-p", "t", "a"]).succeeding()
      try bed.wait("a", "paused")
      try bed.run("containr", ["unpause", "-p", "t", "a"]).succeeding()
      try bed.wait("a", "running")
    }
  }

  @Test("one that takes more memory than it may is ended by the kernel, which is told, in a stack and alone")
  func outOfMemory() throws {
    let stack = """
      services:
        hog: { layers: [./base], command: [tail, /dev/zero], mem_limit: 16m, restart: "no" }

      """
    try Bed.use(stack, asUser: true) { bed in
      try bed.tryUp()
      let row = try bed.wait("hog", "exited")
      #expect(row.outOfMemory && row.exitCode == 137, "\(row)")
      let words = ["--memory", "16m", "--network", "none", "--layer", "base", "--", "/bin/tail", "/dev/zero"]
      let run = try bed.run("containr", ["run", "--rm"] + words)
      #expect(run.code == 137 && run.errors.contains("out of memory"), "\(run)")
    }
  }
}

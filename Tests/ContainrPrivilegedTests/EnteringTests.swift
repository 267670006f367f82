// Who enters a container, or listens to it, gets no more than the container has, and costs no more than it may.
import ContainrTestSupport
import Foundation
import Testing

@Suite("What enters a container", .serialized, .asRoot)
struct EnteringTests {
  private static let rights = "grep -E '^(Cap|NoNewPrivs|Seccomp:|Groups)' /proc/self/status"

  // With any set of its own for a command or a health check: another line than that of process 1.
  @Test("CVE-2025-27612: a command and a health check have the rights of process 1, of stacks and of bundles")
  func rights() throws {
    let stack = """
      services:
        web:
          layers: [./base]
          command: [sh, -c, "(\(Self.rights); echo END) > /out/first; exec sleep 1000"]
          cap_drop: [ALL]
          cap_add: [KILL, CHOWN]
          security_opt: ["no-new-privileges:true"]
          group_add: ["4711"]
          network_mode: none
          stop_signal: SIGKILL
          volumes: ["./out:/out"]
          healthcheck: {test: [CMD-SHELL, "(\(Self.rights); echo END) > /out/probe"], interval: 200ms}
      """
    try Bed.use(stack) { bed in
      try bed.up("--wait")
      let first = try bed.output("first")
      #expect(first.contains("0000000000000021") && first.contains("4711"), "\(first)")
      #expect(try bed.output("probe") == first)
      let entered = try bed.run("containr", ["exec", "-p", "t", "web", "sh", "-c", Self.rights])
      #expect(entered.output == first, "\(entered)")
    }
    try BundleBed.use { bed in
      try bed.write("\(Self.rights); touch /ready; exec sleep 1000")
      let first = try bed.runtime(["run", "--detach", "a"]).succeeding().output
      try eventually("it runs") { FileManager.default.fileExists(atPath: "\(bed.bundle)/rootfs/ready") }
      let entered = try bed.runtime(["exec", "a", "sh", "-c", Self.rights]).succeeding().output
      let own = try bed.runtime(["exec", "a", "cat", "/proc/1/status"]).succeeding().output
      for line in own.split(separator: "\n") where line.hasPrefix("Cap") {
        #expect(entered.contains(line), "\(line) of\n\(entered)\(first)")
      }
      try bed.runtime(["delete", "--force", "a"]).succeeding()
    }
  }

  // Without a limit on what is kept of the output: the supervisor grows by all of it.
  @Test("CVE-2022-1708, 2022-31030: a health check that writes without end costs the supervisor nothing")
  func endless() throws {
    let stack = """
      services:
        web:
          layers: [./base]
          command: [sleep, "1000"]
          network_mode: none
          stop_signal: SIGKILL
          healthcheck: {test: [CMD-SHELL, "exec busybox yes 0123456789012345678901234567890123456789"], interval: 100ms, timeout: 2s, retries: 2}
      """
    func peak(_ pid: Int32) throws -> Int {
      let line = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8).split(separator: "\n").first {
        $0.hasPrefix("VmHWM:")
      }
      return try #require(line.flatMap { Int($0.filter(\.isNumber)) })
    }
    try Bed.use(stack) { bed in
      try bed.up()
      let pid = try #require(try bed.supervisor())
      let before = try peak(pid)
      try eventually("it is unhealthy") { try bed.container("web").health == "unhealthy" }
      #expect(try bed.supervisor() == pid)
      let grown = try peak(pid) - before
      #expect(grown < 32 * 1024, "\(grown) kB")
    }
  }

  // With an attachment that outlives who made it: one descriptor more for each.
  @Test("CVE-2025-64329: who attaches and is killed leaves nothing in the container's shim")
  func attached() throws {
    let stack = """
      services:
        web: {layers: [./base], command: [sh], tty: true, stdin_open: true, network_mode: none, stop_signal: SIGKILL}
      """
    try Bed.use(stack) { bed in
      try bed.up()
      let shim = try bed.shim(of: bed.pid("web"))
      func descriptors() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/\(shim)/fd").count }
      let before = try descriptors()
      for _ in 0..<10 {
        let command = try bed.sandbox.start("containr", ["attach", "-f", Bed.file, "--no-stdin", "web"])
        try eventually("it is attached") { try descriptors() > before }
        command.signal(SIGKILL)
        _ = command.wait()
        try eventually("it is gone") { try descriptors() == before }
      }
    }
  }
}

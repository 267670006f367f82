// Mounts, rights, limits and networks of a running container that somebody changes from outside, or that change in ways a
// program cannot be trusted with: seen in the kernel, named by the plan and by status, repaired by up.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Drift inside a container", .serialized, .asRoot)
struct KernelDriftTests {
  private static let stack = make("[sleep, \"100000\"]")

  private static func make(_ command: String, _ more: String = "") -> String {
    """
    services:
      web:
        layers: [./base]
        command: \(command)
    \(more)
        stop_signal: SIGKILL
        volumes: [./out:/out, "./shared:/shared:ro", "data:/data"]
        networks: {default: , side: {ipv4_address: 10.66.0.9}}
      app:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
    networks: {side: {internal: true, ipam: {config: [{subnet: 10.66.0.0/24}]}}}
    volumes: {data: }
    """
  }

  /// Brings the stack up, does harm to `web`, and expects plan and status to name it with these words, and `up` to repair it.
  private func repaired(
    _ words: String..., inPlace: Bool, stack: String = stack, sourceLocation: SourceLocation = #_sourceLocation,
    harm: (Bed, Int32) throws -> Void
  ) throws {
    try Bed.use(stack, sourceLocation: sourceLocation) { bed in
      try FileManager.default.createDirectory(atPath: bed.path + "/shared", withIntermediateDirectories: true)
      try Probe.install(into: bed.path + "/base")
      try bed.shell("cp base/bin/probe base/bin/setuid-probe; chmod 4755 base/bin/setuid-probe")
      try bed.up()
      let pids = try bed.pids()
      // From here on a plan reads only what the kernel says has moved.
      try bed.awaitStill("t-web-1", "t-app-1")
      #expect(try bed.plan() == "nothing to do: \(pids.count) containers match\n", sourceLocation: sourceLocation)
      #expect(try bed.run("containr", ["status", "-p", "t"]).code == 0, sourceLocation: sourceLocation)
      try harm(bed, try bed.pid("web"))
      let plan = try bed.plan()
      let status = try bed.run("containr", ["status", "-p", "t"])
      #expect(status.code == 2, "\(status)", sourceLocation: sourceLocation)
      for word in words {
        #expect(plan.contains(word), "\(plan)", sourceLocation: sourceLocation)
        #expect(status.output.contains(word), "\(status)", sourceLocation: sourceLocation)
      }
      #expect(
        plan.contains(inPlace ? "~   container t-web-1   change" : "-/+ container t-web-1   recreate"), "\(plan)",
        sourceLocation: sourceLocation)
      #expect(!plan.contains("t-app-1"), "\(plan)", sourceLocation: sourceLocation)
      try bed.up()
      let after = try bed.pids()
      #expect((after["web-1"] == pids["web-1"]) == inPlace, sourceLocation: sourceLocation)
      #expect(after["app-1"] == pids["app-1"], sourceLocation: sourceLocation)
      let clean = try bed.plan()
      #expect(clean.hasPrefix("nothing to do"), "\(clean)", sourceLocation: sourceLocation)
      #expect(try bed.run("containr", ["status", Bed.file]).code == 0, sourceLocation: sourceLocation)
    }
  }

  /// A command in some namespaces of a process, with the host's programs.
  private func enter(_ pid: Int32, _ namespaces: String, _ words: String...) throws {
    try run("nsenter", ["-t", "\(pid)"] + namespaces.split(separator: " ").map(String.init) + ["--"] + words)
      .succeeding()
  }

  @Test("a volume that was unmounted in the container is named, and the container made again")
  func unmounted() throws {
    try repaired("mount /data: not mounted → ", "(drift)", "recreate", inPlace: false) { _, pid in
      try enter(pid, "-m -p", "/bin/umount", "/data")
    }
  }

  @Test("a read-only mount that was made writable is named with both sides")
  func writable() throws {
    try repaired("mount /shared: ", " rw → ", " ro (drift)", inPlace: false) { _, pid in
      try enter(pid, "-m -p", "/bin/mount", "-o", "remount,bind,rw", "/shared")
    }
  }

  @Test("a mount that was added, and a mask that was taken off, are named")
  func added() throws {
    try repaired("mount /tmp: tmpfs rw → not mounted (drift)", "mount /sys/firmware: not mounted → ", inPlace: false) {
      _, pid in
      try enter(pid, "-m -p", "/bin/mount", "-t", "tmpfs", "x", "/tmp")
      try enter(pid, "-m -p", "/bin/umount", "/sys/firmware")
    }
  }

  @Test("a default route that was deleted is named by its network and comes back, without a restart")
  func route() throws {
    try repaired("drift: its default route via ", "in place", inPlace: true) { _, pid in
      try enter(pid, "-n", "ip", "route", "delete", "default")
    }
  }

  @Test("a deleted address, a deleted route, and added ones are named and put right, without a restart")
  func addresses() throws {
    try repaired(
      "drift: its address 10.66.0.9 on network side is gone", "drift: the address 10.66.0.77 was added",
      "drift: the route 10.77.0.0/16 on eth0 was added", inPlace: true
    ) { _, pid in
      try enter(pid, "-n", "ip", "address", "add", "10.66.0.77/32", "dev", "eth1")
      try enter(pid, "-n", "ip", "address", "delete", "10.66.0.9/24", "dev", "eth1")
      try enter(pid, "-n", "ip", "route", "add", "10.77.0.0/16", "dev", "eth0")
    }
    try repaired("drift: its route to 10.66.0.0/24 is gone", inPlace: true) { _, pid in
      try enter(pid, "-n", "ip", "route", "delete", "10.66.0.0/24")
    }
  }

  @Test("lo that was set down, and an interface that was set down inside, are named and set up")
  func down() throws {
    try repaired("drift: lo is down", inPlace: true) { _, pid in try enter(pid, "-n", "ip", "link", "set", "lo", "down")
    }
    try repaired("drift: its interface eth1 on network side is down", inPlace: true) { _, pid in
      try enter(pid, "-n", "ip", "link", "set", "eth1", "down")
    }
  }

  @Test("a strange interface in the container is named, and the container made again")
  func interface() throws {
    try repaired("interface strange0: there → not there (drift)", inPlace: false) { _, pid in
      try enter(pid, "-n", "ip", "link", "add", "strange0", "type", "veth", "peer", "name", "strange1")
    }
  }

  @Test("a hard limit that is higher than at the start is set back in place")
  func limit() throws {
    try repaired("rlimit.nofile: ", " → 900 (drift)", "in place", inPlace: true) { bed, pid in
      // Raising it takes CAP_SYS_RESOURCE, which a root of a container does not have: the record is lowered instead.
      let file = "\(bed.sandbox.runDirectory)/containers/t-web-1/state"
      let state = try bed.read(file)
      let line = try #require(state.split(separator: "\n").first { $0.hasPrefix("Max open files") })
      let hard = try #require(line.split(separator: " ").dropLast().last)
      let lower = "900" + String(repeating: " ", count: hard.count - 3)
      try Data(state.replacingOccurrences(of: line, with: line.replacingOccurrences(of: hard, with: lower)).utf8)
        .write(to: URL(filePath: file))
    }
  }

  @Test("a process that has become root through a setuid program is named with its ids and capabilities")
  func setuid() throws {
    let stack = Self.make(
      "[sh, -c, \"while [ ! -e /out/go ]; do sleep 0.1; done; exec setuid-probe root\"]", "    user: \"1000\"\n")
    try repaired(
      "user: 0 → 1000 (drift)", "capabilities.effective: CAP_CHOWN,", " → none (drift)", "recreate", inPlace: false,
      stack: stack
    ) { bed, pid in
      try bed.shell("touch out/go")
      try eventually("it is root") {
        try bed.read("/proc/\(pid)/status").contains(
          "Uid:" + String(repeating: "\t\(bed.sandbox.hostID(0))", count: 4))
      }
      try bed.shell("rm out/go")
    }
  }

  @Test("a process that has left its network namespace is named, and made again")
  func namespace() throws {
    let stack = Self.make(
      "[sh, -c, \"while [ ! -e /out/go ]; do sleep 0.1; done; exec unshare -n sleep 100000\"]",
      "    cap_add: [SYS_ADMIN]\n")
    try repaired("network namespace: net:[", "recreate", inPlace: false, stack: stack) { bed, pid in
      let before = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/net")
      try bed.shell("touch out/go")
      try eventually("it has left") {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/net") != before
      }
      try bed.shell("rm out/go")
    }
  }

  @Test("another process under the container's record has no filter and no walls: all of it is named")
  func stranger() throws {
    try Bed.use(Self.stack) { bed in
      try FileManager.default.createDirectory(atPath: bed.path + "/shared", withIntermediateDirectories: true)
      try bed.up()
      try bed.awaitStill("t-web-1", "t-app-1")
      let record = "\(bed.sandbox.runDirectory)/containers/t-web-1/process"
      // A user's command looks at nobody outside of the user's namespaces.
      let holder = try bed.sandbox.user == nil ? "self" : String(bed.read("run/rootless").prefix { $0 != " " })
      let place = holder == "self" ? [] : ["nsenter", "-t", holder, "--user", "--net", "-S", "0", "-G", "0"]
      let sleeper = try run("env", place + ["sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!"]).succeeding().output
      let pid = try #require(Int32(sleeper.split(separator: "\n")[0]))
      defer { kill(pid, SIGKILL) }
      let stat = try bed.read("/proc/\(pid)/stat")
      let start = stat[stat.lastIndex(of: ")")!...].split(separator: " ")[20]
      let old = try bed.read(record)
      let lines = old.split(separator: "\n").map { $0.hasPrefix("init ") ? "init \(pid) \(start)" : String($0) }
      try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: record))
      let plan = try bed.plan()
      for word in [
        "seccomp: mode 0 → mode 2 (drift)", "seccomp.filters: 0 → ", "capabilities.bounding: ", "network namespace: ",
        "mount /data: not mounted → ", "mount /: ", "cgroup: ",
      ] { #expect(plan.contains(word), "\(plan)") }
      try Data(old.utf8).write(to: URL(filePath: record))
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("what a program does to itself is no drift: it gives up root, capabilities, and tightens its limits")
  func ownAffair() throws {
    let stack = Self.make("[sh, -c, \"ulimit -n 512; exec probe drop\"]")
    try Bed.use(stack) { bed in
      try FileManager.default.createDirectory(atPath: bed.path + "/shared", withIntermediateDirectories: true)
      try Probe.install(into: bed.path + "/base")
      try bed.up()
      let pid = try bed.pid("web")
      try eventually("it has given up") { try bed.read("/proc/\(pid)/status").contains("CapBnd:\t0000000000000000") }
      #expect(
        try bed.read("/proc/\(pid)/status").contains(
          "Uid:" + String(repeating: "\t\(bed.sandbox.hostID(1234))", count: 4)))
      #expect(try bed.plan() == "nothing to do: 2 containers match\n")
    }
  }
}

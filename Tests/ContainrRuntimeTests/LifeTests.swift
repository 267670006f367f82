// The life of a container: exits, records, stops, kills of everybody involved, commands.
import ContainrCgroups
import ContainrInit
import ContainrOCI
import ContainrRootfs
import ContainrSystem
import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrRuntime

@Suite("A container's life", needsRoot)
struct LifeTests {
  let host: RuntimeHost
  init() throws { host = try RuntimeHost() }

  @Test("Exit codes and signals are recorded with the time, and delete leaves nothing")
  func exits() throws {
    #expect(try host.run("a", "exit 42").status == .exited(42))
    // pid 1 is not hit by signals from inside that it does not handle.
    #expect(try host.run("b", "kill -9 $$; kill -TERM $$; exit 5").status == .exited(5))
    try host.start(try host.config("c", "sleep 60"))
    #expect(try host.runtime.signal("c", signal: 9))
    let exit = try #require(try host.runtime.waitForExit("c", milliseconds: TestPace.milliseconds(60_000)))
    #expect(exit.status == .signalled(9))
    #expect(exit.time > Kernel.realTime() - 10_000_000_000)
    #expect(try host.runtime.observe("c") == .exited(exit))
    for id in ["a", "b", "c"] { try host.runtime.delete(id, cgroupPath: host.cgroup(id)) }
    #expect(try host.leftovers() == [])
    #expect(try host.runtime.observe("c") == .absent)
  }

  @Test("Both streams are in the log, a last line without its end too")
  func log() throws {
    let (lines, _) = try host.run("a", "echo out; echo err >&2; seq 1 3000; printf tail")
    #expect(lines.filter { $0.hasPrefix("! ") } == ["! err"])
    var expected = ["out"]
    for number in 1...3000 { expected.append("\(number)") }
    expected.append("tail")
    #expect(lines.filter { !$0.hasPrefix("! ") } == expected)
  }

  @Test("The limits stand in the cgroup, the process is in it, and sees it as its root")
  func limits() throws {
    let pid = try host.start(
      try host.config("a", "cat /proc/self/cgroup; sleep 60") {
        $0.spec.linux.resources.memory.limit = 64 << 20
        $0.spec.linux.resources.pids = 50
      }
    ).pid
    let inside = try Kernel.text(of: FilePath("/proc/\(pid)/cgroup"))
    #expect(inside.contains("pids:/\(host.cgroup("a"))") || inside.contains("::/\(host.cgroup("a"))"))
    let isUnified = host.mounts.layout == .v2
    let memory = try #require(isUnified ? host.mounts.unified : host.mounts.controllers["memory"])
    let file = memory.appending(FilePath(host.cgroup("a")).components)
      .appending(isUnified ? "memory.max" : "memory.limit_in_bytes")
    #expect(try Kernel.text(of: file) == "\(64 << 20)")
    var resources = OCIResources()
    resources.memory.limit = 32 << 20
    try host.runtime.update("a", cgroupPath: host.cgroup("a"), resources: resources)
    #expect(try Kernel.text(of: file) == "\(32 << 20)")
    let result = try host.runtime.exec(
      "a", process: try shell("cat /proc/self/cgroup"), cgroupPath: host.cgroup("a"))
    #expect(String(decoding: result.output, as: UTF8.self).contains(isUnified ? "0::/\n" : "pids:/\n"))
    #expect(try host.runtime.stop("a", signal: 15, graceMilliseconds: 50)?.status == .signalled(9))
  }

  @Test("A container that runs out of memory is said to have done so")
  func outOfMemory() throws {
    try host.start(
      try host.config("a", "") {
        $0.spec.process.args = ["dd", "if=/dev/zero", "of=/dev/shm/x", "bs=1M", "count=60"]
        $0.spec.linux.resources.memory.limit = 16 << 20
      })
    let exit = try #require(try host.runtime.waitForExit("a", milliseconds: TestPace.milliseconds(60_000)))
    #expect(exit.status == .signalled(9))
    #expect(exit.outOfMemory)
  }

  @Test("Stop sends the signal, and kills who does not listen")
  func stop() throws {
    try host.start(try host.config("a", "trap 'exit 3' TERM; echo ready; while :; do sleep 0.05; done"))
    try host.start(try host.config("b", "trap '' TERM; echo ready; while :; do sleep 0.05; done"))
    for id in ["a", "b"] { _ = try host.log(id, whenLines: 1) }
    #expect(
      try host.runtime.stop("a", signal: 15, graceMilliseconds: TestPace.milliseconds(60_000))?.status == .exited(3))
    #expect(try host.runtime.stop("b", signal: 15, graceMilliseconds: 100)?.status == .signalled(9))
    #expect(try host.runtime.stop("b", signal: 15, graceMilliseconds: 100)?.status == .signalled(9))
    #expect(try host.runtime.stop("none", signal: 15, graceMilliseconds: 100) == nil)
  }

  @Test("The shim's death is the container's, whoever it runs as", arguments: ["root", "web"])
  func shimKilled(user: String) throws {
    let initial = try host.start(try host.config("a", "sleep 60") { $0.spec.process.user.username = user })
    guard case .running(initial, let shim?) = try host.runtime.observe("a") else {
      Issue.record("it does not run")
      return
    }
    guard let pidfd = try initial.openPidFD() else { return }
    try shim.send(signal: 9)
    #expect(try Kernel.waitUntilEnded(pidfd: pidfd.raw, milliseconds: Int32(TestPace.milliseconds(60_000))))
    #expect(try host.runtime.observe("a") == .died)
    #expect(throws: RuntimeError.self) { try host.runtime.waitForExit("a", milliseconds: TestPace.milliseconds(1000)) }
    try host.runtime.delete("a", cgroupPath: host.cgroup("a"))
    #expect(try host.leftovers() == [])
  }

  @Test("A network that cannot be made ends the start and leaves nothing")
  func networkFails() throws {
    struct NoNetwork: Error {}
    var seen: (Int32, String)?
    let error = #expect(throws: RuntimeError.self) {
      _ = try host.runtime.start(try host.config("a", "sleep 60")) { pid, socket in
        seen = (pid, try Kernel.readLink(FilePath("/proc/\(pid)/ns/net")))
        #expect(try Kernel.readLink(FilePath("/proc/self/fd/\(socket)")).hasPrefix("socket:"))
        throw NoNetwork()
      }
    }
    #expect(error?.stage == "configure the network")
    #expect(seen?.1 != (try Kernel.readLink("/proc/self/ns/net")))
    #expect(try host.leftovers() == [])
  }

  @Test("A host that dies at any message of the start leaves nothing after delete")
  func hostDies() throws {
    for count in 0...3 {
      let directory = try RunDirectory(host.runs, "a")
      try Kernel.makeDirectory(directory.path, mode: 0o700)
      let shim: ProcessIdentity
      do {
        let session = try ShimSession(host.runtime.binary, "container", directory)
        shim = try ProcessIdentity.current(pid: session.process.pid)
        if count > 0 {
          let config = try host.config("a", "sleep 60")
          try host.runtime.request(config, in: directory, host.runtime.cgroup(of: config), over: session)
          for _ in 1..<count { _ = try session.receive() }
        }
      }
      // The socket is closed, as by the kernel when the host is killed.
      #expect(try host.runtime.waitForEnd(of: shim, in: directory, milliseconds: TestPace.milliseconds(60_000)))
      if case .running = try host.runtime.observe("a") { Issue.record("it runs after \(count) messages") }
      try host.runtime.delete("a", cgroupPath: host.cgroup("a"))
      #expect(try host.leftovers() == [])
    }
  }

  @Test("What cannot be executed is an error of the start, with the reason")
  func notExecutable() throws {
    try Kernel.replace(host.layer.appending("bin/script"), with: Array("#!/bin/missing\n".utf8), mode: 0o755)
    try Kernel.replace(host.layer.appending("bin/text"), with: Array("text".utf8), mode: 0o644)
    for (program, reason) in [
      ("nothing", "not found in PATH"), ("/bin/script", "interpreter"), ("/bin/text", "Permission"),
    ] {
      let error = #expect(throws: RuntimeError.self) {
        try host.start(try host.config("a", "") { $0.spec.process.args = [program] })
      }
      #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
      #expect(try host.leftovers() == [])
    }
  }

  @Test("A second start of the same container is refused and does not harm the first")
  func twice() throws {
    let initial = try host.start(try host.config("a", "sleep 60"))
    let error = #expect(throws: RuntimeError.self) { try host.start(try host.config("a", "sleep 60")) }
    #expect(error?.description.contains("not deleted") == true)
    guard case .running(initial, _) = try host.runtime.observe("a") else {
      Issue.record("the first one is gone")
      return
    }
  }

  @Test("Twelve start at once")
  func concurrent() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<12 {
        let config = try host.config("c\(index)", "exit \(index)")
        let runtime = host.runtime
        group.addTask { _ = try runtime.start(config) { _, _ in } }
      }
      try await group.waitForAll()
    }
    for index in 0..<12 {
      #expect(
        try host.runtime.waitForExit("c\(index)", milliseconds: TestPace.milliseconds(60_000))?.status
          == .exited(Int32(index)))
    }
  }

  private func shell(_ script: String) throws -> OCIProcess {
    try host.config("a", script).spec.process
  }

  @Test("A command runs in the container's namespaces, with its filter, its user and its limits")
  func exec() throws {
    let pid = try host.start(try host.config("a", "sleep 60") { $0.spec.process.noNewPrivileges = true }).pid
    var process = try shell(
      "readlink /proc/self/ns/pid; readlink /proc/self/ns/mnt; grep -E '^(NoNew|Seccomp:|CapInh)' /proc/self/status; ls /proc/self/fd; id -u; pwd; echo bad >&2; exit 9"
    )
    process.user.username = "web"
    process.cwd = "/etc"
    process.noNewPrivileges = true
    let result = try host.runtime.exec(
      "a", process: process, cgroupPath: host.cgroup("a"), timeoutMilliseconds: TestPace.milliseconds(60_000))
    #expect(result.status == .exited(9))
    #expect(
      String(decoding: result.output, as: UTF8.self).split(separator: "\n").map(String.init) == [
        try Kernel.readLink(FilePath("/proc/\(pid)/ns/pid")), try Kernel.readLink(FilePath("/proc/\(pid)/ns/mnt")),
        "CapInh:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2", "0", "1", "2", "3", "1000", "/etc", "bad",
      ])
    let socket = try host.runtime.networkSocket("a")
    #expect(try Kernel.readLink(FilePath("/proc/self/fd/\(socket.raw)")).hasPrefix("socket:"))
    // Of one life of it alone.
    let life = try ProcessIdentity.current(pid: pid)
    let there = try host.runtime.exec("a", of: life, process: try shell("true"), cgroupPath: host.cgroup("a"))
    #expect(there.status == .exited(0))
    let other = ProcessIdentity(pid: pid, startTime: life.startTime + 1)
    let error = #expect(throws: RuntimeError.self) {
      try host.runtime.exec("a", of: other, process: try shell("true"), cgroupPath: host.cgroup("a"))
    }
    #expect(error?.description.contains("it was started anew meanwhile") == true)
  }

  @Test("A cgroup below somebody else's is found there at the end, whatever the caller takes it to be by then")
  func foreignGroup() throws {
    let parent = "\(host.name)-others"
    let roots = Set(host.mounts.controllers.points).union(host.mounts.unified.map { [$0] } ?? [])
    defer { for root in roots { try? Kernel.remove(root.appending(parent), isDirectory: true) } }
    try host.start(
      try host.config("a", "sleep 60") {
        $0.spec.linux.cgroupsPath = "\(parent)/containr-a"
        $0.ownsCgroupParents = false
      })
    func there() throws -> [FilePath] {
      var found: [FilePath] = []
      for root in roots where try Kernel.exists(root.appending(parent).appending("containr-a")) { found.append(root) }
      return found
    }
    #expect(try !there().isEmpty)
    try host.runtime.delete("a", cgroupPath: host.cgroup("a"))
    #expect(try there() == [])
  }

  /// A command that is killed after 300 ms; later if a full machine has not let it write anything by then.
  private func timedOut(_ script: String, outputLimit: Int = 1000) throws -> ExecResult {
    for milliseconds in [300, 3000] {
      let result = try host.runtime.exec(
        "a", process: try shell(script), cgroupPath: host.cgroup("a"),
        timeoutMilliseconds: TestPace.milliseconds(milliseconds),
        outputLimit: outputLimit)
      if !result.output.isEmpty { return result }
    }
    return try host.runtime.exec(
      "a", process: try shell(script), cgroupPath: host.cgroup("a"), timeoutMilliseconds: TestPace.milliseconds(30_000),
      outputLimit: outputLimit)
  }

  @Test("A command that takes too long is killed, one that says too much is cut off, one that is missing is an error")
  func execLimits() throws {
    try host.start(try host.config("a", "sleep 60"))
    let begin = Kernel.monotonicTime()
    let slow = try timedOut("echo before; sleep 1000")
    #expect(slow.timedOut && slow.status == nil)
    #expect(slow.output == Array("before\n".utf8))
    #expect(Kernel.monotonicTime() - begin < UInt64(TestPace.milliseconds(200_000)) * 1_000_000)
    let loud = try host.runtime.exec(
      "a", process: try shell("seq 1 100000"), cgroupPath: host.cgroup("a"), outputLimit: 10)
    #expect(loud.output == Array("1\n2\n3\n4\n5\n".utf8))
    #expect(loud.status == .exited(0))
    var missing = try shell("")
    missing.args = ["nothing-here"]
    let error = #expect(throws: RuntimeError.self) {
      try host.runtime.exec("a", process: missing, cgroupPath: host.cgroup("a"))
    }
    #expect(error?.stage == "find the program")
    #expect(throws: RuntimeError.self) { try host.runtime.exec("b", process: missing, cgroupPath: "") }
  }

  @Test("Where pivot_root cannot work the root is moved and chrooted into, and commands find it as well")
  func chroot() throws {
    var runtime = host.runtime
    runtime.forcedRootSwitch = .chroot
    let config = try host.config("a", "cat /etc/passwd | head -1; ls /; sleep 60")
    let pid = try runtime.start(config) { _, _ in }.pid
    let result = try runtime.exec(
      "a", process: try shell("ls /; readlink /proc/self/ns/mnt"), cgroupPath: host.cgroup("a"))
    #expect(
      String(decoding: result.output, as: UTF8.self).split(separator: "\n").map(String.init) == [
        "bin", "dev", "etc", "proc", "sys", try Kernel.readLink(FilePath("/proc/\(pid)/ns/mnt")),
      ])
    #expect(try host.log("a", whenLines: 6) == ["root:x:0:0::/root:/bin/sh", "bin", "dev", "etc", "proc", "sys"])
  }

  @Test("On a v2 tree it is born in its cgroup, which it sees read-only as the root")
  func unified() throws {
    guard let unified = host.mounts.unified else { return }
    let mounts = CgroupMounts(controllers: [:], unified: unified)
    let runtime = Runtime(
      shim: host.runtime.binary.path, runDirectory: host.runs, cgroups: mounts,
      initLayer: host.state.appending("init"))
    let script =
      "cat /proc/self/cgroup | grep ^0:; cat /sys/fs/cgroup/cgroup.procs | head -1; mkdir /sys/fs/cgroup/x 2>/dev/null || echo ro; sleep 60"
    let config = try host.config("a", script)
    let pid = try runtime.start(config) { _, _ in }.pid
    #expect(try Kernel.text(of: FilePath("/proc/\(pid)/cgroup")).contains("0::/\(host.cgroup("a"))"))
    let result = try runtime.exec("a", process: try shell("grep ^0: /proc/self/cgroup"), cgroupPath: host.cgroup("a"))
    #expect(String(decoding: result.output, as: UTF8.self) == "0::/\n")
    #expect(try host.log("a", whenLines: 3) == ["0::/", "1", "ro"])
    try runtime.delete("a", cgroupPath: host.cgroup("a"))
    #expect(try host.leftovers() == [])
  }

  @Test("What a command writes is read in pieces: one that never stops does not keep anybody from looking at the clock")
  func endlessOutput() throws {
    var collector = OutputCollector(SharedFD(try Kernel.open("/dev/zero")), limit: 1000)
    try collector.collect()
    #expect(collector.bytes.count == 1000)
    try host.start(try host.config("a", "sleep 60"))
    let result = try timedOut("yes & yes & yes & exec yes", outputLimit: 10)
    #expect(result.timedOut && result.output.count == 10)
    try host.runtime.delete("a", cgroupPath: host.cgroup("a"))
    #expect(try host.leftovers() == [])
  }

  @Test("The end of a container is recorded even if others of it, in the host's pid namespace, go on writing")
  func endlessSurvivors() throws {
    let config = try host.config("a", "yes & yes & yes & exit 3") { config in
      config.spec.linux.namespaces.removeAll { $0.type == .pid }
    }
    try host.start(config)
    #expect(try host.runtime.waitForExit("a", milliseconds: TestPace.milliseconds(60_000))?.status == .exited(3))
    try host.runtime.delete("a", cgroupPath: host.cgroup("a"))
    #expect(try host.leftovers() == [])
  }
}

// One test a known way out (docs/security.md) that AttackTests and the rooms' own tests do not show.
// Each says in a comment what it sees without the mitigation; Tests/mutants.toml takes it out.
import ContainrCgroups
import ContainrOCI
import ContainrRuntime
import ContainrSystem
import ContainrTestSupport
import Foundation
import SystemPackage
import Testing

@Suite("Known ways out are closed", .serialized, needsRoot)
struct EscapeTests {
  let host: RuntimeHost
  let victim: FilePath
  init() throws {
    host = try RuntimeHost()
    victim = try host.victim()
    // As in RuntimeHost: not by this process.
    try run("cp", [try Attacker.program(), host.layer.appending("bin/attacker").string]).succeeding()
  }

  /// All capabilities of this process, and no filter: what only the step under test may stop.
  private func free(_ config: inout ContainerConfig, adding names: [String] = ["CAP_SYS_PTRACE"]) {
    config.spec.linux.seccompProgram = nil
    config.spec.process.capabilities.bounding += names
    config.spec.process.capabilities.effective += names
    config.spec.process.capabilities.permitted += names
  }

  /// What a process inside saw of twenty commands that entered beside it; of more, as long as `isEnough` does not hold: who
  /// looks has to come to it just then.
  private func spied(
    until isEnough: ([String]) -> Bool = { _ in true }, _ change: (inout ContainerConfig) throws -> Void = { _ in }
  ) throws -> [String] {
    setenv("CONTAINR_SECRET", "of the caller", 1)
    defer { unsetenv("CONTAINR_SECRET") }
    let seconds = Int(300 * TestPace.factor)
    try host.start(try host.config("a", "exec attacker spy \(seconds)", change))
    func enter(_ script: String) throws {
      let command = try host.config("a", script).spec.process
      _ = try host.runtime.exec("a", process: command, cgroupPath: host.cgroup("a"))
    }
    var entered = 0
    while try entered < 20 || (entered < 400 && !isEnough(host.log("a"))) {
      try enter("true")
      entered += 1
    }
    try enter("touch /stop")
    _ = try host.runtime.waitForExit("a", milliseconds: seconds * 1000)
    let lines = try host.log("a")
    #expect(lines.contains { $0.hasPrefix("seen ") && $0 != "seen 0" }, "\(lines)")
    // What the last command makes is its own.
    return lines.filter { !$0.hasPrefix("seen ") && !$0.hasSuffix(" /stop") }
  }

  // Dumpable: /proc/PID/exe and every descriptor of the process that enters.
  @Test("CVE-2016-9962: of a command that enters nothing can be seen or opened before its program runs")
  func spy() throws {
    let lines = try spied()
    #expect(lines == [])
  }

  // With the caller's environment passed on: CONTAINR_SECRET.
  @Test("who may trace finds nothing of the caller's environment in what enters, nor the host's root")
  func spyWithPtrace() throws {
    let lines = try spied(until: { $0.contains { $0.hasPrefix("descriptor ") } }) { self.free(&$0) }
    #expect(!lines.contains { $0.contains("CONTAINR_SECRET") }, "\(lines)")
    // Its way to the host, the pipes of the caller, files of the container and of processes; `/` is the one or holds the other.
    let harmless = ["socket:", "pipe:", "anon_inode:", "/dev/null", "/etc/passwd", "/etc/group"]
    let held = lines.filter { $0.hasPrefix("descriptor ") }.compactMap {
      $0.split(separator: " ").last.map(String.init)
    }
    #expect(!held.isEmpty)
    let others = held.filter { name in
      name != "/" && !harmless.contains(where: name.hasPrefix) && name.wholeMatch(of: /\/[0-9]+\/.*/) == nil
    }
    #expect(others == [], "\(lines)")
    #expect(!lines.contains { $0.hasPrefix("unmasked ") }, "\(lines)")
  }

  // Without the primary group among the supplementary ones: the file opens.
  @Test("CVE-2022-36109, 2989, 2990, 2995, 2023-25173: a file that is closed to the user's own group stays closed")
  func negativeGroup() throws {
    let (lines, _) = try host.run("a", "grep Groups: /proc/self/status; cat /secret || echo closed") {
      $0.spec.process.user.username = "web"
      let secret = host.layer.appending("secret")
      try Kernel.replace(secret, with: Array("open\n".utf8), mode: 0o604)
      chown(secret.string, 0, 1001)
      chmod(secret.string, 0o604)
    }
    // A set-group-id program gives up the primary group: among the others it stays.
    #expect(lines.first?.split(separator: "\t").last.map(String.init) == "7 1001 ", "\(lines)")
    // Both streams are in the log, in whatever order they came.
    #expect(lines.filter { !$0.hasPrefix("! ") }.last == "closed")
  }

  // With a lookup by path in place of openat2(RESOLVE_IN_ROOT): `link` leads the mount to the host's /dir/target.
  @Test(
    "CVE-2021-30465, 2024-45310, 2025-52881: a directory and a link to / are exchanged while others start on top of them"
  )
  func exchange() throws {
    let volume = host.state.appending("volume")
    try Kernel.makeDirectories(volume.appending("dir\(victim.string)"))
    try Kernel.makeSymlink(volume.appending("link"), to: "/")
    try Kernel.makeDirectory(host.state.appending("data"))
    try host.write("data/marker", "x")
    let share = OCIMount(destination: "/v", type: "bind", source: volume.string, options: ["rbind"])
    try host.start(try host.config("swap", "exec attacker swap /v/dir /v/link") { $0.spec.mounts = [share] })
    let root = try Kernel.names(inDirectory: "/")
    let rounds = Int(ProcessInfo.processInfo.environment["CONTAINR_RACE_ROUNDS"] ?? "") ?? 150
    var starts = 0
    for _ in 0..<rounds {
      do {
        // Also a working directory and a file that have to be made behind the exchanged name.
        try host.start(
          try host.config("a", "true") {
            $0.spec.mounts = [
              share,
              OCIMount(
                destination: "/v/dir\(self.victim.string)", type: "bind",
                source: self.host.state.appending("data").string, options: ["rbind"]),
            ]
            $0.spec.process.cwd = "/v/dir\(self.victim.string)/new"
          })
        _ = try host.runtime.waitForExit("a", milliseconds: TestPace.milliseconds(60_000))
        starts += 1
      } catch is RuntimeError {}  // a link that leads nowhere inside
      try host.runtime.delete("a", cgroupPath: host.cgroup("a"))
      #expect(try Kernel.names(inDirectory: victim) == [], "something was made or mounted outside")
    }
    #expect(starts > 0)
    #expect(try Kernel.names(inDirectory: "/") == root)
    let mountinfo = try Kernel.text(of: "/proc/self/mountinfo")
    #expect(!mountinfo.contains(" \(victim.string) "))
  }

  // With the image's own /dev kept below ours, or files of /etc written by path: victim/file has another owner or text.
  @Test(
    "CVE-2026-88264, 88265, 2024-5154, 2025-24965: links of the image at /dev/console, /etc/mtab and others lead nothing to the host"
  )
  func links() throws {
    try host.write("victim/file", "untouched")
    chown(victim.appending("file").string, 1234, 1234)
    let file = victim.appending("file").string
    let evil = try host.evil(
      [
        "dev/console", "dev/ptmx", "dev/null", "etc/mtab", "etc/hosts", "etc/hostname", "etc/resolv.conf",
        ".krun_config.json",
      ]
      .map { ($0, file) })
    let (_, status) = try host.run("a", "echo x > /dev/null; cat /etc/hosts") {
      $0.overlay?.lowers.append(evil)
      ($0.hosts, $0.resolvConf, $0.hostname) = ("mine\n", "mine\n", "mine\n")
    }
    #expect(status == .exited(0))
    #expect(try Kernel.text(of: victim.appending("file")) == "untouched")
    #expect(try Kernel.status(of: victim.appending("file")).uid == 1234)
  }

  // With `clone` and `unshare` allowed: ok. With cgroup mounts writable: a path is printed.
  @Test("CVE-2022-0492, 2022-0185 and their kin: no user namespace from inside, and no release_agent to write")
  func userNamespaces() throws {
    let (lines, _) = try host.run(
      "a",
      "attacker userns; mkdir /c; mount -t cgroup -o memory c /c || echo no mount; ls /c; for f in /sys/fs/cgroup/*/release_agent /sys/fs/cgroup/release_agent /sys/kernel/uevent_helper /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sysrq-trigger; do [ -e $f ] && (echo x > $f) && echo wrote $f; done; true"
    )
    let told = lines.filter { !$0.hasPrefix("! ") }
    #expect(told == ["unshare Operation not permitted", "clone Operation not permitted", "no mount"], "\(lines)")
  }

  // Without the new session keyring: the first container prints s3cret.
  @Test("keyrings: a key of the caller's session is not found inside, and with the filter nothing is even asked")
  func keyrings() throws {
    // Into the session that this process and what it starts have, for a minute.
    let made = try run(try Attacker.program(), ["keys", "make"])
    try #require(made.output == "made\n", "\(made)")
    let (free, _) = try host.run("a", "attacker keys find") { self.free(&$0, adding: []) }
    #expect(free == ["none"])
    let (filtered, _) = try host.run("b", "attacker keys find")
    #expect(filtered == ["EPERM"])
  }

  // With runc's built-in rules for 10:200 and `c *:* m`: opened.
  @Test("runc's tun rule, and shocker: no network device of the host, no file by its handle")
  func devicesAndHandles() throws {
    let (lines, _) = try host.run(
      "a",
      "mkdir /n; mknod /n/tun c 10 200 && (cat < /n/tun) 2>&1 | grep -o 'not permitted'; attacker handle /etc/passwd"
    ) {
      try Kernel.makeSymlink(self.host.layer.appending("bin/mknod"), to: "busybox")
      $0.spec.linux.resources.devices = OCIDeviceRule.containerDefaults
    }
    #expect(lines.filter { !$0.hasPrefix("! ") }.last == "EPERM", "\(lines)")
    #expect(lines.contains("not permitted") || lines.contains { $0.contains("not permitted") }, "\(lines)")
  }

  // With chroot in place of pivot_root: the host's root, `outside`.
  @Test("chroot is no way out: above the container's root there is nothing")
  func climbing() throws {
    let (lines, _) = try host.run("a", "stat -c '%d %i' /; attacker climb")
    let told = lines.filter { !$0.hasPrefix("! ") }
    #expect(told.count == 3 && told[0] == told[1] && told[2] == "inside", "\(lines)")
  }

  // With HOME written into /etc/passwd (cri-o): a second root.
  @Test("CVE-2022-4318: a newline in a variable is a newline in a variable")
  func newline() throws {
    let (lines, _) = try host.run("a", "wc -l < /etc/passwd; id -u evil || echo nobody; echo \"$HOME\" | wc -l") {
      $0.spec.process.env = ["PATH=/bin", "HOME=/root\nevil:x:0:0::/:/bin/sh"]
    }
    #expect(lines.filter { !$0.hasPrefix("! ") } == ["2", "nobody", "2"], "\(lines)")
  }

  // With an abstract socket between host and shim: its name.
  @Test("CVE-2020-15257: no abstract socket of ours, which a container in the host's network could reach")
  func abstractSockets() throws {
    try host.start(try host.config("a", "sleep 60"))
    let names = try Kernel.text(of: "/proc/net/unix").split(separator: "\n").filter {
      $0.contains("@") && $0.contains("containr")
    }
    #expect(names == [])
  }

  // Without the memory cgroup the file fills the host's memory.
  @Test("CVE-2024-3056: what lies in /dev/shm counts against the memory limit")
  func sharedMemory() throws {
    let (_, status) = try host.run("a", "exec dd if=/dev/zero of=/dev/shm/x bs=1048576 count=60") {
      $0.spec.linux.resources.memory.limit = 16 << 20
      $0.spec.linux.resources.memory.swap = 16 << 20
    }
    #expect(status == .signalled(9) || status == .exited(137), "\(status)")
  }

  // With RLIMIT_CORE left as the caller's: unlimited.
  @Test("no core file, since a core_pattern pipe runs on the host")
  func coreFiles() throws {
    let (lines, _) = try host.run("a", "grep 'core file' /proc/self/limits")
    #expect(lines.first?.split(separator: " ").suffix(3) == ["0", "0", "bytes"])
  }
}

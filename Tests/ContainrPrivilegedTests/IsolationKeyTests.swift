// Keys of isolation, devices, limits and protections, as a container finds them.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Isolation keys", .serialized, .asRoot)
struct IsolationKeyTests {
  /// Runs one script a service beside each other and answers what they print.
  func inside(
    _ services: [(name: String, script: String, options: String)], extra: String = "",
    prepare: (Bed) throws -> Void = { _ in }, _ body: (Bed, [String: String]) throws -> Void
  ) throws {
    try Bed.use { bed in
      try Probe.install(into: bed.path + "/base")
      try prepare(bed)
      var text = "services:\n"
      for service in services {
        try bed.sandbox.directory.write(
          "{\n\(service.script)\necho END\n} > /out/\(service.name) 2>&1\nsleep 100000 &\nwait\n",
          to: "jobs/\(service.name)")
        text +=
          "  \(service.name):\n    layers: [./base]\n    volumes: [\"./out:/out\", \"./jobs:/jobs:ro\"]\n"
        if !service.options.contains("stop_signal") { text += "    stop_signal: SIGKILL\n" }
        text += "    command: [sh, /jobs/\(service.name)]\n"
        text += service.options.split(separator: "\n").map { "    \($0)\n" }.joined()
      }
      try bed.write((text + extra).replacingOccurrences(of: "BED", with: bed.path))
      try bed.up()
      var outputs: [String: String] = [:]
      for service in services { outputs[service.name] = try bed.output(service.name) }
      try body(bed, outputs)
    }
  }

  func lines(_ text: String?) -> [String] { (text ?? "").split(separator: "\n").map(String.init) }

  @Test("kernel parameters, limits, groups, scores, names and /dev/shm are as the file says; others are Docker's")
  func kernel() throws {
    let look = """
      cat /proc/sys/net/core/somaxconn /proc/sys/kernel/shm_rmid_forced
      grep -E 'open files|core file|processes' /proc/self/limits | tr -s ' '
      id -G; cat /proc/self/oom_score_adj; hostname; cat /proc/sys/kernel/domainname
      df -k /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2
      mount | grep ' on /run type'; touch /run/x && echo made
      grep NoNewPrivs /proc/self/status; cat /sys/class/net/eth0/address
      """
    try inside([
      (
        "a", look,
        """
        sysctls: {net.core.somaxconn: 333, kernel.shm_rmid_forced: "1"}
        ulimits: {nofile: {soft: 100, hard: 200}, core: 0, nproc: 77}
        group_add: ["2000", worker]
        oom_score_adj: 321
        hostname: inner
        domainname: example.org
        shm_size: 8m
        tmpfs: ["/run:size=1m,mode=0755,uid=5,exec"]
        security_opt: ["no-new-privileges:true"]
        mac_address: "02:42:AC:11:00:77"
        """
      ), ("b", look, ""),
    ]) { bed, output in
      let a = lines(output["a"])
      #expect(a.starts(with: ["333", "1"]), "\(a)")
      #expect(a.contains("Max open files 100 200 files ") && a.contains("Max core file size 0 0 bytes "), "\(a)")
      #expect(a.contains("Max processes 77 77 processes "), "\(a)")
      #expect(
        a.contains { $0.hasPrefix("0 ") && Set($0.split(separator: " ")).isSuperset(of: ["1000", "2000"]) }, "\(a)")
      #expect(a.contains("321") && a.contains("inner") && a.contains("example.org") && a.contains("8192"), "\(a)")
      #expect(
        a.contains {
          $0.contains("tmpfs (rw,nosuid,nodev,") && $0.contains("uid=\(bed.sandbox.hostID(5))")
            && !$0.contains("noexec")
        }, "\(a)")
      #expect(a.contains("made") && a.contains("NoNewPrivs:\t1") && a.contains("02:42:ac:11:00:77"), "\(a)")
      let b = lines(output["b"])
      #expect(
        b.contains("Max open files 1024 1048576 files ") || b.contains { $0.hasPrefix("Max open files 1024 ") }, "\(b)")
      #expect(b.contains("(none)") && b.contains("65536") && b.contains("NoNewPrivs:\t0"), "\(b)")
      // What `exec` starts has the same.
      let exec = try bed.run(
        "containr", ["exec", "-p", "t", "a", "sh", "-c", "id -G; ulimit -n; grep NoNewPrivs /proc/self/status"])
      #expect(lines(exec.output).contains("100") && lines(exec.output).contains("NoNewPrivs:\t1"), "\(exec)")
      #expect(exec.output.contains("2000"), "\(exec)")
    }
  }

  @Test("namespaces of another service: its network with its addresses, its processes, and a restart with it")
  func shared() throws {
    try inside([
      ("a", "echo $$; hostname", "hostname: first"),
      (
        "b",
        "cat /etc/resolv.conf | head -1; ip addr show eth0 | grep 'inet ' | tr -s ' '; ls -l /proc/self/ns/net | sed 's/.*-> //'; grep -c . /etc/hosts",
        "network_mode: \"service:a\""
      ),
      ("c", "ps | grep -c 'sh /jobs/a'; ls -l /proc/self/ns/pid | sed 's/.*-> //'", "pid: \"service:a\""),
      ("d", "ip addr | grep -c 'inet '; cat /etc/resolv.conf", "network_mode: none"),
      (
        "e",
        "echo hello > /dev/shm/from-e; touch /dev/mqueue/queue; readlink /proc/self/ns/ipc; mount | grep ' /dev/shm '",
        "ipc: \"service:a\""
      ),
    ]) { bed, output in
      let pid = try bed.pid("a")
      let network = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/net")
      let b = lines(output["b"])
      #expect(b.contains(network) && b.contains { $0.hasPrefix("nameserver ") }, "\(b)")
      #expect(b.contains { $0.contains("inet ") }, "\(b)")
      let processes = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/pid")
      #expect(lines(output["c"]).contains(processes), "\(output)")
      #expect(Int(lines(output["c"]).first ?? "0") ?? 0 >= 1, "\(output)")
      #expect(lines(output["d"]).first == "1", "\(output)")
      let ipc = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/ipc")
      let e = lines(output["e"])
      #expect(e.contains(ipc) && e.contains { $0.contains("nosuid,nodev,noexec") }, "\(e)")
      let both = try bed.run(
        "containr",
        ["exec", "-p", "t", "a", "sh", "-c", "cat /dev/shm/from-e; ls /dev/mqueue; echo back > /dev/shm/from-a"])
      #expect(lines(both.output) == ["hello", "queue"], "\(both)")
      #expect(try bed.run("containr", ["exec", "-p", "t", "e", "cat", "/dev/shm/from-a"]).output == "back\n")
      #expect(!FileManager.default.fileExists(atPath: "/dev/shm/from-e"))
      let before = try bed.pid("b")
      try bed.edit("hostname: first", "hostname: second")
      #expect(try bed.plan().contains("service a restarts"))
      try bed.up()
      #expect(try bed.pid("b") != before)
      let now = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(try bed.pid("a"))/ns/net")
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(try bed.pid("b"))/ns/net") == now)
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("who shares with one that is started again is taken along; of another stack it is in the plan, and up mends it")
  func lost() throws {
    let stay = "sleep 0.1"
    try inside([
      ("a", stay, "restart: always"),
      ("b", stay, "network_mode: \"service:a\""),
      ("c", stay, "ipc: \"service:a\""),
      ("d", stay, ""),
    ]) { bed, _ in
      func namespace(_ kind: String, _ service: String) throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(try bed.pid(service))/ns/\(kind)")
      }
      #expect(try namespace("net", "b") == namespace("net", "a") && namespace("ipc", "c") == namespace("ipc", "a"))
      #expect(try bed.plan().hasPrefix("nothing to do"))
      // A stack of somebody else's shares as well.
      try bed.sandbox.directory.write(
        """
        name: u
        services:
          far:
            layers: [./base]
            command: [sleep, "100000"]
            stop_signal: SIGKILL
            ipc: "container:t-a-1"
        """, to: "far.yaml")
      try bed.run("containr-up", ["-d", "-y", "far.yaml"]).succeeding()
      let (first, other) = (try bed.pid("a"), try bed.pid("d"))
      kill(first, SIGKILL)
      try eventually("a runs again") { try bed.container("a").pid.map { $0 != first } ?? false }
      // Those of the same stack are taken along at once.
      try eventually("b and c are where a is") {
        guard let net = try? namespace("net", "b"), let ipc = try? namespace("ipc", "c") else { return false }
        return try net == namespace("net", "a") && ipc == namespace("ipc", "a")
      }
      let far = try bed.run("containr", ["plan", "far.yaml"]).output
      #expect(far.contains("shares the IPC of container t-a-1, which has been started anew since"), "\(far)")
      try bed.run("containr-up", ["-d", "-y", "far.yaml"]).succeeding()
      #expect(try bed.run("containr", ["plan", "far.yaml"]).output.hasPrefix("nothing to do"))
      try bed.run("containr-down", ["-y", "far.yaml"]).succeeding()
      #expect(try bed.pid("d") == other)
      try eventually("the supervisor has done what there is to do") { try bed.plan().hasPrefix("nothing to do") }
    }
  }

  @Test("a network that is shared by two steps has the names of the one it really is")
  func chain() throws {
    let look = "echo RESOLV; cat /etc/resolv.conf; echo HOSTS; cat /etc/hosts"
    try inside([
      ("a", "sleep 0.1", "network_mode: host"),
      ("b", look, "network_mode: \"service:a\""),
      ("c", look, ""),
      ("d", "sleep 0.1", "network_mode: \"service:c\""),
      ("e", look, "network_mode: \"service:d\""),
    ]) { _, output in
      func names(_ service: String, from first: String, to last: String?) -> [String] {
        let all = lines(output[service])
        guard let start = all.firstIndex(of: first) else { return ["nothing"] }
        return Array(all[(start + 1)..<(last.flatMap { all.firstIndex(of: $0) } ?? all.count)])
      }
      let (resolv, hosts) = (
        try String(contentsOfFile: "/etc/resolv.conf", encoding: .utf8),
        try String(contentsOfFile: "/etc/hosts", encoding: .utf8)
      )
      #expect(names("b", from: "RESOLV", to: "HOSTS") == lines(resolv), "\(output)")
      #expect(names("b", from: "HOSTS", to: "END").starts(with: lines(hosts)), "\(output)")
      #expect(names("e", from: "RESOLV", to: "HOSTS") == names("c", from: "RESOLV", to: "HOSTS"), "\(output)")
      #expect(names("e", from: "RESOLV", to: "HOSTS").first?.hasPrefix("nameserver ") == true, "\(output)")
    }
  }

  @Test(
    "the host's namespaces where the file says so, and nothing of them is left changed",
    .notAsUser("procfs of the host's processes is mounted by the host's root alone"))
  func host() throws {
    let look = "for n in net pid ipc uts cgroup; do readlink /proc/self/ns/$n; done; hostname; ls /dev/shm | wc -l"
    try inside([
      ("a", look, "network_mode: host\npid: host\nipc: host\nuts: host\ncgroup: host"), ("b", look, "ipc: none"),
    ]) { bed, output in
      let a = lines(output["a"])
      // What is the host's network to the programs that the bed runs.
      let network = try bed.sandbox.runInNetwork("readlink", ["/proc/self/ns/net"]).output
      #expect(a.contains(network.trimmingCharacters(in: .whitespacesAndNewlines)), "\(a)")
      for name in ["pid", "ipc", "uts", "cgroup"] {
        #expect(
          try a.contains(FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/\(name)")),
          "\(name): \(a)")
      }
      let hostname = try String(contentsOfFile: "/proc/sys/kernel/hostname", encoding: .utf8)
      #expect(a.contains(hostname.trimmingCharacters(in: .whitespacesAndNewlines)), "\(a)")
      #expect(lines(output["b"]).count == 7, "\(output)")
    }
  }

  @Test("init: a small init reaps, passes signals on, ends as the program does, and cannot be written")
  func smallInit() throws {
    try inside([
      (
        "a",
        """
        tr '\\0' ' ' < /proc/1/cmdline; echo; echo $$; cat /proc/1/comm
        sh -c 'sleep 0 & exec sleep 0.3' & sleep 1; for i in $(seq 100); do z=$(cat /proc/[0-9]*/stat | grep -c ') Z '); [ $z = 0 ] && break; sleep 0.2; done; echo $z; readlink /proc/1/exe
        echo x > /proc/1/exe || echo sealed
        """, "init: true"
      ),
      (
        "b", "trap 'echo got > /out/term; exit 7' TERM; echo ready > /out/ready",
        "init: true\nstop_signal: SIGTERM\nstop_grace_period: 5s"
      ),
    ]) { bed, output in
      let a = lines(output["a"])
      #expect(a.first?.hasPrefix("containr-init /bin/sh /jobs/a") == true, "\(a)")
      #expect(a.contains("containr-init") && !a.contains("1"), "\(a)")
      #expect(a.contains("sealed") && a.contains("0"), "\(a)")
      try eventually("the trap is set") { bed.exists("out/ready") }
      kill(pid_t(try bed.pid("b")), SIGTERM)
      #expect(try bed.wait("b", "exited").exitCode == 7)
      #expect(try bed.read("out/term") == "got\n")
    }
  }

  @Test(
    "a group of the host holds the container's cgroup; one that is not there is told",
    .notAsUser("a group that root has made is not the user's to write"))
  func cgroupParent() throws {
    let parent = "/containr-keys-\(getpid())"
    try inside([("a", "cat /proc/self/cgroup", "cgroup: host\ncgroup_parent: \(parent)")]) { bed in
      for hierarchy in try Self.hierarchies() {
        try FileManager.default.createDirectory(atPath: hierarchy + parent, withIntermediateDirectories: false)
      }
    } _: { bed, output in
      #expect((output["a"] ?? "").contains(":\(parent)/"), "\(output)")
      #expect(try bed.plan().hasPrefix("nothing to do"))
      try bed.down()
      for hierarchy in try Self.hierarchies() {
        try eventually("\(hierarchy) is empty") { rmdir(hierarchy + parent) == 0 }
      }
      let up = try bed.tryUp()
      #expect(up.code == 2 && up.errors.contains("there is no cgroup"), "\(up)")
    }
    for hierarchy in try Self.hierarchies() { rmdir(hierarchy + parent) }
  }

  @Test(
    "the knobs of cgroup v1: swappiness, no OOM killer, and real time out of what the group above has; v2 has none",
    .notAsUser("it begins in a group that root has made, which is not the user's to write"))
  func olderKnobs() throws {
    if Bed.isUnified { return try refusedKnobs() }
    let parent = "/containr-knobs-\(getpid())"
    let text = """
      mem_limit: 64m
      mem_swappiness: 7
      oom_kill_disable: true
      cgroup_parent: \(parent)
      """
    let realTime = "cpu_rt_period: 100ms\n    cpu_rt_runtime: 1ms"
    func read(_ controller: String, _ file: String) throws -> String {
      let root = "/sys/fs/cgroup/\(controller)\(parent)"
      let name = try FileManager.default.contentsOfDirectory(atPath: root).first { $0.hasSuffix("-t-a-1") } ?? ""
      return try String(contentsOfFile: "\(root)/\(name)/\(file)", encoding: .utf8)
    }
    try inside([("a", "echo hello", text)]) { bed in
      for hierarchy in try Self.hierarchies() {
        try FileManager.default.createDirectory(atPath: hierarchy + parent, withIntermediateDirectories: false)
      }
    } _: { bed, _ in
      #expect(try read("memory", "memory.swappiness") == "7\n")
      #expect(try read("memory", "memory.oom_control").hasPrefix("oom_kill_disable 1\n"))
      #expect(try bed.plan().hasPrefix("nothing to do"))
      try bed.edit("mem_swappiness: 7", "mem_swappiness: 8\n    \(realTime)")
      // The group above has no real time to give: the start is stopped.
      let up = try bed.tryUp()
      #expect(up.code != 0 && up.errors.contains("cpu.realtimeRuntime"), "\(up)")
      #expect(try read("memory", "memory.swappiness") == "7\n")
      // Another program may have taken all that the host has, and then there is no more to be seen.
      if (try? Data("10000".utf8).write(to: URL(fileURLWithPath: "/sys/fs/cgroup/cpu\(parent)/cpu.rt_runtime_us")))
        == nil
      {
        return
      }
      try bed.up()
      #expect(try read("cpu", "cpu.rt_runtime_us") == "1000\n")
      #expect(try read("memory", "memory.swappiness") == "8\n")
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
    for hierarchy in try Self.hierarchies() { rmdir(hierarchy + parent) }
  }

  private func refusedKnobs() throws {
    let service = "layers: [./base], command: [\"true\"]"
    let stack = """
      services:
        a: {\(service), mem_limit: 64m, mem_swappiness: 7}
        b: {\(service), mem_limit: 64m, oom_kill_disable: true}
        c: {\(service), cpu_rt_period: 100ms, cpu_rt_runtime: 1ms}
      """
    try Bed.use(stack) { bed in
      let up = try bed.tryUp()
      #expect(up.code == 2, "\(up)")
      for (line, field) in [(3, "memory.swappiness"), (4, "memory.disableOOMKiller"), (5, "cpu.realtimeRuntime")] {
        #expect(up.errors.contains("\(field): cgroup v2 has no such limit"), "\(up)")
        #expect(up.errors.contains("\(Bed.file):\(line):"), "\(up)")
      }
    }
  }

  private static func hierarchies() throws -> [String] {
    try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      return line.contains(" - cgroup ") || line.contains(" - cgroup2 ") ? String(words[4]) : nil
    }
  }

  // With 0711 on the containers' directory: `nobody` reaches the set-id file.
  @Test(
    "CVE-2021-41091, 41103, 2024-25621: on the host only root reaches files of containers, layers and records by their paths"
  )
  func directories() throws {
    try inside([("a", "cp /bin/busybox /setid; chmod 4755 /setid", "")]) { bed, _ in
      let state = bed.sandbox.stateDirectory
      let setid = state + "/containers/t-a-1/upper/setid"
      #expect(FileManager.default.fileExists(atPath: setid))
      // The scratch directory itself is root's alone; what counts is each part below the state directory.
      for path in ["/containers", "/layers", "/store"] where FileManager.default.fileExists(atPath: state + path) {
        let mode = try FileManager.default.attributesOfItem(atPath: state + path)[.posixPermissions] as? Int ?? 0
        #expect(mode & 0o077 == 0 || path == "/store", "\(path) has mode \(String(mode, radix: 8))")
      }
      let run =
        try FileManager.default.attributesOfItem(atPath: bed.sandbox.runDirectory + "/containers")[.posixPermissions]
        as? Int ?? 0
      #expect(run & 0o077 == 0)
    }
  }

  @Test("preflight tells of every device, parameter and container that is not there, with its line")
  func preflight() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./base]
          command: [sleep, "1"]
          devices: [/dev/no-such-device]
          sysctls: {kernel.core_pattern: "|/x"}
          network_mode: "container:nobody"
        b:
          layers: [./base]
          command: [sleep, "1"]
          gpus: all
        c:
          layers: [./base]
          command: [sleep, "1"]
          network_mode: host
          sysctls: {net.core.somaxconn: 1}
          cpu_rt_runtime: 5000
      """
    ) { bed in
      let up = try bed.tryUp()
      #expect(up.code == 2, "\(up)")
      for words in [
        "device /dev/no-such-device does not exist", "kernel.core_pattern", "there is no container nobody",
        "describes a GPU", "belongs to the network namespace", "real-time CPU time",
      ] { #expect(up.errors.contains(words), "\(words)\n\(up)") }
      #expect(up.errors.contains("stack.yaml:6:") || up.errors.contains("stack.yaml:7:"), "\(up)")
    }
  }
}

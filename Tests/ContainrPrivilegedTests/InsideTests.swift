// What a container sees of itself, and what it cannot see or do.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Inside a container", .serialized, .asRoot)
struct InsideTests {
  /// Runs scripts, one service each, and answers what they print. `options` are further lines of the service.
  private func inside(
    _ scripts: [String: (script: String, options: String)], extra: String = "",
    _ body: (Bed, [String: String]) throws -> Void
  ) throws {
    try Bed.use { bed in
      try Probe.install(into: bed.path + "/base")
      try bed.sandbox.directory.write("conf\n", to: "conf/file")
      var text = "services:\n"
      for (name, service) in scripts.sorted(by: { $0.key < $1.key }) {
        text += "  \(name):\n    layers: [./base]\n    stop_signal: SIGKILL\n"
        if !service.options.contains("volumes:") { text += "    volumes: [\"./out:/out\"]\n" }
        text += service.options.split(separator: "\n").map { "    \($0)\n" }.joined()
        let script = service.script.replacingOccurrences(of: "$", with: "$$").split(separator: "\n")
        text += "    command:\n      - sh\n      - -c\n      - |\n        {\n"
        text += script.map { "        \($0)\n" }.joined()
        text += "        echo END\n        } > /out/\(name) 2>&1\n        sleep 100000\n"
      }
      try bed.write(text + extra)
      try bed.up()
      var outputs: [String: String] = [:]
      for name in scripts.keys { outputs[name] = try bed.output(name) }
      try body(bed, outputs)
    }
  }

  @Test("it is process 1 in six namespaces of its own, in the user's namespace of the host, at the root of its cgroups")
  func namespaces() throws {
    try inside([
      "a": (
        """
        for n in uts pid mnt ipc net cgroup user; do echo "$n $(readlink /proc/self/ns/$n)"; done
        echo "pid $$"
        ls /proc | grep -E '^[0-9]+$' | wc -l
        cat /proc/self/cgroup
        echo "hosts"; cat /etc/hosts
        """, "hostname: inner"
      )
    ]) { bed, output in
      let lines = output["a", default: ""].split(separator: "\n").map(String.init)
      for name in ["uts", "pid", "mnt", "ipc", "net", "cgroup"] {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/\(name)")
        #expect(!lines.contains("\(name) \(own)"), "the \(name) namespace is its own")
        #expect(lines.contains { $0.hasPrefix("\(name) \(name):[") })
      }
      // Nobody's own: the host's, or that of a user's.
      let user = try bed.userNamespace()
      #expect(lines.contains("user \(user)"))
      #expect(lines.contains("pid 1"))
      for line in lines where line.split(separator: ":").count == 3 && line.first?.isNumber == true {
        #expect(line.hasSuffix(":/") || line.contains("name=systemd"), "\(line) shows more than its own cgroup")
      }
      #expect(lines.contains { $0.hasSuffix("\tinner") }, "\(lines)")
    }
  }

  @Test("/dev has exactly the standard nodes, with their numbers")
  func devices() throws {
    try inside([
      "a": (
        "ls /dev | sort | tr '\\n' ' '; echo; stat -c '%n %t:%T %a' /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty; readlink /dev/ptmx; readlink /dev/fd; readlink /dev/stdin\nls /dev/pts; echo x > /dev/null && head -c 3 /dev/zero | wc -c; mknod /tmp/m b 254 0 && head -c 1 /tmp/m | wc -c; mknod /tmp/k c 1 1 && head -c 1 /tmp/k | wc -c; mknod /tmp/n c 1 3 && echo x > /tmp/n && echo null works; mount | grep ' on /dev/shm '",
        ""
      )
    ]) { bed, output in
      let lines = output["a", default: ""].split(separator: "\n").map(String.init)
      #expect(
        lines.first == "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero ", "\(lines)")
      for line in [
        "/dev/null 1:3 666", "/dev/zero 1:5 666", "/dev/full 1:7 666", "/dev/random 1:8 666", "/dev/urandom 1:9 666",
        "/dev/tty 5:0 666",
      ] {
        #expect(lines.contains(line), "\(lines)")
      }
      #expect(lines.contains("pts/ptmx") && lines.contains("/proc/self/fd"))
      #expect(lines.contains("ptmx"), "a pts of its own holds nothing but ptmx")
      // Making a node is allowed, opening the host's disk or memory is not.
      #expect(
        lines.filter { $0.contains("Operation not permitted") || $0.contains("can't open") }.count >= 2, "\(lines)")
      // In a user's namespaces nobody makes devices.
      #expect(lines.contains(bed.sandbox.user == nil ? "null works" : "mknod: /tmp/n: Operation not permitted"))
      #expect(
        lines.contains { $0.contains(" on /dev/shm type tmpfs (rw,nosuid,nodev,noexec") && $0.contains("size=65536k") },
        "\(lines)")
    }
  }

  @Test("/sys is read-only, the host's secrets in /proc and /sys are masked, settings of the kernel cannot be written")
  func procAndSys() throws {
    try inside([
      "a": (
        """
        mkdir /sys/x; echo 1 > /sys/kernel/profiling
        for f in kcore keys timer_list interrupts slabinfo vmallocinfo kpagecount iomem; do [ -e /proc/$f ] && echo "$f $(head -c 100 /proc/$f | wc -c)"; done
        for d in acpi scsi; do [ -e /proc/$d ] && echo "$d $(ls /proc/$d | wc -l)"; done
        for d in firmware devices/virtual/powercap fs/bpf kernel/debug kernel/security; do [ -e /sys/$d ] && echo "$d $(ls /sys/$d | wc -l)"; done
        for f in sys/kernel/core_pattern sys/kernel/hostname sys/net/ipv4/ip_forward sysrq-trigger sys/vm/drop_caches; do
          if echo 1 > /proc/$f; then echo "wrote $f"; fi; done 2>/dev/null
        ls /sys/fs/cgroup | wc -l
        mount | grep -c "^.* on /proc type proc (rw,nosuid,nodev,noexec"
        mount | grep " on /sys type"
        touch /proc/bus/x /proc/fs/x /proc/irq/x
        """, ""
      )
    ]) { bed, output in
      let text = output["a", default: ""]
      let lines = text.split(separator: "\n").map(String.init)
      #expect(
        text.contains("can't create directory '/sys/x': Read-only file system")
          || text.contains("can't create directory '/sys/x': Operation not permitted"), "\(text)")
      for name in [
        "kcore", "keys", "timer_list", "interrupts", "slabinfo", "vmallocinfo", "kpagecount", "iomem", "acpi", "scsi",
        "firmware", "devices/virtual/powercap", "fs/bpf", "kernel/debug", "kernel/security",
      ] {
        for line in lines where line.hasPrefix(name + " ") {
          #expect(line == "\(name) 0", "\(name) is masked: \(line)")
        }
      }
      #expect(lines.contains("timer_list 0") && lines.contains("firmware 0"), "\(text)")
      #expect(!text.contains("wrote "), "\(text)")
      #expect(lines.contains { $0.contains(" on /sys type sysfs (ro,") }, "\(text)")
    }
  }

  @Test(
    "capabilities: Docker's fourteen for root, none in effect for another user, never inheritable or ambient; cap_add and cap_drop do what they say"
  )
  func capabilities() throws {
    let script = "grep -E '^(Cap|NoNewPrivs|Seccomp:|Groups|Uid)' /proc/self/status"
    try inside([
      "root": (script, ""), "user": (script, "user: \"1000:1000\""), "named": (script, "user: worker"),
      "added": (script, "cap_add: [NET_ADMIN]"), "dropped": (script, "cap_drop: [CAP_MKNOD]"),
      "none": (script, "cap_drop: [ALL]"), "one": (script, "cap_drop: [ALL]\ncap_add: [CHOWN]"),
    ]) { bed, output in
      func sets(_ name: String) -> [String: String] {
        var all: [String: String] = [:]
        for line in output[name, default: ""].split(separator: "\n") {
          let parts = line.split(separator: ":", maxSplits: 1)
          all[String(parts[0])] = parts.count == 2 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        return all
      }
      func mask(_ text: String) -> String { String(repeating: "0", count: 16 - text.count) + text }
      let expected = [
        "root": ("a80425fb", "a80425fb"), "user": ("0", "a80425fb"), "named": ("0", "a80425fb"),
        "added": ("a80435fb", "a80435fb"), "dropped": ("a00425fb", "a00425fb"), "none": ("0", "0"), "one": ("1", "1"),
      ]
      for (name, (effective, bounding)) in expected {
        let sets = sets(name)
        #expect(sets["CapEff"] == mask(effective), "\(name) \(sets)")
        #expect(sets["CapPrm"] == mask(effective), "\(name) \(sets)")
        #expect(sets["CapBnd"] == mask(bounding), "\(name) \(sets)")
        #expect(sets["CapInh"] == mask("0"), "\(name) \(sets)")
        #expect(sets["CapAmb"] == mask("0"), "\(name) \(sets)")
        // As Docker: strict profiles come with x-containr.
        #expect(sets["NoNewPrivs"] == "0", "\(name) \(sets)")
        #expect(sets["Seccomp"] == "2", "\(name) \(sets)")
      }
      #expect(sets("user")["Uid"] == "1000\t1000\t1000\t1000")
      #expect(sets("user")["Groups"] == "1000", "no group of the caller's: \(sets("user"))")
      #expect(sets("root")["Groups"] == "0", "\(sets("root"))")
      #expect(Set(sets("named")["Groups", default: ""].split(separator: " ")) == ["1000", "2000"], "\(sets("named"))")
    }
  }

  @Test("system calls: unknown ones are ENOSYS, forbidden ones EPERM, the ordinary ones work")
  func systemCalls() throws {
    try inside([
      "a": ("probe syscalls", ""), "b": ("probe syscalls", "cap_add: [SYS_ADMIN]"),
      "c": ("probe syscalls", "user: \"1000\""),
    ]) {
      bed, output in
      func answers(_ name: String) -> [String: String] {
        Dictionary(
          uniqueKeysWithValues: output[name, default: ""].split(separator: "\n").map { line in
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            return (words[0], words.count > 1 ? words[1] : "")
          })
      }
      for name in ["a", "c"] {
        let answers = answers(name)
        #expect(answers["unknown"] == "ENOSYS", "\(answers)")
        // glibc falls back to clone only if clone3 says that it is not there.
        #expect(answers["clone3"] == "ENOSYS", "\(answers)")
        for call in [
          "unshare-user", "unshare-mount", "clone-user", "mount", "umount", "pivot_root", "setns", "bpf", "keyctl",
          "add_key",
          "request_key", "reboot", "kexec_load", "init_module", "swapon", "settimeofday", "open_by_handle_at",
          "userfaultfd",
          "io_uring_setup", "fsopen", "perf_event_open", "AF_ALG", "AF_VSOCK", "sethostname",
        ] { #expect(answers[call] == "EPERM", "\(call): \(answers[call] ?? "-")") }
        #expect(answers["getpid"] == "ok" && answers["AF_INET"] == "ok")
      }
      #expect(answers("a")["AF_PACKET"] == "ok" && answers("c")["AF_PACKET"] == "EPERM")
      #expect(answers("a")["chroot"] == "ok" && answers("c")["chroot"] == "EPERM")
      let admin = answers("b")
      #expect(admin["unshare-mount"] == "ok", "\(admin)")
      #expect(admin["mount"] == "ok" && admin["sethostname"] == "ok", "\(admin)")
      #expect(admin["keyctl"] == "EPERM" && admin["io_uring_setup"] == "EPERM", "\(admin)")
    }
  }

  @Test(
    "it gets no descriptor, signal setting, nice value or environment of the caller's; rlimits are ours; its environment is exact"
  )
  func inherited() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./base]
          volumes: ["./out:/out"]
          stop_signal: SIGKILL
          working_dir: /made/here
          hostname: box
          environment: { B: "2", A: "with space", EMPTY: "" }
          command: [sh, -c, "{ probe descriptors; probe signals; probe limits; pwd; hostname; tr '\\\\0' '\\\\n' < /proc/1/environ; echo END; } > /out/a 2>&1; sleep 100000"]
      """
    ) { bed in
      try Probe.install(into: bed.path + "/base")
      // A caller with odd habits: descriptors without close-on-exec, ignored signals, nice, umask, variables.
      let up = try bed.sandbox.user.map { "\($0.programs)/containr-up" } ?? BuiltPrograms.path("containr-up")
      let result = try bed.sandbox.runAsCaller(
        ["env"] + bed.sandbox.environment.map { "\($0)=\($1)" } + [
          "SECRET=hunter2", "bash", "-c",
          "trap '' HUP USR1 TERM; umask 077; exec 7</etc/hostname 8</ 9>/dev/null; exec nice -n 5 \(up) -d -y \(Bed.file)",
        ])
      try result.succeeding()
      let lines = try bed.output("a").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      let descriptors = lines.filter { $0.first?.isNumber == true && $0.contains(" ") }
      #expect(
        descriptors.count == 3 && descriptors.allSatisfy { ["0", "1", "2"].contains($0.split(separator: " ")[0]) },
        "\(descriptors)")
      #expect(!lines.contains { $0.hasPrefix("blocked") || $0.hasPrefix("ignored") }, "\(lines)")
      // Only root may take a nice value back.
      #expect(lines.contains("umask 22 nice \(bed.sandbox.user == nil ? 0 : 5)"), "\(lines)")
      #expect(lines.contains("core 0 0"), "\(lines)")
      #expect(lines.contains { $0.hasPrefix("nofile 1024 ") }, "\(lines)")
      #expect(lines.contains("/made/here"))
      #expect(lines.contains("box"))
      let environment = Set(lines.filter { $0.contains("=") })
      #expect(
        environment == [
          "A=with space", "B=2", "EMPTY=", "HOME=/root", "HOSTNAME=box",
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ], "\(environment)")
    }
  }

  @Test("a read-only root can be written nowhere but in its volumes; binds, tmpfs and named volumes are what they say")
  func filesystems() throws {
    try inside(
      [
        "a": (
          """
          for d in / /bin /etc /data /ro /scratch /conf; do if touch $d/x 2>/dev/null; then echo "wrote $d"; fi; done
          cat /conf/file; cat /etc/single
          df /scratch | tail -n 1
          stat -c '%a %u' /scratch
          mount | grep -E ' on (/data|/ro|/scratch|/conf|/) '
          cat /base-file 2>/dev/null || echo "no base-file"
          id -u
          """,
          """
          read_only: true
          volumes:
            - ./out:/out
            - data:/data
            - data:/ro:ro
            - ./conf:/conf:ro
            - ./conf/file:/etc/single:ro
            - type: tmpfs
              target: /scratch
              tmpfs: { size: 1m, mode: 0o700 }
          """
        ),
        "b": (
          "while [ ! -e /data/x ]; do sleep 0.1; done; echo shared",
          "volumes: [\"./out:/out\", \"data:/data\"]\ndepends_on: [a]"
        ),
      ], extra: "volumes: { data: {} }\n"
    ) { bed, output in
      let lines = output["a", default: ""].split(separator: "\n").map(String.init)
      #expect(lines.filter { $0.hasPrefix("wrote") } == ["wrote /data", "wrote /scratch"], "\(lines)")
      #expect(lines.filter { $0 == "conf" }.count == 2, "\(lines)")
      #expect(lines.contains { $0.hasPrefix("tmpfs ") && $0.contains(" 1024 ") }, "\(lines)")
      #expect(lines.contains("700 0"))
      #expect(lines.contains { $0.contains(" on /scratch type tmpfs (rw,nosuid,nodev,noexec") }, "\(lines)")
      #expect(output["b"] == "shared\n")
      #expect(!bed.exists("base/x") && !bed.exists("conf/x"))
    }
  }
}

// Keys of rights: devices, privileged, profiles, filters of files, and ids of its own.
import ContainrTestSupport
import Foundation
import Testing

extension IsolationKeyTests {
  @Test("devices: a node with its numbers, owner and access, a directory of them, and rules for others")
  func devices() throws {
    try inside([
      (
        "a",
        """
        stat -c '%n %F %t:%T %a' /dev/zwei /dev/some/full
        head -c 4 /dev/zwei | wc -c; echo x > /dev/zwei || echo refused
        mknod /tmp/loop b 7 200 && head -c 1 /tmp/loop | wc -c; mknod /tmp/k c 1 1 && head -c 1 /tmp/k; ls /dev/some
        """,
        """
        devices: ["BED/zwei:/dev/zwei:r", "BED/nodes:/dev/some"]
        device_cgroup_rules: ["b 7:* rwm"]
        """
      )
    ]) { bed in
      try FileManager.default.createDirectory(atPath: bed.path + "/nodes", withIntermediateDirectories: true)
      #expect(mknod(bed.path + "/zwei", S_IFCHR | 0o640, dev_t(1 << 8 | 5)) == 0)
      #expect(mknod(bed.path + "/nodes/full", S_IFCHR | 0o644, dev_t(1 << 8 | 7)) == 0)
    } _: { bed, output in
      let text = output["a"] ?? ""
      #expect(text.contains("/dev/zwei character special file 1:5 640"), "\(text)")
      #expect(text.contains("/dev/some/full character special file 1:7 644"), "\(text)")
      // 1:5 may be used by every container; what is asked for here does not take that away.
      #expect(lines(text).contains("4"), "\(text)")
      #expect(text.contains("/tmp/k: Operation not permitted") || text.contains("can't open"), "\(text)")
      // There may be no such device, but nobody forbids it. What the rules of v2 are no file says.
      // A user makes no nodes at all, and has the host's own.
      #expect(text.contains("/tmp/loop: Operation not permitted") == (bed.sandbox.user != nil), "\(text)")
      if !Bed.isUnified, bed.sandbox.user == nil {
        #expect(try bed.cgroup("devices", "a", "devices.list").contains("b 7:* rwm"))
      }
      let plan = try bed.plan()
      #expect(plan.hasPrefix("nothing to do"))
    }
  }

  @Test("privileged: all capabilities, the host's devices, nothing masked, no filter, /sys writable")
  func privileged() throws {
    try inside([
      (
        "a",
        """
        grep -E '^(CapEff|Seccomp):' /proc/self/status
        ls /dev | wc -l; [ -e /dev/kmsg ] && echo kmsg
        mount | grep ' on /sys type'; mount | grep -c ' on /proc/' ; mkdir /m; mount -t tmpfs x /m && echo mounted
        head -c 1 /dev/kmsg > /dev/null && echo read
        """, "privileged: true"
      ),
      (
        "b", "grep -E '^(CapEff|Seccomp):' /proc/self/status; mount | grep -c ' on /proc/'",
        "security_opt: [seccomp=unconfined, systempaths=unconfined]"
      ),
    ]) { bed, output in
      let a = lines(output["a"])
      let own = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      var mine =
        own.split(separator: "\n").first { $0.hasPrefix("CapBnd") }?.split(separator: "\t").last.map(String.init) ?? ""
      if bed.sandbox.user != nil {
        // A new user namespace has all that the kernel knows.
        let last = try String(contentsOfFile: "/proc/sys/kernel/cap_last_cap", encoding: .utf8)
        let word = String((UInt64(1) << (try #require(UInt64(last.dropLast())) + 1)) - 1, radix: 16)
        mine = String(repeating: "0", count: 16 - word.count) + word
      }
      #expect(a.contains("CapEff:\t\(mine)") && a.contains("Seccomp:\t0"), "\(a)")
      #expect(a.contains("mounted") && a.contains { $0.contains(" on /sys type sysfs (rw,") }, "\(a)")
      let b = lines(output["b"])
      #expect(b.contains("CapEff:\t00000000a80425fb") && b.contains("Seccomp:\t0") && b.contains("0"), "\(b)")
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test(
    "the strict profile: seven capabilities in force, no_new_privs, no ptrace, no raw socket, and Docker's words over it"
  )
  func strict() throws {
    let look =
      "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; mknod /tmp/x c 1 3 || echo refused; mkfifo /tmp/f && echo fifo"
    try inside(
      [
        ("a", look, ""), ("b", look, "cap_add: [MKNOD]\nsecurity_opt: [\"no-new-privileges:false\"]"),
        ("c", look, "x-containr: {security: default}"),
      ],
      extra: "x-containr: {security: strict}\n"
    ) { bed, output in
      let a = lines(output["a"])
      #expect(
        Array(a.prefix(4)) == [
          "CapEff:\t00000000000004eb", "CapBnd:\t00000000a80425fb", "NoNewPrivs:\t1", "Seccomp:\t2",
        ], "\(a)")
      #expect(a.contains("refused") && a.contains("fifo"), "\(a)")
      let b = lines(output["b"])
      #expect(b.contains("CapEff:\t00000000080004eb") && b.contains("NoNewPrivs:\t0"), "\(b)")
      // In a user's namespaces nobody makes devices, whatever his capabilities.
      #expect(b.contains("refused") == (bed.sandbox.user != nil), "\(b)")
      #expect(lines(output["c"]).contains("CapEff:\t00000000a80425fb"))
      // Compiled filters are kept, and the next start reads them.
      let kept = try FileManager.default.contentsOfDirectory(atPath: bed.sandbox.stateDirectory + "/seccomp")
      #expect(kept.count == 2 && kept.allSatisfy { $0.hasPrefix("strict-") }, "\(kept)")
      try Data("rubbish".utf8).write(
        to: URL(fileURLWithPath: bed.sandbox.stateDirectory + "/seccomp/" + (kept.first ?? "")))
      try bed.edit("command: [sh, /jobs/a]\n", "command: [sh, /jobs/a]\n    hostname: again\n")
      try bed.up()
      #expect(
        try bed.run("containr", ["exec", "-p", "t", "a", "grep", "Seccomp:", "/proc/self/status"]).output
          == "Seccomp:\t2\n")
    }
  }

  @Test("seccomp=FILE: Docker's form of a profile, with what its conditions say of this container")
  func seccompFile() throws {
    try inside([
      (
        "a",
        "mkdir /tmp/a || echo refused; touch /tmp/b && echo made; mknod /tmp/c p && echo fifo; probe syscalls | grep -i unknown",
        "security_opt: [\"seccomp:./profile.json\"]"
      ),
      ("b", "mkdir /tmp/a && echo made", "security_opt: [\"seccomp:./profile.json\"]\ncap_add: [SYS_ADMIN]"),
    ]) { bed in
      try bed.sandbox.directory.write(
        """
        {
        \t"defaultAction": "SCMP_ACT_ALLOW",
        \t"archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
        \t"syscalls": [
        \t\t{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "excludes": {"caps": ["CAP_SYS_ADMIN"]}}
        \t]
        }
        """, to: "profile.json")
    } _: { bed, output in
      let a = lines(output["a"])
      #expect(a.contains("refused") && a.contains("made") && a.contains("fifo"), "\(a)")
      #expect(lines(output["b"]) == ["made"], "\(output)")
      let kept = try FileManager.default.contentsOfDirectory(atPath: bed.sandbox.stateDirectory + "/seccomp")
      #expect(kept.count == 2 && kept.allSatisfy { $0.hasPrefix("file-") }, "\(kept)")
      // Another content is another filter, and a new container.
      let profile = try bed.read("profile.json")
      try bed.sandbox.directory.write(profile.replacingOccurrences(of: "mkdirat", with: "mknodat"), to: "profile.json")
      let plan = try bed.plan()
      #expect(plan.contains("security_opt.seccomp"), "\(plan)")
    }
  }

  @Test(
    "userns_mode auto: ids of its own for each container, files of layers and volumes as they are, no two with the same",
    .notAsUser("userns_mode: auto gives out blocks of 65536 ids, and a user has no more in all")
  )
  func ownIDs() throws {
    try Bed.use { bed in
      let directory = bed.path + "/ids"
      for name in ["subuid", "subgid"] {
        try bed.sandbox.directory.write("containr:3000000:131072\n", to: "ids/\(name)")
      }
      try bed.sandbox.directory.write("data\n", to: "vol/file")
      let script =
        "tr -s ' ' < /proc/self/uid_map; stat -c %u:%g /bin/busybox /vol/file; touch /made /vol/new; id -u; cat /run/secrets/s; echo END"
      func service(_ name: String) -> String {
        """
          \(name):
            layers: [./base]
            stop_signal: SIGKILL
            userns_mode: auto
            volumes: ["./out:/out", "./vol:/vol"]
            secrets: [s]
            command: [sh, -c, "{ \(script); } > /out/\(name) 2>&1; sleep 100000"]

        """
      }
      try bed.write("secrets: {s: {file: ./vol/file}}\nservices:\n" + service("a") + service("b"))
      let environment = ["CONTAINR_ID_DIR": directory]
      try bed.tryUp(environment: environment).succeeding()
      let (a, b) = (lines(try bed.output("a")), lines(try bed.output("b")))
      let bases = [a, b].map { $0.first?.trimmingCharacters(in: .whitespaces) }
      #expect(bases.compactMap { $0 }.sorted() == ["0 3000000 65536", "0 3065536 65536"], "\(a) \(b)")
      #expect(a.dropFirst() == ["0:0", "0:0", "0", "data"] && b.dropFirst() == a.dropFirst(), "\(a) \(b)")
      // The layer and the volume belong to whom they did; what was written into the writable layer is the container's.
      for name in ["base/bin/busybox", "vol/file", "vol/new"] {
        #expect(
          try FileManager.default.attributesOfItem(atPath: bed.path + "/" + name)[.ownerAccountID] as? Int == 0,
          "\(name)")
      }
      let made = bed.sandbox.stateDirectory + "/containers/t-a-1/upper/made"
      #expect((try FileManager.default.attributesOfItem(atPath: made)[.ownerAccountID] as? Int ?? 0) >= 3_000_000)
      #expect(try bed.plan().hasPrefix("nothing to do"))
      // A secret is its own, from the start on and when it is another one while the container runs.
      func secret() throws -> [String] {
        lines(
          try bed.run(
            "containr", ["exec", "-p", "t", "a", "sh", "-c", "stat -c %u:%g /run/secrets/s; cat /run/secrets/s"]
          ).output)
      }
      #expect(try secret() == ["0:0", "data"])
      try bed.sandbox.directory.write("other\n", to: "vol/file")
      try bed.tryUp(environment: environment).succeeding()
      #expect(try secret() == ["0:0", "other"])
      let exec = try bed.run("containr", ["exec", "-p", "t", "a", "sh", "-c", "id -u; tr -s ' ' < /proc/self/uid_map"])
      #expect(lines(exec.output).first == "0" && lines(exec.output).last?.hasSuffix(" 65536") == true, "\(exec)")
      // There is no third block.
      try bed.edit("services:\n", "services:\n" + service("c"))
      let full = try bed.tryUp(environment: environment)
      #expect(full.code == 2 && full.errors.contains("are taken"), "\(full)")
      let none = try bed.tryUp(environment: ["CONTAINR_ID_DIR": bed.path + "/out"])
      #expect(none.code == 2 && none.errors.contains("there are no ids of the host"), "\(none)")
    }
  }
}

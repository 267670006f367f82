// What config.json asks of a process and of the kernel's notice: each is looked at from inside.
import ContainrTestSupport
import Foundation
import Testing

@Suite(.notAsUser("engines begin it as root; OCIRuntimeTests begins it as a user in every run"))
struct OCIProcessTests {
  private func process(_ change: @escaping (inout [String: Any]) -> Void) -> (inout [String: Any]) -> Void {
    { config in
      var process = config["process"] as? [String: Any] ?? [:]
      change(&process)
      config["process"] = process
    }
  }

  private func linux(_ key: String, _ value: Any) -> (inout [String: Any]) -> Void {
    { config in
      var linux = config["linux"] as? [String: Any] ?? [:]
      linux[key] = value
      config["linux"] = linux
    }
  }

  @Test("the personality is the one that is asked for")
  func personality() throws {
    try BundleBed.use { bed in
      try bed.write("uname -m", linux("personality", ["domain": "LINUX32"]))
      #expect(try bed.runtime(["run", "a"]).succeeding().output == "i686\n")
      try bed.write("uname -m", linux("personality", ["domain": "LINUX"]))
      #expect(try bed.runtime(["run", "a"]).succeeding().output != "i686\n")
    }
  }

  @Test("memory comes from the nodes that are asked for, and a policy that the kernel refuses stops the start")
  func memoryPolicy() throws {
    try BundleBed.use { bed in
      let show = "head -n 1 /proc/self/numa_maps"
      try bed.write(show, linux("memoryPolicy", ["mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]]))
      let bound = try bed.runtime(["run", "a"]).succeeding().output
      #expect(bound.contains(" bind=static:0 "), "\(bound)")
      try bed.write(show)
      #expect(try bed.runtime(["run", "a"]).succeeding().output.contains(" default "))
      try bed.write(show, linux("memoryPolicy", ["mode": "MPOL_BIND"]))
      let refused = try bed.runtime(["run", "a"])
      #expect(refused.code == 1 && refused.errors.contains("set_mempolicy"), "\(refused)")
      try bed.expectNothingLeft()
    }
  }

  @Test("the scheduler and the priority of input and output are those that are asked for")
  func scheduling() throws {
    try BundleBed.use { bed in
      try bed.write(
        "cat /proc/self/stat; ionice",
        process {
          $0["scheduler"] = ["policy": "SCHED_BATCH", "nice": 7, "flags": ["SCHED_FLAG_RESET_ON_FORK"]]
          $0["ioPriority"] = ["class": "IOPRIO_CLASS_BE", "priority": 6]
          $0["args"] = ["sh", "-c", "cat /proc/$$/stat; exec ionice"]
        })
      let output = try bed.runtime(["run", "a"]).succeeding().output
      let fields = output.split(separator: ")")[1].split(whereSeparator: \.isWhitespace)
      // proc_pid_stat(5): 19 is the nice value, 41 the policy; `)` ends the second.
      #expect(fields[16] == "7" && fields[38] == "3", "\(output)")
      #expect(output.hasSuffix("best-effort: prio 6\n"), "\(output)")
      // Real time inside a cgroup has to be given to that first.
      try bed.write("true", process { $0["scheduler"] = ["policy": "SCHED_FIFO", "priority": 10] })
      let real = try bed.runtime(["run", "a"])
      #expect(real.code == 0 || real.errors.contains("resources.cpu.realtimeRuntime"), "\(real)")
      try bed.expectNothingLeft()
    }
  }

  @Test("a command gets the processors of execCPUAffinity, and the container's own process does not")
  func affinity() throws {
    try BundleBed.use { bed in
      let show = "grep Cpus_allowed_list /proc/self/status"
      let last = ProcessInfo.processInfo.processorCount - 1
      try bed.write("\(show); sleep 60", process { $0["execCPUAffinity"] = ["initial": "0", "final": "\(last)"] })
      try bed.runtime(["create", "a"]).succeeding()
      let pid = try #require(try bed.state("a")["pid"] as? Int)
      let own = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
      let ours = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      func list(_ text: String) -> Substring? {
        text.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list") }
      }
      #expect(list(own) == list(ours))
      try bed.runtime(["start", "a"]).succeeding()
      let inside = try bed.runtime(["exec", "a", "sh", "-c", show]).succeeding().output
      #expect(inside.split(whereSeparator: \.isWhitespace).last == "\(last)", "\(inside)")
      try bed.runtime(["delete", "-f", "a"]).succeeding()
    }
  }

  @Test("lo is up in a network namespace of its own")
  func loopback() throws {
    try BundleBed.use { bed in
      try bed.write("ip -4 address show lo")
      let output = try bed.runtime(["run", "a"]).succeeding().output
      #expect(output.contains("UP") && output.contains("127.0.0.1/8"), "\(output)")
    }
  }

  @Test("hooks without an environment have none of the caller's")
  func hookEnvironment() throws {
    try BundleBed.use { bed in
      let place = bed.scratch.path + "/environment"
      let hook: [String: Any] = ["path": "/usr/bin/env", "args": ["env"]]
      let kept: [String: Any] = ["path": "/usr/bin/env", "args": ["env"], "env": ["ONE=1"]]
      try bed.write("true") { config in
        config["hooks"] = [
          "prestart": [hook], "createRuntime": [hook], "createContainer": [hook], "poststart": [hook],
          "poststop": [hook, kept],
        ]
      }
      try Command(
        "bash", ["-c", "SECRET=x exec \"$@\" >\(place)", "-", bed.program, "--root", bed.root, "run", "a"],
        directory: URL(fileURLWithPath: bed.bundle)
      ).wait().succeeding()
      #expect(try String(contentsOfFile: place, encoding: .utf8) == "ONE=1\n")
    }
  }

  @Test("a hook of the start without an environment has the program's; few open files are enough to start")
  func startHook() throws {
    try BundleBed.use { bed in
      try bed.write("cat /tmp/hooked; ulimit -n") { config in
        var process = config["process"] as? [String: Any] ?? [:]
        process["env"] = ["PATH=/bin", "ONE=1"]
        // Not enough for what the host sends before the start, a descriptor for each hierarchy of v1.
        process["rlimits"] = [["type": "RLIMIT_NOFILE", "soft": 20, "hard": 20]]
        config["process"] = process
        config["hooks"] = [
          "startContainer": [["path": "/bin/sh", "args": ["sh", "-c", "echo $ONE > /tmp/hooked"]]]
        ]
      }
      let result = try bed.runtime(["run", "a"])
      #expect(result.code == 0 && result.output == "1\n20\n", "\(result)")
      try bed.expectNothingLeft()
    }
  }

  @Test("a hook of the creation or of the start that fails ends the container, and every hook of the end runs")
  func failingHooks() throws {
    try BundleBed.use { bed in
      let log = bed.scratch.path + "/hooks"
      func hook(_ script: String) -> [String: Any] { ["path": "/bin/sh", "args": ["sh", "-c", script]] }
      for kind in ["prestart", "createRuntime", "createContainer", "startContainer", "poststart"] {
        try bed.write("sleep 66") { config in
          config["hooks"] = [
            kind: [["path": kind == "startContainer" ? "/bin/false" : "/usr/bin/false"]],
            "poststop": [hook("exit 9"), hook("echo \(kind) >> \(log)")],
          ]
        }
        if ["startContainer", "poststart"].contains(kind) {
          try bed.runtime(["create", "a"]).succeeding()
          #expect(try bed.runtime(["start", "a"]).errors.contains("\(kind) hook failed"))
        } else {
          let result = try bed.runtime(["create", "a"])
          #expect(result.code == 1 && result.errors.contains("\(kind) hook failed"), "\(result)")
          #expect(result.errors.contains("warning: error running hook #0: poststop"), "\(result)")
        }
        try bed.expectNothingLeft()
      }
      #expect(
        try String(contentsOfFile: log, encoding: .utf8)
          == "prestart\ncreateRuntime\ncreateContainer\nstartContainer\npoststart\n")
    }
  }

  @Test(
    "without a pid namespace of its own what the first process leaves behind is ended by SIGKILL, and by nothing less")
  func leftBehind() throws {
    try BundleBed.use { bed in
      try bed.write("sleep 87654 & echo $! > /tmp/left") { config in
        var linux = config["linux"] as? [String: Any] ?? [:]
        let namespaces = linux["namespaces"] as? [[String: Any]] ?? []
        linux["namespaces"] = namespaces.filter { $0["type"] as? String != "pid" }
        config["linux"] = linux
      }
      try bed.runtime(["run", "-d", "a"]).succeeding()
      try eventually("its first process has ended") {
        try bed.runtime(["state", "a"]).output.contains("\"stopped\"")
      }
      let text = try String(contentsOfFile: bed.bundle + "/rootfs/tmp/left", encoding: .utf8)
      let left = try #require(Int32(text.dropLast()))
      #expect(kill(left, 0) == 0, "it goes on")
      #expect(try bed.runtime(["kill", "a", "TERM"]).errors.contains("container not running"))
      try bed.runtime(["kill", "a", "KILL"]).succeeding()
      try eventually("it has ended") { kill(left, 0) != 0 }
      #expect(try bed.runtime(["kill", "a", "KILL"]).errors.contains("container not running"))
      try bed.runtime(["delete", "a"]).succeeding()
      try bed.expectNothingLeft()
    }
  }

  @Test("events tells that a process was killed for want of memory, and ends with the container")
  func outOfMemory() throws {
    try BundleBed.use { bed in
      // Killed again and again, until somebody has heard of it; how often is written down before.
      try bed.write(
        "n=0; until test -e /tmp/end; do n=$((n+1)); echo $n > /tmp/times; tail /dev/zero; sleep 0.2; done",
        linux("resources", ["memory": ["limit": 16 << 20]]))
      try bed.runtime(["run", "-d", "a"]).succeeding()
      let events = try Command(
        bed.program, ["--root", bed.root, "events", "--interval", "1h", "a"],
        directory: URL(fileURLWithPath: bed.bundle))
      try eventually("it is told") { events.outputSoFar.contains("oom") }
      try bed.scratch.write("", to: "bundle/rootfs/tmp/end")
      let told = events.wait()
      let lines = told.output.split(separator: "\n")
      let text = try String(contentsOfFile: bed.bundle + "/rootfs/tmp/times", encoding: .utf8)
      let times = try #require(Int(text.trimmingCharacters(in: .newlines)))
      #expect(told.code == 0 && !lines.isEmpty && lines.count <= times, "\(times): \(told)")
      #expect(lines.allSatisfy { $0 == #"{"type":"oom","id":"a"}"# }, "\(told)")
      try bed.runtime(["delete", "a"]).succeeding()
    }
  }

  /// Takes so many listeners' descriptors with their states, prints the last state, and answers a call there with ENOTTY.
  private static let agent = """
    #define _GNU_SOURCE
    #include <linux/seccomp.h>
    #include <stdio.h>
    #include <string.h>
    #include <sys/ioctl.h>
    #include <sys/socket.h>
    #include <sys/un.h>
    #include <unistd.h>
    int main(int argc, char **argv) {
      struct sockaddr_un a = {.sun_family = AF_UNIX};
      /* It has its name when somebody listens, and not before. */
      snprintf(a.sun_path, sizeof a.sun_path, "%s.new", argv[1]);
      int s = socket(AF_UNIX, SOCK_STREAM, 0);
      if (bind(s, (void *)&a, sizeof a) < 0 || listen(s, 1) < 0 || rename(a.sun_path, argv[1]) < 0) return 2;
      int fd = -1;
      char text[8192], control[256];
      for (int left = argv[2][0] - '0'; left > 0; left--) {
        int c = accept(s, 0, 0);
        memset(text, 0, sizeof text);
        struct iovec v = {text, sizeof text - 1};
        struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        if (recvmsg(c, &m, 0) <= 0 || !CMSG_FIRSTHDR(&m)) return 3;
        fd = *(int *)CMSG_DATA(CMSG_FIRSTHDR(&m));
        while (read(c, text + strlen(text), sizeof text - 1 - strlen(text)) > 0) {}
      }
      puts(text);
      fflush(stdout);
      struct seccomp_notif request;
      while (memset(&request, 0, sizeof request), ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &request) == 0) {
        struct seccomp_notif_resp answer = {.id = request.id, .error = -25};
        ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
        return 0;
      }
      return 4;
    }
    """

  private func notifying(_ socket: String) -> [String: Any] {
    [
      "defaultAction": "SCMP_ACT_ALLOW", "listenerPath": socket, "listenerMetadata": "what it is for",
      "syscalls": [["names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_NOTIFY"]],
    ]
  }

  @Test("the seccomp agent gets the listener with the container's state, and decides", arguments: [true, false])
  func listener(runs: Bool) throws {
    try BundleBed.use { bed in
      let program = try CProgram.compiled("seccomp-agent", Self.agent)
      let socket = bed.scratch.path + "/agent"
      try bed.write("mkdir /tmp/x") { config in
        linux("seccomp", notifying(socket))(&config)
        config["annotations"] = ["k": "v"]
      }
      let agent = try Command(program, [socket, "1"])
      try eventually("the agent listens") { FileManager.default.fileExists(atPath: socket) }
      if runs {
        let result = try bed.runtime(["run", "a"])
        #expect(
          result.code == 1 && result.errors.contains("ioctl for device") || result.errors.contains("tty"), "\(result)")
      } else {
        try bed.runtime(["create", "a"]).succeeding()
        try bed.runtime(["start", "a"]).succeeding()
        try eventually("it is stopped") { try bed.state("a")["status"] as? String == "stopped" }
        try bed.runtime(["delete", "a"]).succeeding()
      }
      let told = agent.wait()
      #expect(told.code == 0)
      let message = try #require(
        try JSONSerialization.jsonObject(with: Data(told.output.utf8)) as? [String: Any], "\(told)")
      #expect(message["fds"] as? [String] == ["seccompFd"] && message["metadata"] as? String == "what it is for")
      let state = try #require(message["state"] as? [String: Any])
      #expect(state["status"] as? String == "creating" && state["id"] as? String == "a")
      #expect(state["pid"] as? Int == message["pid"] as? Int && state["bundle"] as? String == bed.bundle)
      #expect((state["annotations"] as? [String: String]) == ["k": "v"])
      try bed.expectNothingLeft()
    }
  }

  @Test("a command that enters has a listener of its own, which the agent gets as well")
  func listenerOfCommand() throws {
    try BundleBed.use { bed in
      let program = try CProgram.compiled("seccomp-agent", Self.agent)
      let socket = bed.scratch.path + "/agent"
      try bed.write("sleep 60", linux("seccomp", notifying(socket)))
      let agent = try Command(program, [socket, "2"])
      try eventually("the agent listens") { FileManager.default.fileExists(atPath: socket) }
      try bed.runtime(["run", "-d", "a"]).succeeding()
      let result = try bed.runtime(["exec", "a", "mkdir", "/tmp/x"])
      #expect(result.code == 1 && result.errors.contains("ioctl"), "\(result)")
      let told = agent.wait()
      #expect(told.code == 0 && told.output.contains("\"status\":\"running\""), "\(told)")
      try bed.runtime(["delete", "-f", "a"]).succeeding()
    }
  }

  @Test("a read-only tmpfs takes what is mounted below it first; the container's cgroups are read-only as asked")
  func readOnlyMounts() throws {
    try BundleBed.use { bed in
      try bed.write("touch /dev/x; touch /dev/pts/x; cat /proc/self/mounts") { config in
        var mounts = config["mounts"] as? [[String: Any]] ?? []
        let index = mounts.firstIndex { $0["destination"] as? String == "/dev" } ?? 0
        mounts[index]["options"] = ["nosuid", "mode=755", "ro"]
        mounts += [
          ["destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro"]],
          ["destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["nosuid", "ro"]],
        ]
        config["mounts"] = mounts
      }
      let result = try bed.runtime(["run", "a"]).succeeding()
      #expect(result.errors.contains("/dev/x: Read-only file system"), "\(result)")
      let lines = result.output.split(separator: "\n")
      #expect(lines.contains { $0.contains(" /dev/pts devpts rw") }, "\(result)")
      let groups = lines.filter { $0.contains(" /sys/fs/cgroup") }
      #expect(!groups.isEmpty && groups.allSatisfy { $0.contains(" ro,") }, "\(result)")
      try bed.expectNothingLeft()
    }
  }

  @Test("without the agent nothing starts, and a listener that no rule needs is passed over")
  func noAgent() throws {
    try BundleBed.use { bed in
      try bed.write("true", linux("seccomp", notifying("/nonexistent/agent")))
      let refused = try bed.runtime(["run", "a"])
      #expect(refused.code == 1 && refused.errors.contains("/nonexistent/agent"), "\(refused)")
      try bed.expectNothingLeft()
      var filter = notifying("/nonexistent/agent")
      filter["syscalls"] = [["names": ["mkdir"], "action": "SCMP_ACT_ERRNO"]]
      try bed.write("true", linux("seccomp", filter))
      try bed.runtime(["run", "a"]).succeeding()
    }
  }
}

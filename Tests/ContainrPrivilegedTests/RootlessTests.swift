// The same stack file as an ordinary user. Numbers from 23001 on: one a test, so that tests side by side never meet.
import ContainrTestSupport
import Foundation
import Testing

@Suite("as an ordinary user", .serialized, .asRoot, .notAsUser("it runs as users of its own in every run"))
struct RootlessTests {
  private static let stack = """
    services:
      web:
        layers: [./base]
        command: [sh, -c, "id -u > /out/id; echo page > /tmp/index.html; echo begun; exec httpd -f -p 80 -h /tmp"]
        ports: ["127.0.0.1:18080:80", "18081:80"]
        volumes: ["./out:/out", "data:/data"]
        healthcheck: {test: [CMD, nc, "-w", "1", "127.0.0.1", "80"], interval: 100ms}
        depends_on: {db: {condition: service_started}}
        stop_grace_period: 0s
      db:
        layers: [./base]
        user: "1000:1000"
        command: [sleep, "100000"]
        stop_grace_period: 0s
    volumes: {data: {}}

    """

  @Test(
    "a stack comes up, its services find each other, ports are published, files are the user's; down leaves nothing")
  func whole() throws {
    try UserBed.use(Self.stack, uid: 23001) { bed in
      let up = try bed.asUser("containr-up", "-d", "--wait", "-y", "stack.yaml")
      #expect(up.code == 0 && !up.errors.contains("warning"), "\(up)")
      #expect(try bed.asUser("containr", "ps").succeeding().output.contains("running"))
      // Root inside is the user outside, and what it writes is the user's.
      let file = bed.home + "/stack/out/id"
      #expect(try String(contentsOfFile: file, encoding: .utf8) == "0\n")
      #expect(try FileManager.default.attributesOfItem(atPath: file)[.ownerAccountID] as? Int == 23001)
      #expect(try bed.asUser("containr", "exec", "-T", "db", "id", "-u").succeeding().output == "1000\n")
      let lookup = try bed.asUser("containr", "exec", "-T", "web", "nslookup", "db")
      #expect(lookup.output.contains("Name:\tdb"), "\(lookup)")
      // By loopback, by the host's address, from outside; what is bound to loopback alone is not to be had from there.
      for url in ["127.0.0.1:18080", "127.0.0.1:18081", "[::1]:18081", "\(TestSandbox.hostAddress):18081"] {
        let page = try bed.sandbox.runInNetwork("curl", ["-s", "-m", "5", "http://\(url)/"])
        #expect(page.output == "page\n", "\(page)")
      }
      let outside = try bed.sandbox.runOutside("curl", ["-s", "-m", "5", "http://\(TestSandbox.hostAddress):18081/"])
      #expect(outside.output == "page\n", "\(outside)")
      let hidden = try bed.sandbox.runOutside("curl", ["-s", "-m", "2", "http://\(TestSandbox.hostAddress):18080/"])
      #expect(hidden.code != 0)
      #expect(try bed.asUser("containr", "logs", "web").succeeding().output.contains("begun"))
      let again = try bed.asUser("containr-up", "-d", "-y", "stack.yaml")
      #expect(again.code == 0 && again.output.hasPrefix("nothing to do"), "\(again)")
    }
  }

  @Test("containers reach what the user reaches, and not what listens on the host's loopback")
  func outgoing() throws {
    try UserBed.use(Self.stack, uid: 23002) { bed in
      try bed.sandbox.directory.write("world\n", to: "www/index.html")
      let words = { (place: String) in ["busybox", "httpd", "-f", "-p", place, "-h", bed.path + "/www"] }
      let world = try Command("nsenter", ["--net=/run/netns/\(bed.sandbox.outside!)"] + words("8000"))
      let own = try Command("nsenter", ["--net=/run/netns/\(bed.sandbox.networkNamespace!)"] + words("127.0.0.1:8000"))
      defer {
        for server in [world, own] {
          server.signal(SIGKILL)
          _ = server.wait()
        }
      }
      try eventually("both servers listen") {
        try bed.sandbox.runInNetwork("curl", ["-s", "http://\(TestSandbox.outsideAddress):8000/"]).code == 0
          && bed.sandbox.runInNetwork("curl", ["-s", "http://127.0.0.1:8000/"]).code == 0
      }
      try bed.asUser("containr-up", "-d", "--wait", "-y", "stack.yaml").succeeding()
      func fetch(_ address: String) throws -> CommandResult {
        try bed.asUser(
          "containr", "exec", "-T", "web", "sh", "-c",
          "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | timeout 5 nc \(address) 8000")
      }
      let page = try fetch(TestSandbox.outsideAddress)
      #expect(page.output.hasSuffix("world\n"), "\(page)")
      let gateway = try bed.asUser("containr", "exec", "-T", "web", "sh", "-c", "ip route | grep default").output
        .split(separator: " ")
      for address in ["127.0.0.1", String(gateway[2]), TestSandbox.hostAddress] {
        #expect(try !fetch(address).output.contains("world"), "\(address)")
      }
    }
  }

  @Test("datagrams of several clients come in and are answered, each its own")
  func datagrams() throws {
    let stack = """
      services:
        echo:
          layers: [./base]
          command: [sleep, "100000"]
          ports: ["18007:7/udp"]
          stop_grace_period: 0s

      """
    try UserBed.use(stack, uid: 23003) { bed in
      try bed.asUser("containr-up", "-d", "-y", "stack.yaml").succeeding()
      let ps = try bed.asUser("containr", "ps", "--json").output
      let pid = try #require(ps.split(separator: "\"pid\":").dropFirst().first).drop { $0 == " " }.prefix {
        $0.isNumber
      }
      let server = try Command(
        "nsenter",
        [
          "-t", "\(pid)", "--net", "python3", "-c",
          """
          import socket
          s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
          s.bind(("", 7))
          while True:
            text, who = s.recvfrom(65536)
            s.sendto(b"echo " + text, who)
          """,
        ])
      defer {
        server.signal(SIGKILL)
        _ = server.wait()
      }
      // Three clients at once, each with two words; what is lost before the server listens is sent again.
      let clients = """
        import socket
        all = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
        for s in all:
          s.settimeout(0.2); s.connect(("\(TestSandbox.hostAddress)", 18007))
        for word in [b"a", b"b" * 20000]:
          for number, s in enumerate(all):
            for attempt in range(150):
              try:
                s.send(word + b"%d" % number); answer = s.recv(65536); break
              except (TimeoutError, ConnectionRefusedError): pass
            assert answer == b"echo " + word + b"%d" % number, answer
        print("all")
        """
      let result = try bed.sandbox.runOutside("python3", ["-c", clients])
      #expect(result.output == "all\n", "\(result)")
    }
  }

  @Test("limits that nobody has delegated stop the start, with the place; a port that is taken or too low as well")
  func refused() throws {
    try UserBed.use("services: {}\n", uid: 23004) { bed in
      func up(_ line: String) throws -> CommandResult {
        try bed.write("services:\n  a:\n    layers: [./base]\n    command: [sleep, \"100000\"]\n    \(line)\n")
        return try bed.asUser("containr-up", "-d", "-y", "stack.yaml")
      }
      let limit = try up("mem_limit: 64m")
      #expect(limit.code != 0, "\(limit)")
      #expect(limit.errors.contains("no cgroup of the memory controller has been delegated to this user"), "\(limit)")
      #expect(limit.errors.contains("stack.yaml:6:"), "\(limit)")
      let low = try up("ports: [\"80:80\"]")
      #expect(low.code != 0 && low.errors.contains("net.ipv4.ip_unprivileged_port_start"), "\(low)")
      let taken = try Command(
        "nsenter", ["--net=/run/netns/\(bed.sandbox.networkNamespace!)", "busybox", "nc", "-l", "-p", "18090"])
      defer {
        taken.signal(SIGKILL)
        _ = taken.wait()
      }
      try eventually("the port is taken") {
        try bed.sandbox.runInNetwork("ss", ["-Hltn", "sport", "=", ":18090"]).output.contains("18090")
      }
      let busy = try up("ports: [\"18090:80\"]")
      #expect(
        busy.code == 2 && busy.errors.contains("18090/tcp is taken by another program or another user"), "\(busy)")
      #expect(busy.errors.contains("stack.yaml:6:"), "\(busy)")
      let host = try up("pid: host")
      #expect(host.code == 2 && host.errors.contains("error[not-for-users]"), "\(host)")
      #expect(host.errors.contains("stack.yaml:6:"), "\(host)")
      let bare = "volumes: [{type: bind, source: /sys, target: /mnt, read_only: true, bind: {recursive: disabled}}]"
      let alone = try up(bare)
      #expect(alone.code == 2 && alone.errors.contains("would uncover what /sys/"), "\(alone)")
    }
  }

  @Test(
    "what a killed holder leaves is taken away by the next command, which begins anew; so is one that cannot be found")
  func lostHolder() throws {
    try UserBed.use(
      """
      services:
        web:
          layers: [./base]
          command: [sh, -c, "mkdir /www; echo page > /www/index.html; exec httpd -f -p 80 -h /www"]
          stop_signal: SIGKILL
          ports: ["18091:80"]

      """, uid: 23015
    ) { bed in
      func gone(_ pid: Int32) -> Bool { kill(pid, 0) != 0 || isZombie(pid) }
      for isKilled in [true, false] {
        try bed.asUser("containr-up", "-d", "-y", "stack.yaml").succeeding()
        let record = try String(contentsOfFile: bed.runDirectory + "/rootless", encoding: .utf8)
        let numbers = record.split(separator: "\n").prefix(2).compactMap { Int32($0.prefix { $0 != " " }) }
        #expect(numbers.count == 2, "holder and pasta: \(record)")
        let old = numbers + [try bed.pid(of: "web")]
        if isKilled {
          kill(old[0], SIGKILL)
        } else {
          try FileManager.default.removeItem(atPath: bed.runDirectory)
        }
        try bed.asUser("containr-up", "-d", "-y", "stack.yaml").succeeding()
        try eventually("the old ones are gone") { old.allSatisfy(gone) }
        try eventually("the page is there") {
          try bed.sandbox.runInNetwork("curl", ["-s", "-m", "5", "http://127.0.0.1:18091/"]).output == "page\n"
        }
      }
    }
  }

  @Test("another user can neither see nor touch it")
  func others() throws {
    try UserBed.use(Self.stack, uid: 23005) { bed in
      try bed.asUser("containr-up", "-d", "--wait", "-y", "stack.yaml").succeeding()
      for path in [bed.runDirectory, bed.home + "/.local/share/containr"] {
        #expect(try bed.asUser(23995, ["ls", path]).code != 0, "\(path)")
      }
      let holder = try #require(try bed.processes().first { $0.contains("containr-rootless") })
      let pid = String(holder.prefix { $0 != " " })
      #expect(try bed.asUser(23995, ["nsenter", "--user", "--net", "-t", pid, "true"]).code != 0)
      #expect(try bed.asUser(23995, ["kill", "-9", pid]).code != 0)
      #expect(
        try bed.asUser(23005, ["nsenter", "--user", "--net", "--preserve-credentials", "-t", pid, "true"]).code == 0)
    }
  }

  @Test(
    "a unit of the user's is written where systemd's manager of the user looks, and systemd finds nothing wrong in it",
    .enabled(if: Requirement.hasProgram("systemd-analyze"), "systemd is not installed"))
  func unit() throws {
    try UserBed.use(Self.stack, uid: 23007) { bed in
      let words = ["systemd", "install", "--user", "--root", bed.home + "/root", "stack.yaml"]
      let install = try bed.asUser(bed.uid, ["containr"] + words).succeeding()
      let directory = "\(bed.home)/root\(bed.home)/.config/systemd/user"
      #expect(install.output == "\(directory)/containr-t.service\n")
      #expect(install.errors.contains("loginctl enable-linger tess-23007"), "\(install)")
      #expect(
        try FileManager.default.destinationOfSymbolicLink(
          atPath: directory + "/default.target.wants/containr-t.service") == "../containr-t.service")
      let text = try String(contentsOfFile: directory + "/containr-t.service", encoding: .utf8)
      #expect(text.contains("RequiresMountsFor=\(bed.home)/stack \(bed.home)/.local/share/containr\n"), "\(text)")
      #expect(try bed.asUser("containr", "systemd", "print", "--user", "stack.yaml").succeeding().output == text)
      let verdict = try bed.asUser("systemd-analyze", "--user", "verify", directory + "/containr-t.service")
      let faults = verdict.errors.split(separator: "\n").filter { !$0.contains("man ") }
      #expect(faults.isEmpty, "\(verdict)")
      // Without --user it is the system's, which takes root.
      let system = try bed.asUser("containr", "systemd", "install", "stack.yaml")
      #expect(system.code == 2 && system.errors.contains("systemd install --user"), "\(system)")
      try bed.asUser(
        bed.uid, ["containr", "systemd", "uninstall", "--user", "--root", bed.home + "/root", "stack.yaml"]
      ).succeeding()
      #expect(!FileManager.default.fileExists(atPath: directory + "/containr-t.service"))
    }
  }

  @Test("without ranges there is one user, which is said, and a container runs; one in the foreground needs no stack")
  func alone() throws {
    let stack = "services: {a: {layers: [./base], command: [sleep, \"100000\"], stop_grace_period: 0s}}\n"
    try UserBed.use(stack, uid: 23006, ranges: false) { bed in
      let up = try bed.asUser("containr-up", "-d", "-y", "stack.yaml")
      #expect(up.code == 0 && up.errors.contains("no ranges in /etc/subuid and /etc/subgid"), "\(up)")
      let run = try bed.asUser(
        "containr", "run", "--rm", "--network", "none", "--layer", "base", "--", "/bin/sh", "-c", "id -u; exit 7")
      #expect(run.code == 7 && run.output == "0\n", "\(run)")
    }
  }

  @Test(
    "with limits: best-effort what cannot be had is a warning with its place, in the plan too; what is not counted is null"
  )
  func bestEffort() throws {
    try UserBed.use("services: {}\n", uid: 23012) { bed in
      try bed.write(
        """
        services:
          a:
            layers: [./base]
            command: [sleep, "100000"]
            stop_grace_period: 0s
            mem_limit: 64m
            cpus: 0.5
            pids_limit: 50
            x-containr: {limits: best-effort}

        """)
      let plan = try bed.asUser("containr", "plan", "stack.yaml")
      let up = try bed.asUser("containr-up", "-d", "-y", "stack.yaml")
      #expect(plan.code == 2 && up.code == 0, "\(plan) \(up)")
      for said in [plan.errors, up.errors] {
        for (key, line) in [("mem_limit", 7), ("cpus", 8), ("pids_limit", 9)] {
          #expect(said.contains("service a runs without \(key): "), "\(said)")
          #expect(said.contains("--> stack.yaml:\(line):"), "\(said)")
        }
        #expect(said.contains("3 warnings") && !said.contains("error"), "\(said)")
      }
      #expect(try bed.asUser("containr", "plan", "stack.yaml").code == 0)
      let stats = try bed.asUser("containr", "stats", "--no-stream", "--json", "--interval", "50").succeeding().output
      for word in ["memory", "memory_limit", "pids", "cpu_thousandths", "block_read", "memory_usage", "cpu_ns"] {
        #expect(stats.contains("\"\(word)\":null"), "\(stats)")
      }
      let table = try bed.asUser("containr", "stats", "--no-stream", "--interval", "0").succeeding().output
      #expect(table.contains("- / -"), "\(table)")
      #expect(try bed.asUser("containr", "ps", "--json").succeeding().output.contains("\"memory_usage\": null"))
      let metrics = try bed.asUser("containr", "metrics").succeeding().output
      #expect(
        metrics.contains("containr_container_running") && !metrics.contains("containr_container_memory"), "\(metrics)")
    }
  }
}

// What changes without a new process: the same pid before and after, and the kernel has the new value.
import ContainrTestSupport
import Foundation
import Testing

@Suite("In place", .serialized, .asRoot)
struct InPlaceTests {
  /// Applies an edit that must not cost a process: the plan says in place, every pid stays, the plan is empty afterwards.
  private func change(_ bed: Bed, _ edit: () throws -> Void) throws {
    let pids = try bed.pids()
    try edit()
    let changes = try bed.changes()
    let effects = Set(changes.map(\.effect))
    #expect(effects.isSubset(of: ["in place", "none"]) && effects.contains("in place"), "\(changes.map(\.words))")
    try bed.up()
    #expect(try bed.pids() == pids)
    #expect(try bed.plan() == "nothing to do: \(pids.count) container\(pids.count == 1 ? " matches" : "s match")\n")
  }

  private static let sleeper = """
    services:
      a:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
    """

  @Test("processors are asked for, changed, and given back as the parent has them")
  func processors() throws {
    try Bed.use(Self.sleeper) { bed in
      try bed.up()
      try change(bed) { try bed.edit("    stop_signal", "    cpuset: \"0\"\n    stop_signal") }
      #expect(try bed.cgroup("cpuset", "a", "cpuset.cpus") == "0")
      #expect(try bed.read("/proc/\(try bed.pid("a"))/status").contains("Cpus_allowed_list:\t0\n"))
      let parent = try bed.cgroupValue(bed.cgroupDirectory("cpuset", path: "t"), "cpuset.cpus")
      try change(bed) { try bed.edit("    cpuset: \"0\"\n", "") }
      #expect(try bed.cgroup("cpuset", "a", "cpuset.cpus") == parent)
      #expect(parent != "0", "this host has one processor; the test proves nothing")
    }
  }

  @Test("throttles of a disk are asked for, changed, and taken away")
  func throttles() throws {
    try Bed.use(Self.sleeper) { bed in
      let disk = try LimitTests.blockDevice()
      try bed.up()
      let file = "blkio.throttle.read_bps_device"
      try change(bed) {
        try bed.edit(
          "    stop_signal",
          "    blkio_config: { device_read_bps: [{ path: \(disk.path), rate: 10mb }] }\n    stop_signal")
      }
      #expect(try bed.cgroup("blkio", "a", file) == "\(disk.number) 10485760")
      try change(bed) { try bed.edit("10mb", "20mb") }
      #expect(try bed.cgroup("blkio", "a", file) == "\(disk.number) 20971520")
      try change(bed) {
        try bed.edit("    blkio_config: { device_read_bps: [{ path: \(disk.path), rate: 20mb }] }\n", "")
      }
      #expect(try bed.cgroup("blkio", "a", file) == "")
    }
  }

  @Test("restart policy, labels, stop settings and health check come, change and go")
  func supervised() throws {
    try Bed.use(Self.sleeper) { bed in
      try bed.up()
      for (key, first, second) in [
        ("restart", "always", "on-failure:3"), ("labels", "{ a: b }", "{ a: c }"),
        ("stop_grace_period", "1s", "2s"),
        ("healthcheck", "{ test: [CMD, \"true\"], interval: 1s }", "{ test: [CMD, \"true\"], interval: 2s }"),
      ] {
        try change(bed) { try bed.edit("    command", "    \(key): \(first)\n    command") }
        try change(bed) { try bed.edit("\(key): \(first)", "\(key): \(second)") }
        try change(bed) { try bed.edit("    \(key): \(second)\n", "") }
      }
      try change(bed) { try bed.edit("SIGKILL", "SIGINT") }
      try change(bed) { try bed.edit("SIGINT", "SIGKILL") }
    }
  }

  @Test("how much of the output is kept changes under a program that writes, without a restart")
  func logs() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./base]
          command: [sh, -c, "n=0; while :; do n=$$((n+1)); printf '%0200d\\n' $$n; sleep 0.01; done"]
          stop_signal: SIGKILL
          logging: { options: { max-size: 2k, max-file: 4 } }
      """
    ) { bed in
      try bed.up()
      let log = try bed.container("a").logFile
      let directory = URL(fileURLWithPath: log).deletingLastPathComponent().path
      func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: directory).sorted() }
      // It may be missing between its rename and the next one's birth.
      func size() -> Int? { (try? FileManager.default.attributesOfItem(atPath: log))?[.size] as? Int }
      let all = ["container.log", "container.log.1", "container.log.2", "container.log.3"]
      try eventually("four files are kept") { try files() == all }
      try eventually("none of them is much larger than asked for") { size().map { $0 < 3000 } ?? false }
      try change(bed) { try bed.edit("max-file: 4", "max-file: 2") }
      try eventually("two files are kept") { try files() == Array(all.prefix(2)) }
      try change(bed) { try bed.edit("max-size: 2k, max-file: 2", "max-size: -1") }
      try eventually("the file grows without end") { size() ?? 0 > 8000 }
      // Kept no more: the file stays as it is.
      try change(bed) { try bed.edit("{ options: { max-size: -1 } }", "{ driver: none }") }
      try eventually("nothing is written any more") {
        let before = size()
        usleep(200_000)
        return before != nil && size() == before
      }
      #expect(try bed.run("containr", ["logs", "-p", "t"]).errors.contains("logging.driver is none"))
      try change(bed) { try bed.edit("{ driver: none }", "{ driver: local, options: { max-size: 4k } }") }
      try eventually("it is written again, in files of the new size") {
        try size().map { $0 < 5000 } ?? false && files().count > 1
      }
    }
  }

  @Test("a program whose output is dropped from the start runs as well, and leaves no log")
  func dropped() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./base]
          command: [sh, -c, "echo heard by nobody; sleep 100000"]
          stop_signal: SIGKILL
          logging: { driver: none }
      """
    ) { bed in
      try bed.up()
      let row = try bed.container("a")
      #expect(row.state == "running" && !bed.exists(row.logFile))
      let logs = try bed.run("containr", ["logs", "-p", "t"])
      #expect(logs.output == "" && logs.errors.contains("logging.driver is none"), "\(logs)")
    }
  }

  // MARK: networks

  private static let networks = """
    services:
      web:
        layers: [./base]
        command: [sh, -c, "mkdir /www; hostname > /www/index.html; exec httpd -f -p 80 -h /www"]
        stop_signal: SIGKILL
        ports: ["8080:80"]
        networks: { front: {} }
      db:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        networks: { back: {} }
    networks:
      front: { ipam: { config: [{ subnet: 10.213.7.0/24 }] } }
      back: { internal: true, ipam: { config: [{ subnet: 10.213.8.0/24 }] } }
      aside: { ipam: { config: [{ subnet: 10.213.6.0/24 }] } }
    """

  /// What a container says of its own network.
  private func inside(_ bed: Bed, _ service: String, _ script: String) throws -> String {
    try bed.run("containr", ["exec", "-p", "t", service, "sh", "-c", script]).succeeding().output
  }

  private func interfaces(_ bed: Bed, _ service: String) throws -> [String] {
    try inside(bed, service, "ip -4 -o address").split(separator: "\n").map {
      let words = $0.split(separator: " ")
      return "\(words[1]) \(words[3])"
    }
  }

  @Test("a network is joined and left while the program runs: links, names, default route, and nothing starts again")
  func joins() throws {
    try Bed.use(Self.networks) { bed in
      try bed.up()
      let old = try interfaces(bed, "web")
      #expect(old == ["lo 127.0.0.1/8", "eth0 10.213.7.2/24"])
      try change(bed) { try bed.edit("networks: { front: {} }", "networks: { front: {}, back: {} }") }
      #expect(try interfaces(bed, "web") == old + ["eth1 10.213.8.3/24"])
      // The name of the other side is known, and the way there works.
      #expect(try inside(bed, "web", "nslookup db").contains("10.213.8.2"))
      _ = try inside(bed, "web", "ping -c 1 -W 20 db")
      #expect(try inside(bed, "db", "nslookup web").contains("10.213.8.3"))
      // An internal network carries no default route, and its name server knows nothing of the world.
      #expect(try inside(bed, "web", "ip route").contains("default via 10.213.7.1 dev eth0"))
      #expect(try inside(bed, "web", "cat /etc/resolv.conf").contains("nameserver 10.213.7.1\n"))
      #expect(try inside(bed, "web", "cat /etc/hosts").contains("10.213.8.3\tt-web-1\n"))
      try bed.expectPage("127.0.0.1:8080", "t-web-1\n")
      // A network with a way out that sorts before the others takes the default route over; names of interfaces stay.
      try change(bed) { try bed.edit("front: {}, back: {} }", "front: {}, back: {}, aside: {} }") }
      #expect(try interfaces(bed, "web") == old + ["eth1 10.213.8.3/24", "eth2 10.213.6.2/24"])
      #expect(try inside(bed, "web", "ip route").contains("default via 10.213.6.1 dev eth2"))
      #expect(try inside(bed, "web", "cat /etc/resolv.conf").contains("nameserver 10.213.6.1\n"))
      try bed.expectPage("127.0.0.1:8080", "t-web-1\n")
      // Left again: the first ones go, the last one stays what it is called.
      try change(bed) { try bed.edit("{ front: {}, back: {}, aside: {} }", "{ aside: {} }") }
      #expect(try interfaces(bed, "web") == ["lo 127.0.0.1/8", "eth2 10.213.6.2/24"])
      #expect(try bed.run("containr", ["exec", "-p", "t", "web", "nslookup", "db"]).code != 0)
      #expect(try !inside(bed, "web", "cat /etc/hosts").contains("10.213.8.3"))
      try bed.expectPage("127.0.0.1:8080", "t-web-1\n")
      #expect(try bed.links("b").count == 2, "the network that nobody uses is gone")
      // The lowest free name is the next one's.
      try change(bed) { try bed.edit("{ aside: {} }", "{ aside: {}, front: {} }") }
      #expect(try interfaces(bed, "web").contains("eth0 10.213.7.2/24"))
    }
  }

  @Test("a fixed address and aliases change while the program runs; who held the address gets another")
  func addresses() throws {
    try Bed.use(Self.networks) { bed in
      try bed.edit("networks: { back: {} }", "networks: { front: {} }")
      try bed.up()
      let held = try #require(try bed.container("db").address("front"))
      #expect(["10.213.7.2", "10.213.7.3"].contains(held))
      try change(bed) {
        try bed.edit(
          "ports: [\"8080:80\"]\n    networks: { front: {} }",
          "ports: [\"8080:80\"]\n    networks: { front: { ipv4_address: \(held), aliases: [shop] } }")
      }
      #expect(try bed.container("web").address("front") == held)
      #expect(try interfaces(bed, "web") == ["lo 127.0.0.1/8", "eth0 \(held)/24"])
      #expect(try bed.container("db").address("front") != held)
      #expect(try inside(bed, "db", "nslookup shop").contains(held))
      #expect(try inside(bed, "web", "ip route").contains("default via 10.213.7.1 dev eth0"))
      _ = try inside(bed, "db", "ping -c 1 -W 20 shop")
      try bed.expectPage("127.0.0.1:8080", "t-web-1\n")
      try change(bed) { try bed.edit("aliases: [shop]", "aliases: [store]") }
      #expect(try inside(bed, "db", "nslookup store").contains(held))
      #expect(try bed.run("containr", ["exec", "-p", "t", "db", "nslookup", "shop"]).code != 0)
      // A port alone is nft's business.
      try change(bed) { try bed.edit("8080:80", "8081:80") }
      try bed.expectPage("127.0.0.1:8081", "t-web-1\n")
      #expect(try bed.fetch("127.0.0.1:8080", timeout: 1) != "t-web-1\n")
    }
  }

  @Test("a published port goes from one service to another in one edit, while both run")
  func portMoves() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./base]
          command: [sh, -c, "mkdir /www; hostname > /www/index.html; exec httpd -f -p 80 -h /www"]
          stop_signal: SIGKILL
          ports: ["8080:80"]
        b:
          layers: [./base]
          command: [sh, -c, "mkdir /www; hostname > /www/index.html; exec httpd -f -p 80 -h /www"]
          stop_signal: SIGKILL
          ports: ["8081:80"]
      """
    ) { bed in
      try bed.up()
      try bed.expectPage("127.0.0.1:8080", "t-a-1\n")
      try change(bed) {
        try bed.edit("8081:80", "8080:80\", \"8082:80")
        try bed.edit("    ports: [\"8080:80\"]\n  b:", "    ports: [\"8083:80\"]\n  b:")
      }
      try bed.expectPage("127.0.0.1:8080", "t-b-1\n")
      try bed.expectPage("127.0.0.1:8083", "t-a-1\n")
      // Two at once stay an error.
      try bed.edit("8083:80", "8080:80")
      #expect(try bed.tryUp().code == 2)
    }
  }

  @Test("a change of networks that dies at any boundary is finished by the next up, or taken back by it")
  func crash() throws {
    try Bed.use(Self.networks) { bed in
      let up = ["-d", "-y", Bed.file]
      let other = ("networks: { front: {} }\n  db", "networks: { aside: {}, back: {} }\n  db")
      try bed.up()
      let record = bed.path + "/boundaries"
      try bed.edit(other.0, other.1)
      try bed.run("containr-up", up, environment: ["CONTAINR_FAILPOINT": "record:\(record)"]).succeeding()
      let boundaries = try bed.read("boundaries").split(separator: "\n").map(String.init)
      #expect(boundaries.count > 8, "\(boundaries)")
      try bed.edit(other.1, other.0)
      try bed.up()
      let pids = try bed.pids()
      for (number, boundary) in boundaries.enumerated() {
        try bed.edit(other.0, other.1)
        let dead = try bed.run("containr-up", up, environment: ["CONTAINR_FAILPOINT": boundary])
        #expect(dead.code == 128 + SIGKILL, "\(boundary): \(dead)")
        let goesOn = number % 2 == 0
        if !goesOn { try bed.edit(other.1, other.0) }
        try bed.up()
        let plan = try bed.plan()
        #expect(plan == "nothing to do: 2 containers match\n", "\(boundary): \(plan)")
        let addresses = try interfaces(bed, "web").map { $0.split(separator: " ")[1] }.sorted()
        #expect(
          addresses
            == (goesOn ? ["10.213.6.2/24", "10.213.8.3/24", "127.0.0.1/8"] : ["10.213.7.2/24", "127.0.0.1/8"]),
          "\(boundary)")
        try bed.expectPage("127.0.0.1:8080", "t-web-1\n")
        if goesOn {
          try bed.edit(other.1, other.0)
          try bed.up()
        }
        #expect(try bed.pids() == pids, "\(boundary)")
      }
    }
  }
}

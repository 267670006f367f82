// `containr stats` beside what really went through the wire, by the built programs.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Stats", .serialized, .asRoot)
struct StatsTests {
  private static func service(_ name: String, _ more: String = "") -> String {
    "  \(name): { layers: [./base], command: [sleep, \"100000\"], stop_signal: SIGKILL\(more) }\n"
  }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  private struct Row: Decodable {
    struct Network: Decodable {
      var network: String
      var interface: String
      var rx_bytes: UInt64
      var tx_bytes: UInt64
      var rx_packets: UInt64
      var tx_packets: UInt64
    }
    var Name: String
    var NetIO: String
    var service: String
    var containers: Int
    var cpu_thousandths: Int?
    var memory: UInt64
    var memory_limit: UInt64?
    var pids: UInt64
    var block_written: UInt64
    var network_mode: String?
    var networks: [Network]
  }

  private func rows(_ bed: Bed, _ words: String...) throws -> [String: Row] {
    let result = try bed.run(
      "containr", ["stats", "-p", "t", "--no-stream", "--format", "json", "--interval", "300"] + words
    )
    .succeeding()
    let rows = try result.output.split(separator: "\n").map {
      try JSONDecoder().decode(Row.self, from: Data($0.utf8))
    }
    return Dictionary(uniqueKeysWithValues: rows.map { ($0.Name, $0) })
  }

  @Test(
    "bytes are counted for who received and who sent them, network by network; host's and shared ones are told apart")
  func traffic() throws {
    try Bed.use { bed in
      try bed.write(
        "services:\n" + Self.service("a", ", networks: [front, back]") + Self.service("b", ", networks: [back]")
          + Self.service("h", ", network_mode: host") + Self.service("s", ", network_mode: \"service:a\"")
          + Self.service("n", ", network_mode: none") + "networks: { front: , back: }\n")
      try bed.up()
      let before = try rows(bed)
      let address = try #require(
        try bed.container("a").addresses.first { $0.hasPrefix("back 10.") }?.split(separator: " ").last)
      let size = 4_000_000
      let server = try Command(
        "nsenter",
        [
          "-t", "\(try bed.pid("a"))", "-n", "python3", "-c",
          """
          import socket
          s = socket.socket(); s.bind(("0.0.0.0", 5002)); s.listen(); print("ready", flush=True); c = s.accept()[0]; n = 0
          while True:
              d = c.recv(65536)
              if not d: break
              n += len(d)
          print(n, flush=True)
          """,
        ])
      try eventually("it listens") { server.outputSoFar.contains("ready") }
      try run(
        "nsenter",
        [
          "-t", "\(try bed.pid("b"))", "-n", "python3", "-c",
          "import socket; s = socket.create_connection((\"\(address)\", 5002)); s.sendall(b\"x\" * \(size))",
        ]
      ).succeeding()
      #expect(server.wait().output.contains("\(size)\n"))
      let after = try rows(bed)
      func delta(_ name: String, _ network: String, _ path: KeyPath<Row.Network, UInt64>) throws -> UInt64 {
        func value(_ rows: [String: Row]) throws -> UInt64 {
          try #require(rows[name]?.networks.first { $0.network == network })[keyPath: path]
        }
        return try value(after) - value(before)
      }
      let wire = UInt64(size)...UInt64(Double(size) * 1.1)
      #expect(try wire.contains(delta("t-a-1", "back", \.rx_bytes)), "a received")
      #expect(try wire.contains(delta("t-b-1", "back", \.tx_bytes)), "b sent")
      #expect(try delta("t-a-1", "back", \.tx_bytes) < wire.lowerBound / 10, "a sent no more than acknowledgements")
      #expect(try delta("t-a-1", "front", \.rx_bytes) < 100_000, "by the other network nothing came")
      #expect(try delta("t-b-1", "back", \.tx_packets) > 20)
      #expect(after["t-h-1"]?.network_mode == "host" && after["t-h-1"]?.networks.isEmpty == true)
      #expect(after["t-h-1"]?.NetIO == "(host)" && after["t-s-1"]?.NetIO == "(service:a)")
      #expect(after["t-s-1"]?.networks.isEmpty == true && after["t-n-1"]?.NetIO == "(none)")
      let table = try bed.run("containr", ["stats", "-p", "t", "--no-stream", "--interval", "0", "a"]).succeeding()
        .output
      #expect(table.hasPrefix("NAME") && table.contains("t-a-1") && !table.contains("t-b-1"), "\(table)")
    }
  }

  @Test("macvlan has no end at the host: what went there is counted all the same")
  func macvlan() throws {
    try Bed.use { bed in
      try bed.write(
        "services:\n" + Self.service("m", ", networks: [lan]")
          + "networks: { lan: { driver: macvlan, driver_opts: { parent: uplink }, ipam: { config: [{ subnet: 198.51.100.0/24, ip_range: 198.51.100.64/28, gateway: 198.51.100.2 }] } } }\n"
      )
      try bed.up()
      let before = try #require(try rows(bed)["t-m-1"]?.networks.first)
      try run(
        "nsenter",
        [
          "-t", "\(try bed.pid("m"))", "-n", "python3", "-c",
          "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nfor _ in range(100): s.sendto(b'x' * 1000, ('\(TestSandbox.outsideAddress)', 9))",
        ]
      ).succeeding()
      var sent: UInt64 = 0
      // Who looks for the neighbour sends a moment later.
      try eventually("they are counted") {
        sent = try #require(try rows(bed)["t-m-1"]?.networks.first).tx_bytes - before.tx_bytes
        return sent >= 90_000
      }
      #expect(sent <= 130_000, "\(sent)")
    }
  }

  @Test(
    "processors, memory without idle page cache, tasks and written bytes are those of the container; a service is their sum"
  )
  func use() throws {
    try Bed.use { bed in
      try bed.write(
        "services:\n"
          + "  busy: { layers: [./base], command: [sh, -c, \"while :; do :; done\"], stop_signal: SIGKILL, mem_limit: 64m, deploy: { replicas: 2 } }\n"
          + Self.service("idle"))
      try bed.up()
      // swift-format-ignore: AlwaysUseLowerCamelCase
      struct Usage: Decodable { var service: String; var memory_usage: UInt64? }
      var all: [String: Row] = [:]
      // A full machine gives a busy loop little, and takes the cache away.
      try eventually("what each uses is seen") {
        // A file of forty megabytes that was only read: its pages are the first to go.
        try bed.run(
          "containr",
          [
            "exec", "-p", "t", "idle", "sh", "-c",
            "dd if=/dev/zero of=/file bs=1M count=40; sync; dd if=/file of=/dev/null bs=1M; sleep 1",
          ]
        )
        .succeeding()
        let usages = try JSONDecoder().decode(
          [Usage].self, from: Data(bed.run("containr", ["ps", "--json", "-p", "t"]).output.utf8))
        let usage = usages.first { $0.service == "idle" }?.memory_usage ?? 0
        all = try rows(bed)
        let (busy, idle) = (try #require(all["t-busy-1"]), try #require(all["t-idle-1"]))
        let (loop, sleeper) = (try #require(busy.cpu_thousandths), try #require(idle.cpu_thousandths))
        // The kernel counts the cache, and we do not.
        return loop > 100 && loop < 1200 && sleeper < 200 && usage > 35 << 20 && idle.memory < 16 << 20
      }
      let busy = try #require(all["t-busy-1"])
      #expect(busy.memory_limit == 64 << 20 && all["t-idle-1"]?.memory_limit == nil)
      #expect(busy.memory > 0 && busy.memory < 16 << 20 && busy.pids == 1)
      let services = try rows(bed, "--by-service")
      #expect(services.keys.sorted() == ["busy", "idle"] && services["busy"]?.containers == 2)
      #expect(services["busy"]?.memory_limit == 128 << 20 && services["busy"]?.pids == 2)
      #expect(
        try bed.run("containr", ["stats", "-p", "t", "--no-stream", "nobody"]).errors.contains(
          "no containers of a service nobody"))
    }
  }

  /// A terminal in the bed's network, with what leads our programs into it.
  private func terminal(_ bed: Bed, _ words: [String], _ more: [String: String] = [:]) throws -> Terminal {
    let inside = ["nsenter", "--net=/run/netns/\(try #require(bed.sandbox.networkNamespace))"]
    return try Terminal(
      inside + bed.sandbox.words("containr", words),
      environment: bed.sandbox.environment.merging(["LC_ALL": "C.UTF-8"].merging(more) { $1 }) { $1 },
      directory: bed.sandbox.directory.path)
  }

  @Test(
    "on a terminal it is a live screen that goes on, obeys keys and another size, and leaves the terminal as it was")
  func live() throws {
    try Bed.use("services:\n" + Self.service("a") + Self.service("b")) { bed in
      try bed.up()
      for end in ["q", "\u{3}"] {
        let screen = try terminal(bed, ["stats", "-p", "t", "--interval", "100"])
        screen.resize(rows: 30, columns: 160)
        try screen.expect("t-a-1")
        #expect(!screen.isCooked && screen.screen.contains("\u{1B}[?1049h"))
        try eventually("it looks again and again") { screen.screen.components(separatedBy: "q leaves").count > 4 }
        try screen.type("m")
        try screen.expect("[m memory]")
        // Narrow: what has no room is left out, and no line is longer.
        screen.resize(rows: 10, columns: 40)
        try eventually("the picture is narrow") {
          let last = screen.screen.components(separatedBy: "\u{1B}[H").dropLast().last ?? ""
          let lines = last.replacingOccurrences(of: "\u{1B}\\[[0-9;?]*[A-Za-z]", with: "", options: .regularExpression)
            .components(separatedBy: "\r\n")
          return lines.count <= 10 && lines.allSatisfy { $0.count <= 40 } && last.contains("t-b-1")
        }
        try screen.type(end)
        #expect(try screen.end() == 0)
        #expect(screen.isCooked && screen.screen.hasSuffix("\u{1B}[?1049l"))
      }
      let stopped = try terminal(bed, ["stats", "-p", "t", "--interval", "100"])
      try stopped.expect("t-a-1")
      kill(try stopped.program(), SIGTERM)
      #expect(try stopped.end() == 0)
      #expect(stopped.isCooked && stopped.screen.hasSuffix("\u{1B}[?1049l"))
    }
  }

  @Test("what is not a terminal gets plain text, look after look, and NO_COLOR takes the colours off the screen")
  func plain() throws {
    try Bed.use("services:\n" + Self.service("a") + "  job: { layers: [./base], command: [\"true\"] }\n") { bed in
      try bed.up()
      try bed.wait("job", "exited")
      let piped = try bed.sandbox.runInShell(
        "\(try BuiltPrograms.path("containr")) stats -p t --interval 50 | head -n 8")
      #expect(piped.code == 0 && !piped.output.contains("\u{1B}"), "\(piped)")
      let lines = piped.output.components(separatedBy: "\n")
      // Columns are as wide as what stands in them at the moment.
      func words(_ line: String) -> [Substring] { line.split(separator: " ") }
      #expect(
        words(lines[0]) == words(lines[3]) && lines[0].hasPrefix("NAME") && lines[1].hasPrefix("t-a-1")
          && lines[2].isEmpty, "\(piped)")
      // Those that do not run are there with -a only.
      #expect(!piped.output.contains("t-job-1"))
      let all = try bed.run("containr", ["stats", "-p", "t", "-a", "--no-stream", "--interval", "0"]).succeeding()
        .output
      #expect(all.contains(/t-job-1 +--/), "\(all)")
      let fields = try bed.run(
        "containr", ["stats", "-p", "t", "--no-stream", "--interval", "0", "--format", "table {{.Name}}\\t{{.PIDs}}"])
      #expect(fields.output == "NAME   PIDS\nt-a-1  1\n", "\(fields)")
      let json = try bed.sandbox.runInShell(
        "\(try BuiltPrograms.path("containr")) stats -p t --json --interval 50 | head -n 3")
      #expect(json.output.components(separatedBy: "\"Name\":\"t-a-1\"").count == 4, "\(json)")
      let bare = try terminal(bed, ["stats", "-p", "t", "--interval", "100"], ["NO_COLOR": "1"])
      try bare.expect("t-a-1")
      try bare.type("q")
      #expect(try bare.end() == 0)
      #expect(
        !bare.screen.contains("\u{1B}[1m") && !bare.screen.contains("\u{1B}[0m") && bare.screen.contains("\u{1B}[?25l"))
    }
  }
}

// `containr metrics` before a parser that is not ours (python3-prometheus-client, Debian): printed, served, written.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Metrics", .serialized, .asRoot)
struct MetricsTests {
  private static let stack = """
    services:
      web:
        layers: [./base]
        command: [sh, -c, "echo one; echo two >&2; exec sleep 100000"]
        stop_signal: SIGKILL
        restart: always
        mem_limit: 64m
        cpus: 0.5
        pids_limit: 50
        healthcheck: { test: [CMD, "true"], interval: 1s, start_interval: 50ms, start_period: 5s }
      job: { layers: [./base], command: ["true"] }
    """

  /// One sample, as the parser found it.
  private struct Sample: Decodable {
    var family: String
    var type: String
    var unit: String
    var name: String
    var labels: [String: String]
    var value: Double
  }

  /// Read strictly: the parser refuses what OpenMetrics 1.0 does not allow.
  private func parse(_ text: String, _ bed: Bed, older: Bool = false) throws -> [Sample] {
    try bed.sandbox.directory.write(text, to: "metrics.txt")
    let script = """
      import json, sys
      from prometheus_client\(older ? "" : ".openmetrics").parser import text_string_to_metric_families as families
      text = open("metrics.txt").read()
      print(json.dumps([dict(family=f.name, type=f.type, unit=f.unit, name=s.name, labels=s.labels, value=s.value)
                        for f in families(text) for s in f.samples]))
      """
    let result = try run("/usr/bin/python3", ["-c", script], directory: bed.sandbox.directory.url)
    guard result.code == 0 else { throw TestSupportError("\(result)\n\(text)") }
    return try JSONDecoder().decode([Sample].self, from: Data(result.output.utf8))
  }

  private func value(_ samples: [Sample], _ name: String, _ labels: [String: String] = ["service": "web"]) -> Double? {
    let found = samples.filter { sample in
      sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
    }
    return found.count == 1 ? found[0].value : nil
  }

  @Test("what is printed is OpenMetrics, and has use, limits, health, restarts and logs of each container")
  func printed() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up("--wait")
      try bed.wait("job", "exited")
      func look() throws -> [Sample] {
        try parse(try bed.run("containr", ["metrics", "-p", "t"]).succeeding().output, bed)
      }
      let before = try bed.pid("web")
      kill(before, SIGKILL)
      try eventually("it was started again") {
        let row = try bed.container("web")
        return row.state == "running" && row.pid != before && row.health == "healthy"
      }
      try eventually("its log is counted") {
        try value(look(), "containr_container_log_lines_total", ["stream": "stderr"]) == 1
      }
      // A probe that is at work counts as well.
      try eventually("its program is alone") { try value(look(), "containr_container_tasks") == 1 }
      let all = try look()
      #expect(value(all, "containr_container_restarts_total") == 1 && value(all, "containr_container_running") == 1)
      #expect(value(all, "containr_container_running", ["service": "job"]) == 0)
      #expect(value(all, "containr_container_memory_limit_bytes") == Double(64 << 20))
      #expect(value(all, "containr_container_tasks_limit") == 50)
      #expect(value(all, "containr_container_oom_kills_total") == 0)
      #expect(value(all, "containr_container_health", ["containr_container_health": "healthy"]) == 1)
      #expect(value(all, "containr_container_log_bytes_total", ["stream": "stdout"]) == 4)
      let working = try #require(value(all, "containr_container_memory_working_set_bytes"))
      let usage = try #require(value(all, "containr_container_memory_usage_bytes"))
      #expect(working > 0 && working <= usage)
      #expect(
        try #require(
          value(all, "containr_container_network_receive_bytes_total", ["network": "default", "service": "web"])) >= 0)
      let began = try #require(value(all, "containr_container_start_time_seconds"))
      #expect(abs(Date().timeIntervalSince1970 - began) < 120 * TestPace.factor)
      #expect(value(all, "containr_stack_supervised", ["stack": "t"]) == 1)
      #expect(try #require(value(all, "containr_supervisor_resident_bytes", ["stack": "t"])) > 100_000)
      #expect(all.allSatisfy { $0.labels["stack"] == "t" || $0.family == "containr_build" })
      // Of v2 alone.
      let waiting = all.filter {
        $0.name == "containr_container_pressure_waiting_seconds_total" && $0.labels["service"] == "web"
      }
      #expect(Set(waiting.compactMap { $0.labels["resource"] }) == (Bed.hasPressure ? ["cpu", "memory", "io"] : []))
      let older = try bed.run("containr", ["metrics", "--format", "prometheus"]).succeeding().output
      let same = try parse(older, bed, older: true)
      #expect(!older.contains("# EOF") && value(same, "containr_container_restarts_total") == 1)
      #expect(same.first { $0.name == "containr_container_restarts_total" }?.type == "counter")
      let nobody = try bed.run("containr", ["metrics", "-p", "nobody"]).succeeding().output
      #expect(try parse(nobody, bed).map(\.name) == ["containr_build_info"])
    }
  }

  @Test("served at a socket and at a port, to many at once, until a signal; other requests are refused as HTTP has it")
  func served() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up("--wait")
      let socket = bed.path + "/metrics.sock"
      let onSocket = try bed.sandbox.start("containr", ["metrics", "--listen", socket])
      let onPort = try bed.sandbox.start("containr", ["metrics", "--listen", "0"])
      // Whatever fails below, they do not stay.
      defer { for server in [onSocket, onPort] { server.signal(SIGKILL) } }
      try eventually("both listen") {
        onSocket.errorsSoFar.contains("metrics at unix:") && onPort.errorsSoFar.contains("/metrics\n")
      }
      let address = try #require(onPort.errorsSoFar.split(separator: "\n").first?.split(separator: " ").last)
        .description
      #expect(address.hasPrefix("http://127.0.0.1:"))
      func curl(_ words: String...) throws -> CommandResult {
        try bed.sandbox.runInNetwork("curl", ["-s", "-m", "20"] + words)
      }
      let accept = "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
      let text = try curl("--unix-socket", socket, "-H", accept, "http://x/metrics").succeeding().output
      #expect(value(try parse(text, bed), "containr_container_running") == 1)
      let heads = try curl("-D", "-", "-o", "/dev/null", "-H", accept, address).succeeding().output
      #expect(heads.contains("200 OK") && heads.contains("application/openmetrics-text; version=1.0.0; charset=utf-8"))
      #expect(
        try parse(curl(address).succeeding().output, bed, older: true).contains { $0.name == "containr_build_info" })
      for (words, code) in [
        (["-X", "POST"], "405"), (["-I"], "200"), (["-H", "X: \(String(repeating: "y", count: 9000))"], "431"),
      ] {
        let result = try bed.sandbox.runInNetwork(
          "curl", ["-s", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}"] + words + [address])
        #expect(result.output == code, "\(words): \(result)")
      }
      #expect(try curl(address.replacingOccurrences(of: "/metrics", with: "/other")).output == "Not Found\n")
      // Forty that say nothing keep nobody waiting for long, and what they had is given back.
      let port = try #require(address.split(separator: ":").last?.split(separator: "/").first)
      func descriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(onPort.pid)/fd").count
      }
      // nsenter has become the server.
      let calm = try descriptors()
      let many = """
        import socket, time
        idle = [socket.create_connection(("127.0.0.1", \(port))) for _ in range(40)]
        ask = socket.create_connection(("127.0.0.1", \(port))); ask.sendall(b"GET /metrics HTTP/1.1\\r\\n\\r\\n"); ask.settimeout(60)
        print(ask.recv(15).decode(), flush=True)
        """
      #expect(try bed.sandbox.runInNetwork("python3", ["-c", many], timeout: 100).output == "HTTP/1.1 200 OK\n")
      try eventually("nobody is left") { try descriptors() <= calm }
      let mode = try FileManager.default.attributesOfItem(atPath: socket)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      let second = try bed.run("containr", ["metrics", "--listen", socket])
      #expect(second.code == 1 && second.errors.contains("in use"), "\(second)")
      for server in [onSocket, onPort] {
        server.signal(SIGTERM)
        #expect(server.wait().code == 0)
      }
      #expect(!bed.exists("metrics.sock"))
      // One that was killed left its socket: the next takes its place.
      let killed = try bed.sandbox.start("containr", ["metrics", "--listen", socket])
      try eventually("it listens") { killed.errorsSoFar.contains("metrics at") }
      killed.signal(SIGKILL)
      _ = killed.wait()
      let next = try bed.sandbox.start("containr", ["metrics", "--listen", "unix:" + socket])
      defer { next.signal(SIGKILL) }
      try eventually("it listens") { next.errorsSoFar.contains("metrics at") }
      #expect(try curl("--unix-socket", socket, "http://x/metrics").succeeding().output.contains("containr_build_info"))
      next.signal(SIGINT)
      #expect(next.wait().code == 0)
    }
  }

  @Test("a file for the textfile collector is whole at every moment, in the form that it reads, and readable to others")
  func written() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up("--wait")
      let file = bed.path + "/containr.prom"
      try bed.run("containr", ["metrics", "--textfile", file]).succeeding()
      #expect(value(try parse(try bed.read(file), bed, older: true), "containr_container_running") == 1)
      let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
      #expect(mode == 0o644)
      let names = try FileManager.default.contentsOfDirectory(atPath: bed.path).filter { $0.contains(".prom") }
      #expect(names == ["containr.prom"])
      let writer = try bed.sandbox.start("containr", ["metrics", "--textfile", file, "--interval", "1"])
      defer { writer.signal(SIGKILL) }
      var inodes: Set<Int> = []
      try eventually("it is written again and again") {
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        inodes.insert(attributes[.systemFileNumber] as? Int ?? 0)
        let text = try bed.read(file)
        #expect(text.hasPrefix("# HELP containr_build_info") && text.hasSuffix("\n"))
        return inodes.count >= 3
      }
      writer.signal(SIGTERM)
      #expect(writer.wait().code == 0)
      for (words, message) in [
        (["--textfile", bed.path + "/x"], "end in .prom"), (["--listen", "1", "--textfile", file], "two commands"),
        (["--interval", "5"], "needs --textfile"), (["--listen", "nowhere"], "is no address"),
      ] {
        let refused = try bed.run("containr", ["metrics"] + words)
        #expect(refused.code != 0 && refused.errors.contains(message), "\(refused)")
      }
      let gone = try bed.run("containr", ["metrics", "--textfile", bed.path + "/nowhere/containr.prom"])
      #expect(gone.code == 1 && gone.errors.contains("No such file or directory"), "\(gone)")
    }
  }
}

extension Bed {
  /// The kernel counts pressure of each cgroup.
  static let hasPressure = isUnified && FileManager.default.fileExists(atPath: "/proc/pressure/memory")
}

// What is exported, where it is served, and the dashboard that shows it.
import ContainrTelemetry
import ContainrTestSupport
import Foundation
import Testing

@testable import ContainrCgroups
@testable import ContainrEngine

@Suite("Metrics") struct MetricTests {
  @Test("names, units and help of the catalog are as OpenMetrics wants them, and no two are one")
  func catalog() {
    let all = MetricCatalog.all
    #expect(Set(all.map(\.sampleName)).count == all.count)
    for kind in all {
      let letters = kind.name.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F }
      #expect(letters && kind.name.hasPrefix("containr_"), "\(kind.name)")
      #expect(
        !["_total", "_info", "_created", "_bucket", "_sum", "_count"].contains(where: kind.name.hasSuffix),
        "\(kind.name)")
      if let unit = kind.unit { #expect(kind.name.hasSuffix("_" + unit), "\(kind.name)") }
      #expect(kind.unit != nil || !(kind.name.hasSuffix("_bytes") || kind.name.hasSuffix("_seconds")), "\(kind.name)")
      #expect(kind.help.hasSuffix(".") && !kind.help.contains("\n"), "\(kind.name)")
    }
  }

  @Test("a container that runs has all its numbers, one that does not has its state and its restarts")
  func containers() {
    var runs = ContainerSample(name: "t-web-1", service: "web", index: 1, pid: 7)
    runs.stack = "t"
    (runs.processorTime, runs.memory, runs.memoryLimit, runs.pids) = (1_500_000_000, 5, 64, 3)
    runs.networks = [
      NetworkUse(
        network: "front", interface: "eth0", received: TrafficCount(bytes: 9), sent: TrafficCount(bytes: 8, drops: 4))
    ]
    runs.logged = LogCounts()
    runs.logged?.stderrLines = 6
    var detail = CgroupDetail()
    detail.throttling = CgroupThrottling(periods: 10, throttled: 4, time: 2_000_000_000)
    detail.memoryPressure = CgroupPressure(some: 3_000_000_000, full: 1_000_000_000)
    runs.history = ContainerHistory(
      id: "t-web-1.b", image: "sha256:1", memoryUsage: 50, detail: detail, health: "healthy", restarts: 2,
      startTime: 12.345)
    var ended = ContainerSample(name: "t-job-1", service: "job", index: 1, pid: 0)
    ended.stack = "t"
    ended.history = ContainerHistory(id: "t-job-1", image: "")
    let text = String(
      decoding: MetricText.openmetrics.bytes(ContainerMetrics([runs, ended]).families), as: UTF8.self)
    let lines = Set(text.split(separator: "\n").map(String.init))
    let web = #"stack="t",service="web",container="t-web-1""#
    let job = #"stack="t",service="job",container="t-job-1""#
    for line in [
      "containr_container_instance_info{\(web),id=\"t-web-1.b\",image=\"sha256:1\",index=\"1\"} 1",
      "containr_container_running{\(web)} 1", "containr_container_running{\(job)} 0",
      "containr_container_restarts_total{\(web)} 2", "containr_container_restarts_total{\(job)} 0",
      "containr_container_start_time_seconds{\(web)} 12.35",
      "containr_container_health{\(web),containr_container_health=\"healthy\"} 1",
      "containr_container_health{\(web),containr_container_health=\"unhealthy\"} 0",
      "containr_container_cpu_seconds_total{\(web)} 1.5",
      "containr_container_cpu_throttled_periods_total{\(web)} 4",
      "containr_container_cpu_throttled_seconds_total{\(web)} 2",
      "containr_container_memory_usage_bytes{\(web)} 50", "containr_container_memory_working_set_bytes{\(web)} 5",
      "containr_container_memory_limit_bytes{\(web)} 64", "containr_container_tasks{\(web)} 3",
      "containr_container_pressure_waiting_seconds_total{\(web),resource=\"memory\"} 3",
      "containr_container_pressure_stalled_seconds_total{\(web),resource=\"memory\"} 1",
      "containr_container_network_receive_bytes_total{\(web),network=\"front\",interface=\"eth0\"} 9",
      "containr_container_network_transmit_drops_total{\(web),network=\"front\",interface=\"eth0\"} 4",
      "containr_container_log_lines_total{\(web),stream=\"stderr\"} 6",
    ] { #expect(lines.contains(line), "\(line) in\n\(text)") }
    for line in lines where line.contains("t-job-1") {
      #expect(line.contains("_info") || line.contains("_running") || line.contains("_restarts_total"), "\(line)")
    }
    #expect(!text.contains("memory_swap_bytes") && !text.contains("tasks_limit"), "what nobody counts is not 0")
  }

  @Test("of a container without a cgroup of its own nothing is told that only that counts")
  func uncounted() {
    var dark = ContainerSample(name: "t-a-1", service: "a", index: 1, pid: 7)
    (dark.processorTime, dark.memory, dark.pids, dark.bytesRead, dark.bytesWritten) = (nil, nil, nil, nil, nil)
    dark.history = ContainerHistory(id: "t-a-1", image: "", memoryUsage: nil, detail: CgroupDetail())
    let text = String(decoding: MetricText.openmetrics.bytes(ContainerMetrics([dark]).families), as: UTF8.self)
    #expect(text.contains("containr_container_running"))
    for word in ["cpu", "memory", "tasks", "block", "oom"] { #expect(!text.contains("container_\(word)"), "\(text)") }
  }

  @Test(
    "a place to listen at: a port is the loopback's, others have to be named, a path is a socket",
    arguments: [
      ("9091", "http://127.0.0.1:9091/metrics", false), (":9091", "http://127.0.0.1:9091/metrics", false),
      ("localhost:1", "http://127.0.0.1:1/metrics", false), ("127.0.0.9:80", "http://127.0.0.9:80/metrics", false),
      ("0.0.0.0:9091", "http://0.0.0.0:9091/metrics", true), ("[::1]:9091", "http://[::1]:9091/metrics", false),
      ("[::]:9091", "http://[::]:9091/metrics", true), ("/run/x.sock", "unix:/run/x.sock", false),
      ("unix:/run/x.sock", "unix:/run/x.sock", false),
    ] as [(String, String, Bool)])
  func address(text: String, place: String, isOpen: Bool) {
    let address = MetricAddress(text)
    #expect(address?.description == place && address?.isOpen == isOpen)
  }

  @Test(
    "what is no such place is none",
    arguments: [
      "", "x", "70000", "-1", "1.2.3:80", "host:80", "::1:80", "[::1]", "[::1:80", "unix:x", "/run/", "127.0.0.1:",
      "/" + String(repeating: "a", count: 107), "80 ", "0x50",
    ])
  func noAddress(text: String) { #expect(MetricAddress(text) == nil) }

  @Test("requests are read as far as is needed, and no further")
  func requests() {
    func want(_ text: String) -> MetricRequest.Want? { MetricRequest(Array(text.utf8))?.want }
    let ask = "GET /metrics HTTP/1.1\r\nHost: x\r\n"
    #expect(want(ask) == nil && want("") == nil && want(ask + "\r") == nil)
    #expect(want(ask + "\r\n") == .metrics(.prometheus))
    #expect(want("GET /metrics?x=1 HTTP/1.0\n\n") == .metrics(.prometheus))
    #expect(
      want(ask + "accept: text/plain, Application/OpenMetrics-Text;version=1.0.0;q=0.8\r\n\r\n")
        == .metrics(.openmetrics))
    #expect(want("GET / HTTP/1.1\r\n\r\n") == .index)
    #expect(want("GET /metricsx HTTP/1.1\r\n\r\n") == .refusal(404, "Not Found"))
    #expect(want("POST /metrics HTTP/1.1\r\n\r\n") == .refusal(405, "Method Not Allowed"))
    for wrong in [
      "GET /metrics\r\n\r\n", "GET  /metrics HTTP/1.1\r\n\r\n", "\n\n", "GET http://x HTTP/1.1\n\n", "\u{16}\u{3}\n\n",
    ] {
      #expect(want(wrong) == .refusal(400, "Bad Request"), "\(wrong)")
    }
    #expect(want(String(repeating: "x", count: 8192)) == .refusal(431, "Request Header Fields Too Large"))
    #expect(
      want(ask + "X: \(String(repeating: "x", count: 9000))\r\n\r\n")
        == .refusal(431, "Request Header Fields Too Large"))
    let head = MetricRequest(Array("HEAD /metrics HTTP/1.1\r\n\r\n".utf8))
    #expect(head?.isHead == true && head?.want == .metrics(.prometheus))
    let answer = head.map { String(decoding: $0.answer("200 OK", type: "t", body: [1, 2]), as: UTF8.self) }
    #expect(answer == "HTTP/1.1 200 OK\r\nContent-Type: t\r\nContent-Length: 2\r\nConnection: close\r\n\r\n")
  }

  @Test("of a process: its memory and its time, whatever its name is")
  func process() {
    let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 25 5 0 0 20 0 3 0 100 5000000 300 184467440737095"
    let use = ProcessUse(stat: stat)
    #expect(use?.processorTime == 300_000_000 && use?.resident == 300 * UInt64(sysconf(CInt(_SC_PAGESIZE))))
    #expect(ProcessUse(stat: "7 (a) S 1") == nil && ProcessUse(stat: "") == nil)
  }

  @Test("the dashboard is JSON, and every metric in it is one that is exported, and every kind of use is shown")
  func dashboard() throws {
    let file = BuiltPrograms.repository.appendingPathComponent("examples/monitoring/containr-dashboard.json")
    let json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    var expressions: [String] = []
    func collect(_ value: Any) {
      if let list = value as? [Any] { for item in list { collect(item) } }
      guard let object = value as? [String: Any] else { return }
      for (key, item) in object {
        if let text = item as? String, ["expr", "query", "definition"].contains(key) { expressions.append(text) }
        collect(item)
      }
    }
    collect(json)
    let names = Set(MetricCatalog.all.map(\.sampleName))
    var used: Set<String> = []
    for expression in expressions {
      let words = expression.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
      for word in words where word.hasPrefix("containr_") {
        // The label of a stateset is called as its family.
        #expect(names.contains(word), "\(word) in \(expression)")
        used.insert(word)
      }
    }
    let panels = try #require(json["panels"] as? [[String: Any]])
    #expect(!panels.isEmpty && expressions.count >= panels.filter { $0["type"] as? String != "row" }.count)
    let ids = panels.compactMap { $0["id"] as? Int }
    #expect(Set(ids).count == panels.count)
    for part in [
      "cpu_seconds", "throttled", "memory_working_set", "oom_kills", "block", "network", "tasks", "restarts", "health",
      "log", "pressure",
    ] {
      #expect(used.contains { $0.contains(part) }, "\(part)")
    }
  }
}

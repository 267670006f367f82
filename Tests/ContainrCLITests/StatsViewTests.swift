// `containr stats` as a table and as JSON.
import Foundation
import Testing

@testable import ContainrCLI
@testable import ContainrEngine
@testable import ContainrForeground

@Suite struct StatsViewTests {
  private var uses: [StackUse] {
    var web = ContainerSample(name: "t-web-1", service: "web", index: 1, pid: 7)
    (web.time, web.processorTime, web.memory, web.memoryLimit, web.pids) = (2_000_000, 250_000, 3 << 20, 64 << 20, 4)
    (web.bytesRead, web.bytesWritten) = (4096, 0)
    web.networks = [
      NetworkUse(
        network: "default", interface: "eth0", received: TrafficCount(bytes: 2048, packets: 3),
        sent: TrafficCount(bytes: 512, packets: 2, errors: 1, drops: 4))
    ]
    var before = web
    (before.time, before.processorTime) = (1_000_000, 0)
    var agent = ContainerSample(name: "t-agent-1", service: "agent", index: 1, pid: 8)
    agent.networkMode = "host"
    return StackUse.between([before], [agent, web])
  }

  @Test("the table has what docker compose stats has; whose network it is, where that is not its own")
  func table() {
    #expect(
      StatsView.table(uses).text(Ink(isOn: false)) == """
        NAME        CPU %  MEM USAGE / LIMIT  MEM %    NET I/O  BLOCK I/O  PIDS
        t-agent-1       -             0b / -      -     (host)    0b / 0b     0
        t-web-1    25.00%           3m / 64m  4.69%  2k / 512b    4k / 0b     4

        """)
  }

  @Test("Docker's fields stand where a template has them, under Docker's headings after `table`")
  func templates() throws {
    let plain = try FieldTemplate("{{.Name}}: {{.CPUPerc}} {{json .NetIO}}")
    #expect(
      try StatsView.text(uses, plain, isTable: false, Ink(isOn: false))
        == "t-agent-1: - \"(host)\"\nt-web-1: 25.00% \"2k / 512b\"\n")
    guard case .template(let table, let isTable) = try StatsForm("table {{.Name}}\\t{{.PIDs}}") else {
      Issue.record("it is a template")
      return
    }
    #expect(
      try StatsView.text(uses, table, isTable: isTable, Ink(isOn: false))
        == "NAME       PIDS\nt-agent-1  0\nt-web-1    4\n")
    #expect(throws: CommandExit.self) {
      try StatsView.text(uses, try FieldTemplate("{{.Nobody}}"), isTable: false, Ink(isOn: false))
    }
  }

  @Test("what nobody counts is a stroke in the table and null in JSON, also in the head of the live screen")
  func uncounted() {
    var dark = ContainerSample(name: "t-a-1", service: "a", index: 1, pid: 7)
    (dark.processorTime, dark.memory, dark.pids, dark.bytesRead, dark.bytesWritten) = (nil, nil, nil, nil, nil)
    let use = StackUse(dark, since: nil)
    #expect(StatsView.table([use]).rows == [["t-a-1", "-", "- / -", "-", "0b / 0b", "- / -", "-"]])
    let json = StatsView.json(use)
    for word in ["memory", "pids", "block_read", "block_written", "cpu_thousandths"] {
      #expect(json.contains("\"\(word)\":null"), "\(json)")
    }
    var screen = StatsScreen(title: "t", ink: Ink(isOn: false), order: .cpu)
    screen.take([use])
    #expect(screen.lines(rows: 5, columns: 80)[0] == "t  1 line  cpu -  mem -")
  }

  @Test("one that does not run is there with -a and uses nothing")
  func ended() {
    let use = StackUse(ContainerSample(name: "t-job-1", service: "job", index: 1, pid: 0), since: nil)
    #expect(StatsView.table([use]).rows == [["t-job-1", "--", "-- / --", "--", "--", "--", "--"]])
    #expect(StatsView.json(use).contains("\"running\":false"))
  }

  @Test("JSON has Docker's words, and numbers beside them")
  func json() throws {
    let objects = try uses.map { use in
      try #require(JSONSerialization.jsonObject(with: Data(StatsView.json(use).utf8)) as? [String: Any])
    }
    #expect(objects[1]["CPUPerc"] as? String == "25.00%" && objects[1]["cpu_thousandths"] as? Int == 250)
    #expect(objects[1]["memory"] as? Int == 3 << 20 && objects[1]["NetIO"] as? String == "2k / 512b")
    let network = try #require((objects[1]["networks"] as? [[String: Any]])?.first)
    #expect(
      network["rx_bytes"] as? Int == 2048 && network["tx_drops"] as? Int == 4
        && network["network"] as? String == "default")
    #expect(objects[0]["network_mode"] as? String == "host" && objects[0]["memory_limit"] is NSNull)
    #expect((objects[0]["networks"] as? [Any])?.isEmpty == true)
  }
}

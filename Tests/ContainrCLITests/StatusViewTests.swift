import Foundation
import Testing

@testable import ContainrCLI
@testable import ContainrEngine
@testable import ContainrForeground

@Suite struct StatusViewTests {
  private var web: ContainerStatus {
    var status = ContainerStatus(
      stack: "hello", service: "web", index: 1, name: "hello-web-1", state: .running, createdAt: 1000,
      logFile: "/l/container.log")
    status.health = "healthy"
    status.pid = 4711
    status.ports = ["127.0.0.1:8080->80/tcp"]
    status.addresses = ["default 10.89.0.2"]
    status.since = 1000
    status.memoryUsage = 1 << 20
    status.memoryLimit = 64 << 20
    return status
  }

  private var job: ContainerStatus {
    var status = ContainerStatus(
      stack: "hello", service: "job", index: 1, name: "hello-job-1", state: .exited, createdAt: 1000,
      logFile: "/l/container.log")
    status.exitCode = 137
    status.outOfMemory = true
    status.since = 1001
    return status
  }

  @Test("the table shows what runs and how what ended has ended")
  func table() {
    #expect(
      StatusView.table([web, job], now: 1065).text(Ink(isOn: false)) == """
        NAME         SERVICE  STATE                        HEALTH    PID  MEM/LIMIT  PORTS                   UPTIME
        hello-web-1  web      running                      healthy  4711  1m/64m     127.0.0.1:8080->80/tcp  1m 5s
        hello-job-1  job      exited (137, out of memory)  -           -  -          -                       -

        """)
  }

  @Test("one whose starts are used up says so, ended or unhealthy")
  func givenUp() {
    var (web, job) = (web, job)
    (web.health, web.givenUp) = ("unhealthy", GivenUp(reason: .unhealthy, attempts: 1))
    job.givenUp = GivenUp(reason: .ended, attempts: 3)
    let text = StatusView.table([web, job], now: 1065).text(Ink(isOn: false))
    #expect(text.contains("running, unhealthy, given up after 1 start "))
    #expect(text.contains("exited (137, out of memory), given up after 3 starts "))
    let json = StatusView.json([web, job])
    #expect(json.contains(#""given_up": "unhealthy""#) && json.contains(#""given_up": "ended""#))
    #expect(StatusView.json([self.web]).contains(#""given_up": null"#))
  }

  @Test("one that was killed since the server of its files had ended says so")
  func filesLost() {
    var job = job
    (job.outOfMemory, job.lostFiles) = (false, true)
    #expect(StatusView.table([job], now: 1065).text(Ink(isOn: false)).contains("exited (137, files lost)"))
    #expect(StatusView.json([job]).contains(#""files_lost": true"#))
    #expect(StatusView.json([web]).contains(#""files_lost": false"#))
  }

  @Test("a table without containers is its headings")
  func empty() {
    let text = StatusView.table([], now: 0).text(Ink(isOn: false))
    #expect(text == "NAME  SERVICE  STATE  HEALTH  PID  MEM/LIMIT  PORTS  UPTIME\n")
    #expect(StatusView.json([]) == "[]\n")
  }

  @Test("the JSON form has all fields, null where there is nothing")
  func json() throws {
    let parsed = try JSONSerialization.jsonObject(with: Data(StatusView.json([web, job]).utf8))
    let rows = try #require(parsed as? [[String: Any]])
    #expect(rows.count == 2)
    #expect(rows[0]["pid"] as? Int == 4711)
    #expect(rows[0]["memory_limit"] as? Int == 64 << 20)
    #expect(rows[0]["ports"] as? [String] == ["127.0.0.1:8080->80/tcp"])
    #expect(rows[0]["exit_code"] is NSNull)
    #expect(rows[1]["exit_code"] as? Int == 137)
    #expect(rows[1]["out_of_memory"] as? Bool == true)
    #expect(rows[1]["pid"] is NSNull)
  }
}

// What `containr test` makes of what it sees: names, variables, reports. Without a host.
import ArgumentParser
@testable import ContainrForeground
import ContainrSpec
import ContainrTestSupport
import Foundation
import SystemPackage
import Testing

@testable import ContainrCLI
@testable import ContainrEngine

@Suite struct TestCommandTests {
  private func surroundings(_ environment: [String: String]) -> Surroundings {
    Surroundings(environment: environment, workingDirectory: "/", executable: "/containr", uid: 0)
  }

  @Test("the CI service and its name of the job are known by its variables")
  func services() {
    let github = surroundings(["GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "12345678901", "GITHUB_RUN_ATTEMPT": "2"])
    #expect(CIService(github) == .github && CIService.github.job(github) == "gh12345678901-2")
    let gitlab = surroundings(["GITLAB_CI": "true", "CI_JOB_ID": "987"])
    #expect(CIService(gitlab) == .gitlab && CIService.gitlab.job(gitlab) == "gl987")
    #expect(CIService(surroundings(["CI": "true"])) == .none)
    #expect(CIService.none.job(surroundings([:])) == nil)
  }

  @Test("the name of a run is one that stacks may have, however long or strange its parts are")
  func names() {
    #expect(TestName.of("shop", job: "gl987", random: 0xAB) == "shop-gl987-0000ab")
    #expect(TestName.of("shop", job: nil, random: 0xFFFF_FFFF) == "shop-ffffff")
    let long = TestName.of(String(repeating: "a", count: 63), job: "gh12345678901-12", random: 1)
    #expect(long.utf8.count <= 63 && long.hasSuffix("-gh12345678901-12-000001") && long.hasPrefix("aaa"))
    let strange = TestName.of("shop", job: "Job/7 ü", random: 1)
    #expect(strange == "shop-job-7---000001")
  }

  private func status(
    _ service: String, index: Int = 1, ports: [String] = [], addresses: [String] = []
  ) -> ContainerStatus {
    var status = ContainerStatus(
      stack: "s", service: service, index: index, name: "s-\(service)-\(index)", state: .running, createdAt: 0,
      logFile: "")
    (status.ports, status.addresses) = (ports, addresses)
    return status
  }

  @Test("variables tell where the first container of a service is, by its published ports and its address")
  func variables() {
    let all = TestVariables.of(
      [
        status("web", index: 2, ports: ["0.0.0.0:8081->80/tcp"], addresses: ["default 10.0.0.3"]),
        status(
          "web", ports: ["0.0.0.0:8080->80/tcp", "127.0.0.2:5353->53/udp"],
          addresses: ["default 10.0.0.2", "back 10.1.0.2"]),
        status("my-db.1", ports: ["[::]:5432->5432/tcp"]), status("quiet"),
      ], stack: "s", artifacts: "/out")
    #expect(
      all.map { "\($0.name)=\($0.value)" } == [
        "CONTAINR_ARTIFACTS=/out", "CONTAINR_MY_DB_1_HOST=::1", "CONTAINR_MY_DB_1_PORT=5432",
        "CONTAINR_MY_DB_1_PORT_5432=5432", "CONTAINR_STACK=s", "CONTAINR_WEB_ADDRESS=10.0.0.2",
        "CONTAINR_WEB_HOST=127.0.0.1", "CONTAINR_WEB_PORT=8080", "CONTAINR_WEB_PORT_53_UDP=5353",
        "CONTAINR_WEB_PORT_80=8080",
      ])
  }

  private func record(_ change: (inout TestRecord) -> Void = { _ in }) -> TestRecord {
    var record = TestRecord(
      stack: "shop-0000ab", base: "shop", file: "stack.yaml", service: nil, command: ["npm", "test"],
      began: 1_700_000_000)
    record.seconds = 2.5
    record.services = [
      TestRecord.Service(name: "db", state: .ready, seconds: 1.25),
      TestRecord.Service(
        name: "web", state: .failed, message: "shop-web-1 is unhealthy", details: ["the probe: <no> & \u{1B}[1m"],
        place: TestRecord.Place("stack.yaml:7:5")),
      TestRecord.Service(name: "late"),
    ]
    change(&record)
    return record
  }

  @Test("JUnit has a case for each service and one for the command")
  func junit() {
    let text = JUnitReport(
      record: record { ($0.end, $0.message) = (.notReady, "not all of it is ready") }
    ).text
    #expect(
      text == """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="shop" tests="4" failures="1" errors="0" skipped="2" time="2.5">
          <testsuite name="shop" timestamp="2023-11-14T22:13:20Z" tests="4" failures="1" errors="0" skipped="2" time="2.5">
            <properties>
              <property name="containr.stack" value="shop-0000ab"/>
              <property name="containr.end" value="not-ready"/>
              <property name="containr.code" value="204"/>
            </properties>
            <testcase classname="shop.services" name="db is ready" time="1.25"/>
            <testcase classname="shop.services" name="web is ready" time="0" file="stack.yaml" line="7">
              <failure message="shop-web-1 is unhealthy" type="not-ready">shop-web-1 is unhealthy
        the probe: &lt;no&gt; &amp; \u{FFFD}[1m</failure>
            </testcase>
            <testcase classname="shop.services" name="late is ready" time="0">
              <skipped message="it did not come to it"/>
            </testcase>
            <testcase classname="shop" name="npm test" time="0">
              <skipped message="it was not begun, or not let to its end"/>
            </testcase>
          </testsuite>
        </testsuites>

        """)
  }

  @Test(
    "a command that fails is a failure, one that cannot be started or takes too long an error, and so is what else ends it"
  )
  func commandCases() {
    let failed = JUnitReport(record: record { ($0.commandCode, $0.commandSeconds) = (3, 1) }).text
    #expect(failed.contains("<failure message=\"exit code 3\" type=\"exit-code\">npm test\nexit code 3</failure>"))
    let missing = JUnitReport(record: record { ($0.end, $0.message) = (.commandNotStarted, "there is no npm") }).text
    #expect(missing.contains("<error message=\"there is no npm\" type=\"command-not-started\">"))
    #expect(!missing.contains("name=\"containr test\""), "told once")
    let pull = JUnitReport(record: record { ($0.end, $0.message) = (.notPulled, "no registry") }).text
    #expect(pull.contains("name=\"containr test\"") && pull.contains("type=\"not-pulled\""))
  }

  @Test("the codes are no others' and a command that has one of them is passed on as 1")
  func codes() {
    #expect(TestEnd.allCases.map(\.rawValue) == Array(200...209))
    #expect(TestEnd.passing(203) == 1 && TestEnd.passing(210) == 210 && TestEnd.passing(0) == 0)
    #expect(record { $0.commandCode = 205 }.code == 1)
    #expect(record { ($0.commandCode, $0.end) = (7, .interrupted) }.code == 207)
    #expect(record().code == 200, "nothing is known of it")
  }

  @Test("docs/cli.md has every code with its meaning")
  func documented() throws {
    let text = try String(contentsOf: BuiltPrograms.repository.appendingPathComponent("docs/cli.md"), encoding: .utf8)
    for end in TestEnd.allCases { #expect(text.contains("| \(end.rawValue) | `\(end.word)` |"), "\(end)") }
  }

  @Test("the summary shows strange words as they are, and annotations have paths from the top of the checkout")
  func summary() {
    var peaks = TestPeaks()
    var sample = ContainerSample(name: "s-db-1", service: "db", index: 1, pid: 7)
    (sample.memory, sample.processorTime, sample.bytesRead, sample.time) = (2 << 20, 1_500_000_000, 4096, 1)
    peaks.take([sample])
    let summary = TestSummary(
      record: record {
        ($0.end, $0.message) = (.notReady, "<b> | not ready")
        $0.services[1].message = "a | b\n::error::c"
      }, peaks: peaks)
    #expect(summary.markdown.contains("❌ containr test: shop — not-ready"))
    #expect(summary.markdown.contains("&lt;b&gt; &#124; not ready"))
    #expect(summary.markdown.contains("| db | ✅ | 1.3 s | 1.5 s | - | 2m | 4k / 0b |"), "\(summary.markdown)")
    #expect(summary.markdown.contains("| web | ❌ a &#124; b ::error::c |"))
    let lines = TestSummary.annotations(summary.findings, directory: "/w/repo/sub", workspace: "/w/repo")
    #expect(lines.hasPrefix("::error file=sub/stack.yaml,line=7,"), "\(lines)")
    #expect(
      lines.split(separator: "\n").allSatisfy { $0.hasPrefix("::error ") },
      "no line of its own for what a container wrote")
    #expect(TestSummary.path("/elsewhere/a.yaml", directory: "/w", workspace: "/w/repo") == "/elsewhere/a.yaml")
  }

  @Test("what up left says which service failed, and where the file speaks of it")
  func outcome() throws {
    let text = #"""
      {"plan": {}, "outcome": {"done": 1, "failures": [{"index": 2, "address": "service job", "message": "t-job-1 has not ended yet", "location": "stack.yaml:3:3"}], "skipped": []},
      "containers": [{"container": "t-web-1", "service": "web", "kind": "unhealthy", "message": "is unhealthy", "probe": {"command": ["false"], "exit_code": 1, "output": "no"}, "notes": ["a note"], "log": ["last"], "location": "stack.yaml:7:5", "help": "look"}]}
      """#
    let outcome = try UpOutcome(Array(text.utf8))
    let web = try #require(outcome.failure(of: "web", containers: ["t-web-1"]))
    #expect(web.message == "t-web-1 is unhealthy" && web.place == TestRecord.Place("stack.yaml:7:5"))
    #expect(web.details == ["a note", "the probe: no", "t-web-1 wrote last:", "  last", "help: look"])
    #expect(outcome.failure(of: "job", containers: ["t-job-1"])?.message == "t-job-1 has not ended yet")
    #expect(outcome.failure(of: "db", containers: []) == nil)
    #expect(outcome.hasWaited)
    #expect(try UpOutcome(nil).failure(of: "web", containers: []) == nil)
    #expect(throws: CommandExit.self) { try UpOutcome(Array("{".utf8)) }
  }

  @Test("peaks are of a service together, sums of all lives of its containers")
  func peaks() {
    func sample(_ name: String, pid: Int32, time: UInt64, cpu: UInt64, memory: UInt64) -> ContainerSample {
      var sample = ContainerSample(name: name, service: "web", index: 1, pid: pid)
      (sample.time, sample.processorTime, sample.memory) = (time, cpu, memory)
      return sample
    }
    var peaks = TestPeaks()
    peaks.take([
      sample("web-1", pid: 1, time: 0, cpu: 0, memory: 10), sample("web-2", pid: 2, time: 0, cpu: 5, memory: 20),
    ])
    peaks.take([
      sample("web-1", pid: 1, time: 100, cpu: 150, memory: 30), sample("web-2", pid: 2, time: 100, cpu: 55, memory: 5),
    ])
    // A new life begins at nothing.
    peaks.take([sample("web-1", pid: 3, time: 200, cpu: 7, memory: 1)])
    let web = peaks.result[0].use
    #expect(web.processors == 2 && web.memory == 35 && web.containers == 2 && web.samples == 3)
    #expect(web.processorTime == 150 + 55 + 7)
    #expect(peaks.json.contains("\"cpu_peak_thousandths\": 2000, \"memory_peak\": 35"), "\(peaks.json)")
  }

  @Test("words: a command or a service is needed, and what follows -- is the command's")
  func words() throws {
    let test = try TestCommand.parse(["stack.yaml", "--artifacts", "out", "--", "npm", "--artifacts", "x"])
    #expect(test.file == "stack.yaml" && test.artifacts == "out" && test.command == ["npm", "--artifacts", "x"])
    #expect(try TestCommand.parse(["--service", "it"]).command == [])
    for wrong in [
      [], ["stack.yaml"], ["-", "--", "x"], ["--pull-attempts", "0", "--", "x"], ["-e", "=1", "--", "x"],
    ] {
      #expect(throws: (any Error).self, "\(wrong)") { try TestCommand.parse(wrong) }
    }
    #expect(
      try TestCommand.parse(["-f", "a.yaml", "-f", "b.yaml", "--profile", "p", "--", "x"]).words("n")
        == ["-f", "a.yaml", "-f", "b.yaml", "--project-name", "n", "--profile", "p"])
  }
}

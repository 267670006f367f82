// Interpolation: every form, where the findings point, and .env.
import Testing

@testable import ContainrSpec

struct InterpolationTests {
  private static let variables = ["SET": "v", "EMPTY": "", "OTHER": "o"]

  private func expand(_ text: String) -> String {
    Interpolator.expand(text) { Self.variables[$0] }.text
  }

  @Test(
    "every form of the specification",
    arguments: [
      ("$SET", "v"), ("${SET}", "v"), ("a${SET}b$SET.c", "avbv.c"), ("$$SET", "$SET"), ("$$$SET", "$v"),
      ("${EMPTY:-d}", "d"), ("${EMPTY-d}", ""), ("${NO-d}", "d"), ("${NO:-d}", "d"), ("${SET:-d}", "v"),
      ("${SET:+r}", "r"), ("${EMPTY:+r}", ""), ("${EMPTY+r}", "r"), ("${NO+r}", ""), ("${SET:?m}", "v"),
      ("${EMPTY?m}", ""), ("${NO:-${EMPTY:-${SET}}}", "v"), ("${NO:-a${OTHER}b}", "aob"), ("${SET:+${OTHER}}", "o"),
      ("${EXPOSE_PORT-:2283:2283}", ":2283:2283"), ("$$(cat /run/x)", "$(cat /run/x)"), ("$1 $ $(x)", "$1 $ $(x)"),
      ("cost: 5$", "cost: 5$"), ("${NO:-}", ""), ("${NO:-a}b}", "ab}"), ("${NO:-$$}", "$"), ("$_x", ""),
    ])
  func forms(text: String, expected: String) {
    #expect(expand(text) == expected)
  }

  @Test(
    "malformed expressions are errors", arguments: ["${", "${}", "${1}", "${A", "${A:}", "${A!b}", "${A:=b}", "${ A}"])
  func malformed(text: String) {
    #expect(loadWeb("hostname: '\(text)'").codes.contains("C0303"))
  }

  @Test("a variable that is not set is a warning with the caret under it")
  func unset() throws {
    let loaded = loadWeb("environment:\n  - \"PASS=abc$vmxm4-$$x\"")
    let finding = try loaded.finding("C0301")
    #expect(finding.severity == .warning)
    #expect(finding.primary?.start.column == 18)
    #expect(finding.primary?.end.column == 24)
    #expect(try loaded.service().environment.first?.value == "abc-$x")
  }

  @Test("a required variable stops the load with its message")
  func required() throws {
    let finding = try loadWeb("hostname: ${H:?name the host}").finding("C0302")
    #expect(finding.message == "the variable 'H' is required: name the host")
    #expect(
      loadWeb("hostname: ${H?}").codes == ["C0302", "C0119"] || loadWeb("hostname: ${H?}").codes.contains("C0302"))
  }

  @Test("keys are never interpolated")
  func keys() throws {
    let loaded = loadWeb("environment: {$SET: x}", environment: Self.variables)
    #expect(try loaded.service().environment.map(\.name) == ["$SET"])
  }

  @Test("interpolated plain text is cast, and empty text is not null")
  func casts() throws {
    let loaded = loadWeb(
      "read_only: ${RO:-true}\ncpus: ${CPUS:-0.5}\npids_limit: \"${P:-7}\"\nenvironment:\n  A: ${EMPTY}",
      environment: Self.variables)
    let service = try loaded.service()
    #expect(service.readOnly)
    #expect(service.resources.milliCPUs == 500)
    #expect(service.resources.pidsLimit == 7)
    #expect(service.environment == [EnvironmentPlan(name: "A", value: "")])
  }

  @Test("the environment wins over .env, and a bad value says where it came from")
  func dotEnv() throws {
    let text = web("mem_limit: ${LIMIT}\nhostname: ${HOST}")
    let loaded = load(text, environment: ["HOST": "shell"], dotEnv: "HOST=file\n\nLIMIT=lots\n")
    let finding = try loaded.finding("C0112")
    #expect(finding.notes == ["'${LIMIT}' became 'lots' (LIMIT is set in .env:3)"])
    #expect(
      try load(text, environment: ["HOST": "shell", "LIMIT": "7m"], dotEnv: "HOST=file").service().hostname == "shell")
  }

  @Test("a dollar in .env that is no variable is shown in .env")
  func dollarInDotEnv() throws {
    let loaded = load(web("environment:\n  - P=$PASS"), dotEnv: "A=1\nPASS=x$vmxm4\n")
    let finding = try loaded.finding("C0301")
    #expect(finding.primary?.location.description == ".env:2:7")
  }

  @Test("COMPOSE_PROJECT_NAME is the stack's name")
  func projectName() throws {
    let loaded = load("name: abc\n" + web("hostname: ${COMPOSE_PROJECT_NAME}-x"))
    #expect(try loaded.service().hostname == "abc-x")
  }

  @Test("nesting and growth are bounded")
  func bounded() {
    let deep = String(repeating: "${A:-", count: 1000) + String(repeating: "}", count: 1000)
    #expect(loadWeb("hostname: '\(deep)'").codes.contains("C0303"))
    let big = ["BIG": String(repeating: "x", count: 100_000)]
    let many = String(repeating: "$BIG", count: 100)
    #expect(loadWeb("hostname: '\(many)'", environment: big).codes.contains("C0303"))
    let lines = (0..<20).map { "  - A\($0)=" + String(repeating: "$BIG", count: 9) }.joined(separator: "\n")
    #expect(loadWeb("environment:\n\(lines)", environment: big).codes == ["C0003"])
  }
}

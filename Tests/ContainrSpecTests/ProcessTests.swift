// layers, command, entrypoint, working_dir, user, hostname, stop_*, read_only, labels, profiles, names.
import Testing

@testable import ContainrSpec

struct ProcessTests {
  @Test("layers are absolute, in order, and known by their names")
  func layers() throws {
    let loaded = load(
      "services: {web: {layers: [./base.tar, ../x/site, /opt/l.tar.zst, '~/y'], command: [c]}}",
      environment: ["HOME": "/h"])
    let layers = try loaded.service().layers
    #expect(layers.map(\.path) == ["/srv/demo/base.tar", "/srv/x/site", "/opt/l.tar.zst", "/h/y"])
    #expect(layers.map(\.kind) == [.archive, .directory, .archive, .directory])
  }

  @Test("missing, empty and repeated layers are errors")
  func badLayers() {
    #expect(load("services: {web: {command: [c]}}").codes == ["C0104"])
    #expect(load("services: {web: }").codes == ["C0104"])
    #expect(load("services: {web: {layers: [], command: [c]}}").codes == ["C0104"])
    #expect(load("services: {web: {layers: [a, ./a], command: [c]}}").codes == ["C0221"])
    #expect(load("services: {web: {layers: ./a, command: [c]}}").codes == ["C0101"])
    #expect(load("services: {web: {image: nginx}}").codes == [])
    #expect(load("services: {web: {build: ., command: [c]}}").codes == ["C0401"])
    #expect(load("services: {web: {image: nginx, layers: [a]}}").codes == [])
  }

  @Test(
    "a command string is split like a shell does",
    arguments: [
      ("httpd -f -p 80", ["httpd", "-f", "-p", "80"]), ("a \"b c\" 'd e'", ["a", "b c", "d e"]),
      ("--opt=\"a b\" x", ["--opt=a b", "x"]), ("a\\ b", ["a b"]), ("a ''", ["a", ""]), ("\"a\\\"b\\x\"", ["a\"b\\x"]),
    ])
  func split(text: String, expected: [String]) throws {
    #expect(try ShellWords.split(text) == expected)
  }

  @Test("command as list, null, empty; numbers stay as they are written")
  func command() throws {
    #expect(try loadWeb("command: [httpd, -p, 80, \"1.10\"]").service().command == ["httpd", "-p", "80", "1.10"])
    #expect(try loadWeb("entrypoint: /bin/x -a\ncommand:").service().entrypoint == ["/bin/x", "-a"])
    #expect(try loadWeb("entrypoint: [x]\ncommand: []").service().command == [])
    #expect(try loadWeb("entrypoint: [x]\ncommand: ''").service().command == [])
    #expect(loadWeb("command:").codes == ["C0106"])
    #expect(loadWeb("command: []").codes == ["C0106"])
    #expect(loadWeb("command: \"a 'b\"").codes == ["C0120"])
    #expect(loadWeb("command: {a: b}").codes == ["C0101"])
    #expect(loadWeb("command: [a, {b: c}]").codes == ["C0101"])
    #expect(loadWeb("command: [\"\"]").codes == ["C0110"])
  }

  @Test("working_dir, user and hostname")
  func identity() throws {
    let service = try loadWeb("working_dir: /srv//a/./b/\nuser: 1000:www\nhostname: web.local").service()
    #expect(service.workingDirectory == "/srv/a/b")
    #expect(service.user == "1000:www")
    #expect(service.hostname == "web.local")
    #expect(try loadWeb("user: 0").service().user == "0")
    #expect(loadWeb("working_dir: srv").codes == ["C0118"])
    #expect(loadWeb("working_dir: /a/../b").codes == ["C0118"])
    for bad in ["a:b:c", "':'", "a b", "99999999999", "4294967295"] {
      #expect(loadWeb("user: \(bad)").errors.count == 1, "\(bad)")
    }
    for bad in ["-a", "a..b", "a b", String(repeating: "a", count: 70)] {
      #expect(loadWeb("hostname: \(bad)").codes == ["C0119"], "\(bad)")
    }
  }

  @Test(
    "signals by name and number",
    arguments: [
      ("SIGINT", "SIGINT"), ("term", "SIGTERM"), ("15", "SIGTERM"), ("SIGRTMIN+3", "SIGRTMIN+3"), ("37", "SIGRTMIN+3"),
      ("RTMAX-1", "SIGRTMIN+29"), ("SIGCLD", "SIGCHLD"), ("SIGRTMIN", "SIGRTMIN"),
    ])
  func signals(text: String, expected: String) throws {
    #expect(try SignalText.name(text) == expected)
  }

  @Test("stop_signal and stop_grace_period")
  func stop() throws {
    let service = try loadWeb("stop_signal: SIGQUIT\nstop_grace_period: 1m30s").service()
    #expect(service.stopSignal == "SIGQUIT")
    #expect(service.stopGraceMilliseconds == 90_000)
    for bad in ["SIGFOO", "0", "32", "65", "99999999999999999999", "SIGRTMIN+31"] {
      #expect(loadWeb("stop_signal: \(bad)").codes == ["C0114"], "\(bad)")
    }
    #expect(loadWeb("stop_signal: SIGTRM").text.contains("did you mean 'SIGTERM'?"))
  }

  @Test(
    "durations",
    arguments: [
      ("10s", 10_000), ("1m30s", 90_000), ("1.5s", 1500), ("500us", 1), ("1h", 3_600_000), ("0", 0), ("250ms", 250),
      ("0s", 0), ("1h1m1s1ms", 3_661_001),
    ])
  func durations(text: String, expected: Int) throws {
    #expect(try DurationText.milliseconds(text) == expected)
  }

  @Test(
    "what is no duration says why", arguments: ["10", "", "s", "-1s", "1x", "1..5s", "1.s", "99999999h", "1e5s", "1 s"])
  func badDurations(text: String) {
    #expect(throws: ValueProblem.self) { try DurationText.milliseconds(text) }
  }

  @Test("booleans: words of YAML 1.1 are taken with a warning, other text is an error")
  func booleans() throws {
    #expect(try loadWeb("read_only: true").service().readOnly)
    #expect(try loadWeb("read_only: \"true\"").service().readOnly)
    let yes = loadWeb("read_only: yes")
    #expect(try yes.service().readOnly)
    #expect(yes.codes == ["C0310"])
    #expect(loadWeb("read_only: maybe").codes == ["C0101"])
    #expect(loadWeb("read_only: [true]").codes == ["C0101"])
    #expect(loadWeb("hostname: true").codes == ["C0101"])
  }

  @Test("labels in both forms")
  func labels() throws {
    let expected = [EnvironmentPlan(name: "a", value: "1"), EnvironmentPlan(name: "b", value: "")]
    #expect(try loadWeb("labels: [b, a=1]").service().labels == expected)
    #expect(try loadWeb("labels: {a: 1, b: }").service().labels == expected)
    #expect(try loadWeb("labels: [b, a=0, a=1]").service().labels == expected)
  }

  @Test("service names")
  func names() {
    for bad in ["../x", "a/b", "-a", ".", "a b", "ü"] {
      #expect(load("services: {\"\(bad)\": {layers: [a], command: [c]}}").codes == ["C0119"], "\(bad)")
    }
    #expect(load("services: {_a.B-9: {layers: [a], command: [c]}}").codes.isEmpty)
  }

  @Test("the project's name: given, from the file, from the directory")
  func project() throws {
    let body = web("")
    #expect(try load(body, directory: "/srv/My App_2").plan().name == "myapp_2")
    #expect(try load("name: abc\n" + body).plan().name == "abc")
    #expect(try load("name: abc\n" + body, projectName: "given").plan().name == "given")
    #expect(try load("name: ${N:-x}\n" + body).plan().name == "x")
    #expect(try load("name: abc\n" + body, projectName: "").plan().name == "abc")
    #expect(load("name: ABC\n" + body).text.contains("such as 'abc'"))
    #expect(load(body, projectName: "Bad Name").codes == ["C0119"])
    #expect(load(body, directory: "/").codes == ["C0119"])
  }

  @Test("services with inactive profiles are checked but not planned")
  func profiles() throws {
    let text = "services: {web: {layers: [a], command: [c]}, dev: {layers: [a], command: [c], profiles: [debug]}}"
    #expect(try load(text).plan().services.map(\.name) == ["web"])
    #expect(try load(text, profiles: ["debug"]).plan().services.map(\.name) == ["dev", "web"])
    #expect(try load(text, profiles: ["*"]).plan().services.count == 2)
  }
}

// What `check --fix` makes of a file: which findings carry a fix, what it writes, and that nothing else changes.
import Testing

@testable import ContainrSpec

struct FixTests {
  /// The text after all fixes that are certain, or all fixes.
  private func fixed(_ yaml: String, maybe: Bool = false, dotEnv: String? = nil) -> FixRun.Outcome {
    var files = ["stack.yaml": Array(yaml.utf8)]
    if let dotEnv { files[".env"] = Array(dotEnv.utf8) }
    return FixRun.run(files, includesMaybe: maybe) { files in
      load(
        bytes: files["stack.yaml"]!, dotEnv: files[".env"].map { String(decoding: $0, as: UTF8.self) }
      ).result.diagnostics
    }
  }

  private func text(_ outcome: FixRun.Outcome, _ file: String = "stack.yaml") -> String? {
    outcome.files[file].map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(
    "fixes that are certain",
    arguments: [
      ("enviroment: {A: b}", "environment: {A: b}"), ("\"enviroment\": {A: b}", "\"environment\": {A: b}"),
      ("'dependsOn': []", "'depends_on': []"), ("stop-signal: TERM", "stop_signal: TERM"),
      ("read_only: yes # why", "read_only: true # why"), ("read_only: \"off\"", "read_only: \"false\""),
      ("environment: {A: NO, B: 0777}", "environment: {A: \"NO\", B: \"0777\"}"),
      ("ports:\n  - 22:22", "ports:\n  - \"22:22\""), ("pids_limit: 007", "pids_limit: 7"),
      ("hostname: true", "hostname: \"true\""), ("stop_signal: SIGTEM", "stop_signal: SIGTERM"),
      ("cap_add: [NET_ADMN]", "cap_add: [NET_ADMIN]"), ("restart: alway", "restart: always"),
      ("environment:\n  A: &a yes\n  B: *a", "environment:\n  A: &a \"yes\"\n  B: *a"),
      ("read_only: !!str yes", "read_only: !!str true"),
    ])
  func certain(before: String, after: String) {
    #expect(text(fixed(web(before))) == web(after))
  }

  @Test(
    "fixes that somebody should look at are applied only when asked for",
    arguments: [
      ("stop_grace_period: 10", "stop_grace_period: 10s"), ("mem_limit: 64", "mem_limit: 64m"),
      ("pids_limit: 0100", "pids_limit: 100"), ("comand_: x\nhostnam: h", "comand_: x\nhostname: h"),
      ("env: {A: b}", "environment: {A: b}"), ("environment: {H: \"${H:-a}$b\"}", "environment: {H: \"${H:-a}$$b\"}"),
      ("networks: [backendd]", "networks: [backend]"), ("volumes: [\"dta:/d\"]", "volumes: [\"data:/d\"]"),
      ("depends_on: [bd]", "depends_on: [db]"), ("wrking_dr: /x", "working_dir: /x"),
    ])
  func uncertain(before: String, after: String) {
    let rest = "  db: {layers: [x], command: [c]}\nnetworks: {backend: }\nvolumes: {data: }"
    if before.hasPrefix("comand_") {
      #expect(text(fixed(web(before, rest: rest))) == web(after, rest: rest))
      return
    }
    #expect(text(fixed(web(before, rest: rest))) == nil)
    #expect(text(fixed(web(before, rest: rest), maybe: true)) == web(after, rest: rest))
  }

  @Test(
    "no fix where it would break something else",
    arguments: [
      "enviroment: {A: b}\nenvironment: {C: d}",  // would be a duplicate
      "port: 8080:80",  // a text is no list
      "resources: {limits: {memory: 64m}}",  // belongs one level deeper
      "mem_limit: ${M:-64}", "read_only: ${R:-yes}",  // what stands there is no plain value
      "restart: on-failure:03\"",
    ])
  func none(attributes: String) {
    #expect(text(fixed(web(attributes), maybe: true)) == nil)
  }

  @Test("`version` goes with its line, and a comment behind it stays")
  func version() {
    #expect(text(fixed("version: \"3\"\n" + web(""))) == web(""))
    #expect(text(fixed("# a\nversion: '3' # old\n" + web(""))) == "# a\n# old\n" + web(""))
    #expect(text(fixed("version: &v \"3\"\nx-v: *v\n" + web(""))) == nil)
    #expect(text(fixed("x-v: &v \"3\"\nversion: *v\n" + web(""))) == nil)
    #expect(text(fixed("{version: \"3\", services: {web: {layers: [./b], command: [c]}}}")) == nil)
    #expect(text(fixed(web("") + "version: 3")) == web(""))
  }

  @Test("tabs become spaces, and what they hid is fixed as well")
  func tabs() {
    let tabbed = "services:\n\tweb:\n\t\tlayers: [./b]\n\t\tcommand: [c]\n\t\thostnme: h\n\n# end\n"
    let outcome = fixed(tabbed)
    #expect(text(outcome) == "services:\n  web:\n    layers: [./b]\n    command: [c]\n    hostname: h\n\n# end\n")
    #expect(outcome.changes.map(\.code) == ["C0050", "C0102"])
    #expect(outcome.diagnostics.isEmpty)
    let mixed = "services:\n  web:\n\t  layers: [./b]\n    command: [c]\n"
    #expect(text(fixed(mixed)) == nil)
    #expect(text(fixed(mixed, maybe: true)) == "services:\n  web:\n    layers: [./b]\n    command: [c]\n")
  }

  @Test("a dollar sign in .env is fixed in .env")
  func dotEnv() {
    let outcome = fixed(web("environment: {P: \"$PASS\"}"), maybe: true, dotEnv: "A=é\nPASS=x$vmxm4\n")
    #expect(text(outcome, ".env") == "A=é\nPASS=x$$vmxm4\n")
    #expect(text(outcome) == nil)
    #expect(outcome.changes.first?.location.description == ".env:2:7")
  }

  @Test("a byte order mark, CRLF, wide characters and comments survive")
  func bytes() {
    let before = web("user: \"日本\" # 😀\nread_only: yes # 😀\n# end", rest: "x-é: \"…\"").split(
      separator: "\n", omittingEmptySubsequences: false
    ).joined(separator: "\r\n")
    let bytes = [0xEF, 0xBB, 0xBF] + Array(before.utf8)
    let outcome = FixRun.run(["stack.yaml": bytes], includesMaybe: false) {
      load(bytes: $0["stack.yaml"]!).result.diagnostics
    }
    #expect(outcome.files["stack.yaml"] == [0xEF, 0xBB, 0xBF] + Array(before.replacing(" yes ", with: " true ").utf8))
  }

  @Test("a fix in an anchor is made once, whoever repeats it")
  func anchors() {
    let before = "x-a: &a {hostnme: h}\nservices:\n"
    let rest = "  a: {<<: *a, layers: [x], command: [c]}\n  b: {<<: *a, layers: [x], command: [c]}\n"
    #expect(text(fixed(before + rest)) == before.replacing("hostnme", with: "hostname") + rest)
  }
}

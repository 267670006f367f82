// The YAML layer: well-formedness, anchors, merge keys, duplicates, encodings, budgets.
import Testing

@testable import ContainrSpec

struct YAMLTests {
  @Test("anchors, aliases and merge keys give their values, and origins point to where they stand")
  func anchors() throws {
    let loaded = load(
      """
      x-a: &a
        environment: &env {A: "1"}
        restart: always
      x-b: &b {restart: unless-stopped, user: "5"}
      services:
        web: {<<: [*a, *b], layers: &l [./base], command: &c [run]}
        app: {<<: *b, layers: *l, command: *c, environment: {<<: *env, B: "2"}}
      """)
    let web = try loaded.service("web")
    #expect(web.restart.policy == .always)
    #expect(web.user == "5")
    #expect(web.origins["restart"]?.description == "stack.yaml:3:12")
    let app = try loaded.service("app")
    #expect(app.environment.map(\.name) == ["A", "B"])
    #expect(app.layers.map(\.path) == ["/srv/demo/base"])
    #expect(app.origins["environment.A"]?.line == 2)
    #expect(app.restart.policy == .unlessStopped)
  }

  @Test("an anchor may stand on a line of its own before its mapping")
  func anchorOnItsOwnLine() throws {
    let loaded = load(
      "x-common: &a\n  user: \"7\"\nx-d: &d\n\n  hostname: h\nservices:\n  web:\n    <<: *a\n    layers: [./b]\n    command: [x]\n"
    )
    #expect(try loaded.service().user == "7")
  }

  @Test("a duplicate key is an error that shows both places")
  func duplicateKey() throws {
    let finding = try loadWeb("user: a\nuser: b").finding("C0103")
    #expect(finding.primary?.start.line == 6)
    #expect(finding.secondary.first?.span.start.line == 5)
    #expect(finding.secondary.first?.label == "first defined here")
  }

  @Test("the own key wins over the merged one without a finding")
  func mergeIsNoDuplicate() throws {
    let loaded = load("x-a: &a {user: x}\nservices: {web: {user: y, <<: *a, layers: [./b], command: [c]}}")
    #expect(try loaded.service().user == "y")
    #expect(loaded.codes.isEmpty)
  }

  @Test(
    "what is not a mapping cannot be merged",
    arguments: ["<<: text", "<<: [a, b]", "<<: [[1]]"])
  func badMerge(line: String) {
    #expect(loadWeb(line).codes.contains("C0005"))
  }

  @Test("a byte order mark, CRLF and a leading document marker change nothing")
  func bomAndCRLF() throws {
    let text = "---\n" + web("user: \"1\"\nhostname: h")
    let plain = try load(text).service()
    let windows = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
    let loaded = load(bytes: [0xEF, 0xBB, 0xBF] + Array(windows.utf8))
    #expect(try loaded.service() == plain)
    #expect(loaded.codes.isEmpty)
  }

  @Test("syntax errors carry the line and say what to do")
  func syntax() throws {
    let tab = try load("services:\n\tweb: {}\n").finding("C0050")
    #expect(tab.message == "a tab is used for indentation")
    #expect(tab.primary?.start.line == 2)
    let colon = try load("services:\n  web: a: b\n").finding("C0001")
    #expect(colon.primary?.start.line == 2)
    #expect(colon.label == "unexpected ':'")
    let quote = try load("services:\n  web: \"abc\n").finding("C0051")
    #expect(quote.message == "a quoted text is never closed")
    #expect(quote.primary?.start == SourcePosition(line: 2, column: 8, offset: 17))
    #expect(quote.secondary.first?.span.start.line == 3)
    #expect(load("a: [1, 2\nb: 3\n").codes == ["C0001"])
    #expect(load("a: *x\n").codes == ["C0004"])
    #expect(load("a: &a [*a]\n").codes == ["C0004"])
    #expect(load("? [a]\n: b\n").codes == ["C0006"])
    #expect(load("services: !rest {}\n").codes.contains("C0007"))
  }

  @Test("bytes that are not text are refused with their place")
  func encoding() throws {
    let bad = try load(bytes: Array("services:\n  a: ".utf8) + [0xFF, 0xFE, 0x0A]).finding("C0002")
    #expect(bad.primary?.start == SourcePosition(line: 2, column: 6, offset: 15))
    #expect(load(bytes: Array("a: b\u{0}c".utf8)).codes == ["C0002"])
    #expect(load(bytes: Array("a: \u{1B}[31m".utf8)).codes == ["C0002"])
    #expect(load(bytes: [0xFF, 0xFE, 0x61, 0x00]).codes == ["C0002"])
    #expect(loadWeb("hostname: \"a\\0b\"").codes.contains("C0002"))
  }

  @Test("an empty file and one that is no mapping say what a stack looks like")
  func empty() throws {
    for text in ["", "\n# only a comment\n", "---\n"] {
      #expect(load(text).errors.map(\.code).first.map { ["C0104", "C0101"].contains($0) } == true)
    }
    #expect(load("just text").codes == ["C0101"])
    #expect(load("- a\n- b\n").codes == ["C0101"])
    #expect(load("{}").codes == ["C0104"])
  }

  @Test("an alias bomb ends with a clear error, not with the machine's memory")
  func bomb() throws {
    var text = "x-0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...12 {
      text += "x-\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
    }
    #expect(load(text).codes == ["C0003"])
    let many = "x-a: &a {b: c}\nx-l:\n" + String(repeating: "  - *a\n", count: 20_000) + web("")
    #expect(try load(many).plan().services.count == 1)
    let wide = "x-a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\nx-l:\n" + String(repeating: "  - *a\n", count: 60_000) + web("")
    #expect(load(wide).codes == ["C0003"])
  }

  @Test("deep nesting ends with a clear error, whether by brackets, by blocks or by aliases")
  func depth() {
    #expect(load("a: " + String(repeating: "[", count: 100_000)).codes == ["C0003"])
    let block = (0..<100).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")
    #expect(load(block).codes == ["C0003"])
    var chain = "x-0: &a0 [x]\n"
    for level in 1...100 { chain += "x-\(level): &a\(level) [*a\(level - 1)]\n" }
    #expect(load(chain).codes == ["C0003"])
  }

  @Test("a file that is too large is refused unread")
  func size() {
    #expect(load(bytes: Array(repeating: 0x61, count: (8 << 20) + 1)).codes == ["C0003"])
  }

  @Test("YAML 1.1 spellings are text, with a warning that names the other reading")
  func legacySpellings() throws {
    let loaded = loadWeb("environment:\n  COUNTRY: NO\n  DEBUG: yes\n  N: 0777\n  V: 1.10\n  OK: true\n  F: 1.5")
    let values = try loaded.service().environment.map { "\($0.name)=\($0.value)" }
    #expect(values == ["COUNTRY=NO", "DEBUG=yes", "F=1.5", "N=0777", "OK=true", "V=1.10"])
    #expect(loaded.codes == ["C0310", "C0310", "C0310", "C0310"])
    #expect(loaded.text.contains("other tools may read the number 511 (octal)"))
    #expect(try loadWeb("ports:\n  - 22:22").service().ports.first?.hostPort == 22)
    #expect(loadWeb("ports:\n  - 22:22").text.contains("the number 1342 (base 60)"))
    #expect(loadWeb("ports:\n  - 8080:80").codes.isEmpty)
    #expect(loadWeb("ports:\n  - \"22:22\"").codes.isEmpty)
  }

  @Test("core schema types")
  func kinds() {
    func kind(_ text: String) -> ScalarKind { YAMLScalar(text: text, isPlain: true).kind }
    #expect(["~", "null", ""].map(kind) == [.null, .null, .null])
    #expect(["true", "FALSE"].map(kind) == [.boolean, .boolean])
    #expect(["1", "-5", "0x1F", "0o17", "0777"].map(kind) == Array(repeating: .integer, count: 5))
    #expect(["1.5", ".5", "1e3", "1.", "-2.5E-3"].map(kind) == Array(repeating: .float, count: 5))
    #expect(["yes", "1:2", "1.2.3", "0xG", "+", ".", "1e"].map(kind) == Array(repeating: .string, count: 7))
    #expect(YAMLScalar(text: "1", isPlain: false).kind == .string)
  }

  @Test("columns count Unicode scalars, also behind wide characters")
  func columns() throws {
    let loaded = load("services:\n  web: {layers: [./ü], hostname: \"日本\", foo: 1}\n")
    #expect(try loaded.finding("C0102").primary?.start.column == 40)
  }
}

// The grammar of .env and env_file, and how env_file feeds the environment.
import Testing

@testable import ContainrSpec

struct EnvFileTests {
  private func parse(_ text: String, raw: Bool = false, _ outer: [String: String] = [:]) -> (
    [String: String?], [String]
  ) {
    let sink = DiagnosticSink()
    let entries = EnvFileParser.parse(
      SourceText(file: ".env", bytes: Array(text.utf8)), isRaw: raw, sink: sink, lookup: { outer[$0] })
    let values = Dictionary(entries.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    return (values, sink.sorted(files: [".env"]).map(\.code))
  }

  @Test(
    "values, quotes, comments and escapes",
    arguments: [
      ("A=b", "b"), ("A = b ", "b"), ("export A=b", "b"), ("A: b", "b"), ("A=b # c", "b"), ("A=b#c", "b#c"), ("A=", ""),
      ("A=# c", ""), ("A='x $B \\' y'", "x $B ' y"), ("A=\"x\\n\\ty\\\"\"", "x\n\ty\""), ("A=\"a\nb\"", "a\nb"),
      ("A=\"\\$B\"", "$B"), ("A=a$$b", "a$b"), ("A=b\r\n", "b"), ("A=\"b\" # c", "b"), ("A='b'", "b"), ("A=x=y", "x=y"),
      ("\u{FEFF}A=b", "b"), ("A=\"\\0101\"", "A"), ("A=\"\\q\"", "\\q"), ("A={\"a\": 1}", "{\"a\": 1}"),
    ])
  func grammar(line: String, expected: String) {
    let (values, codes) = parse(line)
    #expect(values == ["A": expected])
    #expect(codes.isEmpty)
  }

  @Test("later names see earlier ones, and the outer environment comes first")
  func order() {
    let (values, _) = parse("A=1\nB=$A-$C\nC=2\nD=${C}", ["A": "outer"])
    #expect(values["B"] == "outer-")
    #expect(values["D"] == "2")
  }

  @Test("a name alone has no value of its own; dotted names are fine")
  func names() {
    let (values, codes) = parse("ALONE\nspring.a-b[0]=x\n# comment\n\n")
    #expect(values == ["ALONE": nil, "spring.a-b[0]": "x"])
    #expect(codes.isEmpty)
  }

  @Test("lines that cannot be read are errors", arguments: ["A", "=b", "A B=c", "A='x", "A=\"x\" y", "A=\"\\0000\""])
  func bad(line: String) {
    let (_, codes) = parse(line == "A" ? "ü=1" : line)
    #expect(codes == ["C0304"])
  }

  @Test("raw files are not interpreted")
  func raw() {
    let (values, _) = parse("A='x' $B # c\nC: d=e\n", raw: true)
    #expect(values["A"] == "'x' $B # c")
  }

  @Test("env_file in all its forms; later files and environment win; origins lead into the files")
  func service() throws {
    let files = ["/srv/demo/a.env": "A=1\nB=1\nC=1\n", "/srv/demo/b.env": "B=2\nC=$HOME\n", "/etc/raw.env": "D='q'"]
    let loaded = load(
      web(
        """
        env_file:
          - a.env
          - path: ./b.env
          - {path: /etc/raw.env, format: raw}
          - {path: missing.env, required: false}
        environment: {A: own}
        """), environment: ["HOME": "/h"], files: files)
    let service = try loaded.service()
    #expect(service.environment.map { "\($0.name)=\($0.value)" } == ["A=own", "B=2", "C=/h", "D='q'"])
    #expect(service.origins["environment.B"]?.description == "b.env:1:1")
    #expect(service.origins["environment.D"]?.description == "/etc/raw.env:1:1")
    #expect(loaded.result.sources.map(\.file) == ["stack.yaml", "a.env", "b.env", "/etc/raw.env"])
  }

  @Test("a missing env_file is an error, and one string is a list of one")
  func missing() throws {
    let finding = try loadWeb("env_file: nope.env").finding("C0212")
    #expect(finding.label == "read as /srv/demo/nope.env")
    #expect(finding.primary?.start.column == 15)
  }

  @Test("environment: list, mapping, pass-through, empty")
  func environment() throws {
    let list = loadWeb("environment:\n  - A=1\n  - B\n  - C=\n  - D=x=y\n  - GONE", environment: ["B": "outer"])
    let service = try list.service()
    #expect(service.environment.map { "\($0.name)=\($0.value)" } == ["A=1", "B=outer", "C=", "D=x=y"])
    #expect(service.origins["environment.B"]?.line == 7)
    let map = loadWeb(
      "environment:\n  A: 1\n  B:\n  C: \"\"\n  D: 1.5\n  HOSTNAME: \"::\"", environment: ["B": "outer"])
    #expect(
      try map.service().environment.map { "\($0.name)=\($0.value)" } == [
        "A=1", "B=outer", "C=", "D=1.5", "HOSTNAME=::",
      ])
    #expect(try loadWeb("environment:").service().environment.isEmpty)
    let twice = loadWeb("environment: [A=1, A=2]")
    #expect(twice.codes == ["C0221"])
    #expect(try twice.service().environment == [EnvironmentPlan(name: "A", value: "2")])
    #expect(loadWeb("environment: text").codes == ["C0101"])
    #expect(loadWeb("environment: {A: [1]}").codes == ["C0101"])
    #expect(loadWeb("environment: [{A: 1}]").codes == ["C0101"])
    #expect(loadWeb("environment: [\"=x\"]").codes == ["C0119"])
    #expect(loadWeb("environment: {\"A=B\": x}").codes == ["C0119"])
  }
}

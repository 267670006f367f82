// What the emitters write: by example, and by reading back whatever they write.
import Testing

@testable import ContainrSpec

@Suite struct ModelWriterTests {
  @Test("a stack in block style") func example() {
    let value = ModelValue.mapping([
      ModelEntry("name", .string("demo")),
      ModelEntry(
        "services",
        .mapping([
          ModelEntry(
            "web",
            .mapping([
              ModelEntry("command", .list([.string("httpd"), .string("-f"), .string("-p"), .string("80")])),
              ModelEntry("cpus", .decimal("0.5")), ModelEntry("environment", .mapping([])),
              ModelEntry(
                "ports",
                .list([
                  .mapping([ModelEntry("published", .string("8080")), ModelEntry("target", .integer(80))]),
                  .mapping([ModelEntry("mode", .string("ingress"))]),
                ])), ModelEntry("read_only", .boolean(true)), ModelEntry("tmpfs", .list([])),
            ]))
        ])), ModelEntry("volumes", .mapping([ModelEntry("data", .null)])),
    ])
    #expect(
      ModelWriter.yaml(value) == """
        name: demo
        services:
          web:
            command:
              - httpd
              - -f
              - -p
              - "80"
            cpus: 0.5
            environment: {}
            ports:
              - published: "8080"
                target: 80
              - mode: ingress
            read_only: true
            tmpfs: []
        volumes:
          data: null

        """)
    #expect(
      ModelWriter.json(value).hasPrefix(
        """
        {
          "name": "demo",
          "services": {
            "web": {
              "command": [
                "httpd",
        """))
    #expect(ModelWriter.json(value).contains("\"environment\": {},\n"))
    #expect(ModelWriter.json(value).hasSuffix("\"data\": null\n  }\n}\n"))
  }

  @Test(
    "what a reader of YAML 1.1 or 1.2 takes for something else stands in double quotes",
    arguments: [
      "", "~", "null", "yes", "NO", "on", "Off", "y", "N", "true", "FALSE", "1", "-1", "+1", "0777", "0o17", "0x1F",
      "08",
      "1_000", "0b11", "1.10", "1.", ".5", "1e3", "-.inf", ".NaN", "22:22", "1:30:00", "1:30.5", "2001-12-14",
      "2001-12-14 21:59:43.10 -5", "2001-12-14t21:59:43Z", "=", "<<",
    ]) func misread(_ text: String)
  {
    #expect(ModelWriter.yaml(.string(text)) == "\"\(text)\"\n")
  }

  @Test(
    "what YAML's syntax would cut stands in single quotes",
    arguments: [
      " a", "a ", "a: b", "a #b", "#a", "- a", "? a", ": a", "[a]", "{a}", "*a", "&a", "!a", "|", ">", "'a'",
      "\"a\"",
      "%a", "@a", "`a", "a:", "-", "---", "... x", "], [", "\u{A0}a",
    ]) func cut(_ text: String)
  {
    #expect(ModelWriter.yaml(.string(text)) == "'\(text.replacing("'", with: "''"))'\n")
  }

  @Test(
    "everything else stands without quotes",
    arguments: [
      "a", "-a", "--a=b", "?a", ":a", "a:b", "a#b", "8080:80", "10.1.0.5", "nginx:1.25", "1.25.3",
      "127.0.0.1:80:80/tcp",
      "80-90", "5s", "1g", "a, b", "a]b", "/srv/data", "$HOME", "Ünï", "99:99", "00:30", "2001-12", "1.2.3", "0x",
      "0b2",
      "._5", "+", ".", "_1", "e3", "---a", "it's", "a\"b", "yes!", "Null0", "2001-1-1x",
    ]) func plain(_ text: String)
  {
    #expect(ModelWriter.yaml(.string(text)) == "\(text)\n")
  }

  @Test("several lines are a literal block, in which nothing has to be escaped") func literal() {
    func entry(_ text: String) -> String { ModelWriter.yaml(.mapping([ModelEntry("a", .string(text))])) }
    #expect(entry("x\ny\n") == "a: |\n  x\n  y\n")
    #expect(entry("x\n\ny") == "a: |-\n  x\n\n  y\n")
    #expect(entry("x\n\n") == "a: |+\n  x\n\n")
    #expect(entry(" x\ny\n") == "a: |2\n   x\n  y\n")
    #expect(entry("\n\tx") == "a: |2-\n\n  \tx\n")
    #expect(entry("# \"no\" comment: 'x'\n\\n\n") == "a: |\n  # \"no\" comment: 'x'\n  \\n\n")
    // A block cannot hold these.
    #expect(entry("x\r\ny") == "a: \"x\\r\\ny\"\n")
    #expect(entry("x\n\u{7}") == "a: \"x\\n\\x07\"\n")
    #expect(entry("\n") == "a: \"\\n\"\n")
    #expect(entry("a\u{85}\u{2028}\u{FEFF}\u{10FFFE}") == "a: \"a\\x85\\u2028\\uFEFF\u{10FFFE}\"\n")
    #expect(entry("a\u{202E}b\nc") == "a: \"a\\u202Eb\\nc\"\n")
    #expect(entry("a\tb") == "a: \"a\\tb\"\n")
  }

  @Test("dollar signs of values are doubled where the text is interpolated again, those of keys never are")
  func dollars() {
    let value = ModelValue.mapping([ModelEntry("$a", .list([.string("$b ${c} $$d")]))])
    #expect(ModelWriter.yaml(value, escapesDollars: true) == "$a:\n  - $$b $${c} $$$$d\n")
    #expect(ModelWriter.yaml(value) == "$a:\n  - $b ${c} $$d\n")
    #expect(ModelWriter.json(value, escapesDollars: true) == "{\n  \"$a\": [\n    \"$$b $${c} $$$$d\"\n  ]\n}\n")
  }

  @Test("sections come in docker compose's order, what is below them sorted") func order() {
    let value = ModelValue.mapping(
      ["x-b", "volumes", "x-a", "services", "configs", "name", "secrets", "networks"].map {
        ModelEntry($0, .mapping([ModelEntry("b", .null), ModelEntry("a", .null), ModelEntry("A", .null)]))
      })
    let ordered = value.inPrintingOrder()
    #expect(
      ordered.entries.map(\.key) == ["name", "services", "networks", "volumes", "secrets", "configs", "x-a", "x-b"])
    #expect(ordered["services"]?.entries.map(\.key) == ["A", "a", "b"])
  }

  @Test("a digest does not see the order of keys, and sees everything else") func digest() {
    let one = ModelValue.mapping([ModelEntry("a", .integer(1)), ModelEntry("b", .list([.string("x"), .null]))])
    let other = ModelValue.mapping([ModelEntry("b", .list([.string("x"), .null])), ModelEntry("a", .integer(1))])
    #expect(ModelWriter.digestible(one) == "{\"a\":1,\"b\":[\"x\",null]}")
    #expect(ModelWriter.digestible(one) == ModelWriter.digestible(other))
    #expect(ModelWriter.digestible(.string("1")) != ModelWriter.digestible(.integer(1)))
  }

  @Test(
    "JSON's numbers are numbers of JSON",
    arguments: [
      (".5", "0.5"), ("5.", "5"), ("+1.5", "1.5"), ("-.5", "-0.5"), ("1e3", "1e3"), ("007.5", "7.5"), ("0.0", "0.0"),
    ]) func numbers(_ digits: String, _ expected: String)
  {
    #expect(ModelWriter.digestible(.decimal(digits)) == expected)
  }

  @Test("whatever is written reads back as it was", arguments: 0..<16) func roundTrip(seed: Int) throws {
    var random = ModelGenerator(seed: UInt64(seed))
    for _ in 0..<150 {
      let value = random.value(depth: 0)
      let text = ModelWriter.yaml(value)
      #expect(try ModelReading.read(text) == value, "\(text)")
      // As an entry and as an item, where other indentation counts.
      let nested = ModelValue.list([.mapping([ModelEntry("k", value), ModelEntry("l", .list([value, value]))])])
      #expect(try ModelReading.read(ModelWriter.yaml(nested)) == nested, "\(ModelWriter.yaml(nested))")
    }
  }

  @Test("a key of any length and with any character reads back") func keys() throws {
    for key in [String(repeating: "k", count: 2000), "a\nb", "", "? x", "<<", "a: b", "\u{1}"] {
      let value = ModelValue.mapping([
        ModelEntry(key, .mapping([ModelEntry("b", .null)])),
        ModelEntry("z", .list([.mapping([ModelEntry(key, .null)])])),
      ])
      #expect(try ModelReading.read(ModelWriter.yaml(value)) == value, "\(ModelWriter.yaml(value))")
    }
  }
}

/// Reads a text with the house's own YAML reader, without any meaning of Compose.
enum ModelReading {
  struct Unreadable: Error { let text: String }

  static func read(_ text: String) throws -> ModelValue {
    let source = SourceText(file: "t", bytes: Array(text.utf8))
    let sink = DiagnosticSink()
    var composer = YAMLComposer(source: source, sink: sink) {
      YAMLDocument(source: source, base: "/", environment: ProjectEnvironment(process: [:]))
    }
    let roots = composer.compose(Array(text.utf8)) ?? []
    guard !sink.hasErrors else {
      throw Unreadable(text: DiagnosticRenderer.render(sink.sorted(files: ["t"]), sources: [source], colour: false))
    }
    return roots.first.map(value) ?? .null
  }

  private static func value(_ node: YAMLNode) -> ModelValue {
    switch node.content {
    case .sequence(let items): .list(items.map(value))
    case .mapping(let entries): .mapping(entries.map { ModelEntry($0.key, value($0.value)) })
    case .scalar(let scalar):
      switch scalar.kind {
      case .null: .null
      case .boolean: .boolean(scalar.text.lowercased() == "true")
      case .integer: .integer(Int64(scalar.text)!)
      case .float: .decimal(scalar.text)
      case .string: .string(scalar.text)
      }
    }
  }
}

/// Random values that look for trouble.
struct ModelGenerator {
  private var random: FuzzTests.Generator

  init(seed: UInt64) { random = FuzzTests.Generator(state: seed) }

  private static let pieces: [String] = [
    "a", "B", "0", "1", "9", ".", "-", "+", ":", " ", "  ", "#", "\n", "\n\n", "\t", "'", "\"", "\\", "$", "{", "}",
    "[", "]",
    ",", "&", "*", "!", "|", ">", "%", "@", "`", "?", "~", "null", "yes", "true", "<<", "=", "_", "e", "x", "é",
    "\u{85}",
    "\u{2028}", "\u{FEFF}", "\u{1F600}", "\r", "\u{1}", "---", "...", "- ", ": ", " #", "\u{A0}", "\u{202E}",
  ]

  mutating func text() -> String {
    (0..<Int.random(in: 0...6, using: &random)).map { _ in Self.pieces.randomElement(using: &random)! }.joined()
  }

  mutating func value(depth: Int) -> ModelValue {
    switch Int.random(in: 0..<(depth > 3 ? 6 : 10), using: &random) {
    case 0: .null
    case 1: .boolean(Bool.random(using: &random))
    case 2: .integer(Int64.random(in: -3...100_000, using: &random))
    case 3: .decimal("\(Int.random(in: -9...9, using: &random)).\(Int.random(in: 1...99, using: &random))")
    case 4, 5: .string(text())
    case 6, 7: .list((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth: depth + 1) })
    default: mapping(depth)
    }
  }

  private mutating func mapping(_ depth: Int) -> ModelValue {
    var entries: [ModelEntry] = []
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let key = text()
      if !entries.contains(where: { $0.key.unicodeScalars.elementsEqual(key.unicodeScalars) || $0.key == key }) {
        entries.append(ModelEntry(key, value(depth: depth + 1)))
      }
    }
    return .mapping(entries)
  }
}

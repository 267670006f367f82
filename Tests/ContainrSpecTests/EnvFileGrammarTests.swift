// The grammar of environment files, one rule a test: names, blanks, comments, quotes, escapes, inheritance.
import Testing

@testable import ContainrSpec

struct EnvFileGrammarTests {
  private func parse(_ text: String, _ outer: [String: String] = [:]) -> (values: [String: String?], codes: [String]) {
    let sink = DiagnosticSink()
    let entries = EnvFileParser.parse(SourceText(file: ".env", bytes: Array(text.utf8)), sink: sink) { outer[$0] }
    let values = Dictionary(entries.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    return (values, sink.sorted(files: [".env"]).map(\.code))
  }

  @Test(
    "blanks around names and values do not count",
    arguments: [
      "K=v", " K=v", "\tK = v ", "K =v", "K= v", "K:v", "K : v", "export K=v", "export\tK=v", "  export  K=v\t",
    ])
  func blanks(line: String) {
    #expect(parse(line).values == ["K": "v"])
    #expect(parse(line).codes.isEmpty)
  }

  @Test(
    "names may look like the word export, hold digits, dots, dashes and brackets",
    arguments: ["exportK", "export_K", "export.K", "export", "4x", "A.B-C", "A[0]", "_"])
  func names(name: String) {
    #expect(parse("\(name)=v").values == [name: "v"])
  }

  @Test(
    "a comment needs a blank before it, and quotes keep it",
    arguments: [
      ("K=v #c", "v"), ("K=v #", "v"), ("K=v\t# c", "v"), ("K=v#c", "v#c"), ("K=a b # c", "a b"), ("K=\"a#b\"", "a#b"),
      ("K=\"a # b\" # c", "a # b"), ("K='a # b'#c", "a # b"), ("K=a'b # c", "a'b"), ("K=http://h/#x", "http://h/#x"),
    ])
  func comments(line: String, expected: String) {
    #expect(parse(line).values == ["K": expected])
  }

  @Test(
    "lines that say nothing",
    arguments: ["", "\n", "\r\n", "\t\t ", "# c", "\t # c", "#K=v", "\u{FEFF}", "\u{FEFF}# c\r\n\r\n"])
  func nothing(text: String) {
    #expect(parse(text).values.isEmpty)
    #expect(parse(text).codes.isEmpty)
  }

  @Test(
    "escapes of double quotes",
    arguments: [
      (#"a\nb"#, "a\nb"), (#"a\tb\rc"#, "a\tb\rc"), (#"\a\b\f\v"#, "\u{7}\u{8}\u{C}\u{B}"), (#"\\n"#, "\\n"),
      (#"\"q\""#, "\"q\""), (#"'s'"#, "'s'"), (#"\$V ${V}"#, "$V w"), (#"\${V}"#, "${V}"), (#"\0123"#, "S"),
      (#"\0101\0102"#, "AB"), (#"\07"#, #"\07"#), (#"\0"#, #"\0"#), (#"\08"#, #"\08"#), (#"\0777"#, #"\0777"#),
      (#"\0377"#, "ÿ"), (#"\x41"#, #"\x41"#), (#"\u0041"#, #"\u0041"#), (#"\q \ "#, #"\q \ "#),
    ])
  func escapes(inner: String, expected: String) {
    let parsed = parse("K=\"\(inner)\"", ["V": "w"])
    #expect(parsed.values == ["K": expected])
    #expect(parsed.codes.isEmpty)
  }

  @Test(
    "single quotes and no quotes know no escapes",
    arguments: [
      (#"K='a\nb'"#, #"a\nb"#), (#"K='it\'s'"#, "it's"), (#"K='\\'"#, #"\\"#), (#"K='$V ${V}'"#, "$V ${V}"),
      (#"K=a\tb"#, #"a\tb"#), (#"K=\"x"#, #"\"x"#), (#"K=a"b"c"#, #"a"b"c"#),
    ])
  func literal(line: String, expected: String) {
    #expect(parse(line, ["V": "w"]).values == ["K": expected])
  }

  @Test("quoted values span lines, and the next name follows")
  func lines() {
    let parsed = parse("A='one\n two # no comment\n\nB=no name\n'\nC=\"x\ny\" # c\nD=z")
    #expect(parsed.values == ["A": "one\n two # no comment\n\nB=no name\n", "C": "x\ny", "D": "z"])
    #expect(parsed.codes.isEmpty)
  }

  @Test(
    "quotes that are never closed",
    arguments: [#"K=""#, #"K="v"#, #"K="v\""#, #"K="v'"#, "K='", "K='v", #"K='v\'"#, "K='v\""])
  func unclosed(text: String) {
    #expect(parse(text).codes == ["C0304"])
    #expect(parse(text).values.isEmpty)
  }

  @Test("names alone are inherited, at the end of the file as well")
  func inherited() {
    #expect(parse("A\nexport B\nC=1\nD # c\nE").values == ["A": nil, "B": nil, "C": "1", "D": nil, "E": nil])
  }

  @Test("values see the environment first, then what stands above")
  func references() {
    let text = "A=1\nB=${A}\nC=$B\nD=${A}_${B}\nE=${GONE:-$A}\nF=${LATER-}\nLATER=x\nG=${OUT}${B:+!}"
    let parsed = parse(text, ["OUT": "o", "B": "outer"])
    #expect(parsed.values["C"] == "outer")
    #expect(parsed.values["D"] == "1_outer")
    #expect(parsed.values["E"] == "1")
    #expect(parsed.values["F"] == "")
    #expect(parsed.values["G"] == "o!")
    #expect(parsed.codes.isEmpty)
  }

  @Test(
    "values may hold what else has a meaning",
    arguments: ["a=b=", "1:2", "postgres://u:p@h:1/d?x=y", "{\"a\": [1]}", "a, b; c"])
  func plain(value: String) {
    #expect(parse("K=\(value)").values == ["K": value])
  }
}

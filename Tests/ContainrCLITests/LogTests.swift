import ContainrSystem
import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrCLI
@testable import ContainrForeground

@Suite struct LogTests {
  private func parse(_ pieces: [String]) -> [LogLine] {
    var parser = LogParser()
    return pieces.flatMap { feed(&parser, Array($0.utf8)) }
  }

  /// The lines that these bytes complete.
  private func feed(_ parser: inout LogParser, _ bytes: [UInt8]) -> [LogLine] {
    parser.take(bytes[...])
    var lines: [LogLine] = []
    while let line = parser.next() { lines.append(line) }
    return lines
  }

  private func shown(_ printer: LogPrinter, _ line: LogLine, _ source: LogSource) -> String {
    var output: [UInt8] = []
    printer.add(line, head: printer.head(of: source), to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  private func text(_ line: LogLine) -> String { String(decoding: line.text, as: UTF8.self) }

  @Test("a line is known when its newline has come, wherever the reads cut it") func cuts() {
    let lines = parse([
      "2026-01-01T00:00:00.000000001Z std", "out F hello", " world\n2026-01-01T00:00:00.000000002Z stderr F \n",
    ])
    #expect(lines.map(text) == ["hello world", ""])
    #expect(lines.map(\.isError) == [false, true])
    #expect(lines[0].time == "2026-01-01T00:00:00.000000001Z")
  }

  @Test("partial entries of one stream are one line, also with the other stream between them") func partial() {
    let lines = parse(["T1 stdout P aa\nT2 stderr F err\nT3 stdout F bb\n"])
    #expect(lines.map(text) == ["err", "aabb"])
  }

  @Test("what is not in the log's form is shown, not lost") func foreign() {
    #expect(parse(["whatever\n"]).map(text) == ["whatever"])
  }

  @Test("names are aligned and each has a colour of its own") func prefix() {
    let line = LogLine(time: "T", isError: false, text: Array("x".utf8))
    var printer = LogPrinter(names: ["web-1", "database-1"], ink: Ink(isOn: false))
    #expect(
      shown(printer, line, LogSource(label: printer.names[0]))
        == "web-1      | x\n")
    printer.ink = Ink(isOn: true)
    #expect(
      shown(printer, line, LogSource(label: printer.names[1]))
        == "\u{1B}[33mdatabase-1 | \u{1B}[0mx\n")
    printer = LogPrinter(names: ["a"], ink: Ink(isOn: false), showsTime: true, showsName: false)
    #expect(shown(printer, line, LogSource(label: printer.names[0])) == "T x\n")
  }

  @Test("the history is merged by time and begins with rotated files; what comes later follows through a rotation")
  func reader() throws {
    let folder = try ScratchDirectory()
    let a = FilePath(folder.path).appending("a.log")
    let b = FilePath(folder.path).appending("b.log")
    try folder.write("T1 stdout F one\n", to: "a.log.1")
    try folder.write("T3 stdout F three\n", to: "a.log")
    try folder.write("T2 stdout F two\n", to: "b.log")
    var seen = ""
    let reader = try LogReader(
      [LogFile(name: "a", path: a), LogFile(name: "b", path: b)],
      printer: LogPrinter(names: ["a", "b"], ink: Ink(isOn: false)), tell: { Issue.record("\($0)") }
    ) { seen += String(decoding: $0, as: UTF8.self) }
    try reader.watch()
    try reader.printHistory()
    #expect(seen == "a | one\nb | two\na | three\n")
    seen = ""
    try Kernel.rename(a, to: FilePath(folder.path).appending("a.log.1"))
    try folder.write("T4 stdout F four\n", to: "a.log")
    #expect(try Kernel.waitReadable(reader.descriptor, milliseconds: 1000))
    #expect(try !reader.printNew())
    #expect(seen == "a | four\n")
  }

  @Test("tail counts lines of each container") func tail() throws {
    let folder = try ScratchDirectory()
    try folder.write("T1 stdout F one\nT2 stdout F two\nT3 stdout F three\n", to: "a.log")
    var seen = ""
    let reader = try LogReader(
      [LogFile(name: "a", path: FilePath(folder.path).appending("a.log"))],
      printer: LogPrinter(names: ["a"], ink: Ink(isOn: false)), tell: { Issue.record("\($0)") }
    ) { seen += String(decoding: $0, as: UTF8.self) }
    try reader.printHistory(tail: 2)
    #expect(seen == "a | two\na | three\n")
  }

  @Test("a long history is written in pieces, merged by time, whatever has no time or goes back in it") func pieces()
    throws
  {
    let folder = try ScratchDirectory()
    func log(_ times: [Int], _ word: String) -> String {
      times.map { "T\(100_000 + $0) stdout F \(word) \($0)\n" }.joined()
    }
    try folder.write(log(Array(stride(from: 0, to: 20_000, by: 2)), "even"), to: "a.log.1")
    try folder.write(log([20_000], "even") + "nobody's\n" + log([20_002], "even"), to: "a.log")
    try folder.write(log(Array(stride(from: 1, to: 20_003, by: 2)) + [5], "odd"), to: "b.log")
    var calls = 0
    var seen: [UInt8] = []
    let files = ["a.log", "b.log"].map { LogFile(name: "x", path: FilePath(folder.path).appending($0)) }
    let reader = try LogReader(
      files, printer: LogPrinter(names: ["x"], ink: Ink(isOn: false), showsName: false), tell: { Issue.record("\($0)") }
    ) {
      calls += 1
      seen += $0
    }
    try reader.printHistory()
    let lines = String(decoding: seen, as: UTF8.self).split(separator: "\n").map(String.init)
    let numbers = lines.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
    #expect(numbers == Array(0...20_001) + [5, 20_002], "within a file it stays where it is")
    #expect(lines.firstIndex(of: "nobody's") == lines.firstIndex(of: "even 20000").map { $0 + 1 })
    #expect(calls > 1 && calls < 20, "\(calls)")
  }

  @Test("a line without an end is shown in pieces, and what follows is whole") func endless() {
    var parser = LogParser()
    let part = Array("T1 stdout P \(String(repeating: "x", count: 60_000))\n".utf8)
    var lines: [LogLine] = []
    for _ in 0..<40 { lines += feed(&parser, part) }
    #expect(lines.count == 2 && lines.allSatisfy { $0.text.count > 1_000_000 && $0.text.count < 1_200_000 })
    lines += feed(&parser, Array("T2 stdout F end\nT3 stdout F next\n".utf8))
    #expect(lines.map(\.text.count).reduce(0, +) == 40 * 60_000 + 7 && text(lines[lines.count - 1]) == "next")
    var foreign = LogParser()
    let first = feed(&foreign, [UInt8](repeating: 0x78, count: LogParser.longest + 1))
    #expect(first.count == 1)
  }

  @Test("JSON has every byte: what is no UTF-8 is there in hexadecimal as well") func json() {
    var printer = LogPrinter(names: ["web-2"], ink: Ink(isOn: false))
    printer.isJSON = true
    let source = LogSource(label: "web-2", service: "web", index: 2, container: "t-web-2")
    let plain = LogLine(time: "T", isError: true, text: Array("a\"\u{1B}".utf8))
    let head = #"{"time":"T","service":"web","index":2,"container":"t-web-2","stream":"#
    #expect(
      shown(printer, plain, source) == head + #""stderr","message":"a\"\u001b"}"#
        + "\n")
    let binary = LogLine(time: "T", isError: false, text: [0x61, 0xFF, 0x00])
    #expect(
      shown(printer, binary, source)
        == head + #""stdout","message":"a"# + "\u{FFFD}" + #"\u0000","bytes":"61ff00"}"# + "\n")
  }

  @Test("what is appended as JSON is what a literal has between its quotes, for every scalar; no UTF-8 is told")
  func literals() {
    func added(_ bytes: [UInt8]) -> String? {
      var output = Array("<".utf8)
      let isText = JSONText.add(bytes[...], to: &output)
      #expect(isText || output == Array("<".utf8))
      return isText ? String(decoding: output.dropFirst(), as: UTF8.self) : nil
    }
    func literal(_ text: String) -> String { String(JSONText.quoted(text).dropFirst().dropLast()) }
    let scalars = (0..<0x300).compactMap { Unicode.Scalar($0) } + ["\u{2028}", "\u{FFFD}", "\u{1F600}"]
    var wrong: [Unicode.Scalar] = []
    for scalar in scalars {
      let text = "a\(Character(scalar))\(Character(scalar))b"
      if added(Array(text.utf8)) != literal(text) { wrong.append(scalar) }
    }
    #expect(wrong.isEmpty, "\(wrong)")
    let all = String(String.UnicodeScalarView(scalars))
    #expect(added(Array(all.utf8)) == literal(all))
    #expect(added([]) == "" && added(Array("plain words".utf8)) == "plain words")
    for bytes in [[0xFF], [0x61, 0xC2], [0xC2, 0x22], [0xE2, 0x80], [0xED, 0xA0, 0x80]] as [[UInt8]] {
      #expect(added(bytes) == nil, "\(bytes)")
    }
  }

  @Test("since holds what is at it, until does not; a pattern is found in any bytes") func filter() throws {
    func line(_ time: String, _ text: [UInt8]) -> LogLine { LogLine(time: time, isError: false, text: text) }
    let filter = LogFilter(since: "2026-01-01T00:00:01Z", until: "2026-01-01T00:00:03Z")
    let times = (0...4).map { "2026-01-01T00:00:0\($0)Z" }
    #expect(times.filter { filter.holds(line($0, [])) } == Array(times[1...2]))
    #expect(filter.holds(line("", [])), "what somebody else wrote has no time")
    func matches(_ pattern: String, _ bytes: [UInt8]) throws -> Bool { try LinePattern(pattern).matches(bytes[...]) }
    #expect(try matches("^a(b|c)+$", Array("abcb".utf8)))
    #expect(try !matches("^a(b|c)+$", Array("abx".utf8)))
    #expect(try matches("b$", [0xFF, 0x00, 0x62]), "behind a zero byte")
    #expect(try !matches("c", [0x61, 0x00, 0x62]), "and not behind the end")
    #expect(try matches("^$", []) && !matches("a", []))
    #expect(throws: CommandExit.self) { try matches("(", []) }
  }

  @Test("times are of RFC 3339, seconds since 1970 or ages, to the nanosecond") func times() throws {
    let now: UInt64 = 1_764_000_000_000_000_000
    func time(_ word: String) throws -> UInt64 { try TimeWord.nanoseconds(word, "--since", now: now) }
    #expect(try time("1764000000.000000001") == now + 1)
    #expect(try time("1763999940") == now - 60_000_000_000)
    #expect(try time("1m") == now - 60_000_000_000 && time("1h30m") == now - 5_400_000_000_000)
    #expect(try time("2025-11-24T16:00:00Z") == now)
    #expect(try time("600000h") == 0, "before 1970 is 1970")
    for wrong in ["", "-1", "1.", "1.1234567890", "soon", "1e9"] {
      #expect(throws: CommandExit.self, "\(wrong)") { try time(wrong) }
    }
  }

  @Test("tail counts the lines of a container over all of its files, after the filter") func tailOfLives() throws {
    let folder = try ScratchDirectory()
    try folder.write("T1 stdout F a1\nT2 stdout F x\nT5 stdout F a5\n", to: "new.log")
    try folder.write("T3 stdout F a3\n", to: "old.log")
    try folder.write("T4 stdout F a4\n", to: "other.log")
    var seen = ""
    let files = [("web", "old.log"), ("web", "new.log"), ("db", "other.log")].map { name, file in
      LogFile(name: name, path: FilePath(folder.path).appending(file))
    }
    let reader = try LogReader(
      files, printer: LogPrinter(names: ["web", "db"], ink: Ink(isOn: false)),
      filter: LogFilter(pattern: try LinePattern("^a")), tell: { Issue.record("\($0)") }
    ) { seen += String(decoding: $0, as: UTF8.self) }
    try reader.printHistory(tail: 2)
    #expect(seen == "web | a3\ndb  | a4\nweb | a5\n")
  }
}

import ContainrSystem
import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrCLI
@testable import ContainrForeground

@Suite struct LogTests {
  private func parse(_ pieces: [String]) -> [LogLine] {
    var parser = LogParser()
    return pieces.flatMap { parser.feed(Array($0.utf8)[...]) }
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
    #expect(String(decoding: printer.text(line, from: 0), as: UTF8.self) == "web-1      | x\n")
    printer.ink = Ink(isOn: true)
    #expect(String(decoding: printer.text(line, from: 1), as: UTF8.self) == "\u{1B}[33mdatabase-1 | \u{1B}[0mx\n")
    printer = LogPrinter(names: ["a"], ink: Ink(isOn: false), showsTime: true, showsName: false)
    #expect(String(decoding: printer.text(line, from: 0), as: UTF8.self) == "T x\n")
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
      printer: LogPrinter(names: ["a", "b"], ink: Ink(isOn: false))
    ) { seen += String(decoding: $0, as: UTF8.self) }
    try reader.watch()
    try reader.printHistory()
    #expect(seen == "a | one\nb | two\na | three\n")
    seen = ""
    try Kernel.rename(a, to: FilePath(folder.path).appending("a.log.1"))
    try folder.write("T4 stdout F four\n", to: "a.log")
    #expect(try Kernel.waitReadable(reader.descriptor, milliseconds: 1000))
    try reader.printNew()
    #expect(seen == "a | four\n")
  }

  @Test("tail counts lines of each container") func tail() throws {
    let folder = try ScratchDirectory()
    try folder.write("T1 stdout F one\nT2 stdout F two\nT3 stdout F three\n", to: "a.log")
    var seen = ""
    let reader = try LogReader(
      [LogFile(name: "a", path: FilePath(folder.path).appending("a.log"))],
      printer: LogPrinter(names: ["a"], ink: Ink(isOn: false))
    ) { seen += String(decoding: $0, as: UTF8.self) }
    try reader.printHistory(tail: 2)
    #expect(seen == "a | two\na | three\n")
  }
}

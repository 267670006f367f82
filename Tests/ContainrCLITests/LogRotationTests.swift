import ContainrForeground
import ContainrSystem
import ContainrTelemetry
import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrCLI

/// Logs that are rotated while they are read. The writer is the shim's own.
@Suite struct LogRotationTests {
  /// A log of generations of two lines, of which three are kept.
  private final class Writer {
    let folder: ScratchDirectory
    let path: FilePath
    private var log: RotatingLog
    private var last = 0
    private let padding: String

    /// `padding`: bytes more in each line.
    init(padding: Int = 0) throws {
      self.padding = String(repeating: "x", count: padding)
      folder = try ScratchDirectory()
      path = FilePath(folder.path).appending("log")
      log = try RotatingLog(
        directory: try Kernel.open(FilePath(folder.path), [.path, .directory]), name: "log",
        limits: LogLimits(fileSize: UInt64(2 * (22 + padding)), files: 3))
    }

    static func time(_ number: Int) -> String { "T\(100_000 + number)" }

    /// Writes the next lines, each a number.
    func write(_ count: Int) throws {
      for _ in 0..<count {
        last += 1
        // 22 bytes each, and what it is padded with.
        try log.append(Array("\(Self.time(last)) stdout F \(1000 + last)\(padding)\n".utf8))
      }
    }

    func append(_ text: String) throws { try log.append(Array(text.utf8)) }
  }

  /// What a reader prints and tells.
  private final class Seen {
    var text = ""
    var told: [String] = []
    var numbers: [Int] { text.split(separator: "\n").compactMap { Int($0).map { $0 - 1000 } } }
  }

  private func reader(
    _ path: FilePath, _ seen: Seen, filter: LogFilter = LogFilter(), isJSON: Bool = false
  ) throws -> LogReader {
    var printer = LogPrinter(names: ["a"], ink: Ink(isOn: false), showsName: false)
    printer.isJSON = isJSON
    let source = LogSource(label: "a", service: "a", index: 1, container: "t-a-1")
    return try LogReader(
      [LogFile(source, path: path)], printer: printer, filter: filter, tell: { seen.told.append($0) }
    ) { seen.text += String(decoding: $0, as: UTF8.self) }
  }

  @Test("who follows reads every file to its end before the next one, however many came since") func chain() throws {
    let writer = try Writer()
    let seen = Seen()
    let reader = try reader(writer.path, seen)
    try writer.write(3)
    try reader.watch()
    try reader.printHistory()
    // Two rotations between two looks: the file between them has been nobody's newest when somebody looked.
    for _ in 0..<20 {
      try writer.write(4)
      #expect(try !reader.printNew())
    }
    #expect(seen.numbers == Array(1...83) && seen.told == [], "\(seen.numbers) \(seen.told)")
  }

  @Test("what is held open is read, though its names are long gone; at the limit the rest is told as lost")
  func holding()
    throws
  {
    let writer = try Writer()
    try writer.write(2)
    let file = LogFile(name: "a", path: writer.path)
    file.follow(holding: 64)
    for _ in 0..<20 {
      try file.hold()
      try writer.write(4)
    }
    #expect(try file.drain().count == 82)
    let limited = LogFile(name: "a", path: writer.path)
    limited.follow(holding: 4)
    var gaps: [LogGap] = []
    limited.tell = { gaps.append($0) }
    for _ in 0..<20 {
      try limited.hold()
      try writer.write(4)
    }
    let lines = try limited.drain()
    let numbers = lines.map { Int(String(decoding: $0.text, as: UTF8.self))! - 1000 }
    let jumps = zip(numbers, numbers.dropFirst()).filter { $1 != $0 + 1 }
    #expect(numbers.last == 162 && jumps.count == 1 && gaps.count == 1, "\(numbers) \(gaps)")
    let jump = try #require(jumps.first)
    let gap = try #require(gaps.first)
    #expect(
      gap.files == UInt64((jump.1 - jump.0) / 2) && gap.bytes == 22 * UInt64(jump.1 - jump.0 - 1), "\(jump) \(gap)")
    #expect(gap.after == Writer.time(jump.0) && gap.before == Writer.time(jump.1), "\(jump) \(gap)")
  }

  @Test(
    "lines that went before anybody could open their file are told once, with time and amount, in every form of output")
  func told() throws {
    for isJSON in [false, true] {
      let writer = try Writer()
      let seen = Seen()
      let reader = try reader(writer.path, seen, isJSON: isJSON)
      try writer.write(2)
      try reader.watch()
      try reader.printHistory(tail: 1)
      try writer.write(40)
      #expect(try !reader.printNew())
      // The last three files are there: 37 to 42.
      #expect(
        seen.told == [
          "t-a-1: lines after T100002 and before T100037 are lost: 17 rotated files, about 1 KiB, went before they were read; "
            + "logging's max-size and max-file say how much is kept"
        ])
      if isJSON {
        #expect(seen.text.split(separator: "\n").count == 7 && seen.text.contains(#""message":"1037"}"#))
      } else {
        #expect(seen.numbers == [2] + Array(37...42))
      }
      try writer.write(4)
      #expect(try !reader.printNew())
      #expect(seen.told.count == 1)
    }
  }

  @Test("only a gap in which lines that are asked for may be is told, whatever the pattern", arguments: [true, false])
  func concerned(isAsked: Bool) throws {
    let writer = try Writer()
    let seen = Seen()
    let filter = LogFilter(since: Writer.time(isAsked ? 37 : 38), pattern: try LinePattern("nothing"))
    let reader = try reader(writer.path, seen, filter: filter)
    try writer.write(2)
    try reader.watch()
    try reader.printHistory()
    try writer.write(40)
    #expect(try !reader.printNew())
    #expect(seen.text == "" && seen.told.count == (isAsked ? 1 : 0), "\(seen.told)")
  }

  @Test("a line that goes on in what is lost is not joined to what comes behind it") func halves() throws {
    let writer = try Writer()
    let seen = Seen()
    let reader = try reader(writer.path, seen)
    try writer.write(1)
    try writer.append("T100001 stdout P half\n")
    try reader.watch()
    try reader.printHistory()
    #expect(seen.text == "1001\n")
    try writer.write(40)
    #expect(try !reader.printNew())
    #expect(seen.text.hasPrefix("1001\nhalf\n1036\n") && seen.told.count == 1, "\(seen.text)")
  }

  @Test("a log without numbers is followed as far as names can tell; beyond that lines may be lost, which is told")
  func unnumbered() throws {
    let folder = try ScratchDirectory()
    let path = FilePath(folder.path).appending("log")
    let seen = Seen()
    let reader = try reader(path, seen)
    func rotate(_ text: String) throws {
      for number in [1, 0] {
        let from = number == 0 ? path : FilePath("\(path).\(number)")
        if try Kernel.exists(from) { try Kernel.rename(from, to: FilePath("\(path).\(number + 1)")) }
      }
      try folder.write(text, to: "log")
    }
    try rotate("T1 stdout F 1001\n")
    try reader.watch()
    try reader.printHistory()
    for number in 2...3 { try rotate("T\(number) stdout F \(1000 + number)\n") }
    #expect(try !reader.printNew())
    #expect(seen.numbers == [1, 2, 3] && seen.told == [], "\(seen.told)")
    for number in 4...7 { try rotate("T\(number) stdout F \(1000 + number)\n") }
    #expect(try !reader.printNew())
    #expect(seen.numbers == [1, 2, 3, 5, 6, 7])
    #expect(
      seen.told.count == 1 && seen.told[0].hasPrefix("t-a-1: lines after T3 and before T5 may be lost: "),
      "\(seen.told)")
  }

  @Test("the history has an end, however fast the log is written; what came meanwhile follows, and all of it")
  func endless() throws {
    // Each line is a piece of output of its own.
    let writer = try Writer(padding: 70_000)
    try writer.write(6)
    var numbers: [Int] = []
    let printer = LogPrinter(names: ["a"], ink: Ink(isOn: false), showsName: false)
    let reader = try LogReader(
      [LogFile(name: "a", path: writer.path)], printer: printer, tell: { Issue.record("\($0)") }
    ) {
      numbers += String(decoding: $0, as: UTF8.self).split(separator: "\n").map { Int($0.prefix(4))! - 1000 }
      // As much as is kept beyond the file that is read, each time something is shown.
      if numbers.count < 60 { try writer.write(4) }
    }
    try reader.watch()
    try reader.printHistory()
    #expect(numbers == Array(1...6))
    while try reader.printNew() {}
    for _ in 0..<20 { _ = try reader.printNew() }
    try reader.printRest()
    #expect(numbers == Array(1...numbers.count) && numbers.count >= 60, "\(numbers)")
  }

  @Test("the number of a log file stays with it; one of an earlier release has none, and its next file has")
  func numbers() throws {
    let folder = try ScratchDirectory()
    try folder.write("T1 stdout F of an earlier release\n", to: "log")
    var log = try RotatingLog(
      directory: try Kernel.open(FilePath(folder.path), [.path, .directory]), name: "log",
      limits: LogLimits(fileSize: 10, files: 3))
    func number(_ name: String) throws -> UInt64? {
      let file = try Kernel.open(FilePath(folder.path).appending(name))
      return try LogSequence.number(of: file.raw)
    }
    #expect(try number("log") == nil)
    for text in ["aaaaaaaa\n", "bbbbbbbb\n"] { try log.append(Array(text.utf8)) }
    let takesAttributes = try number("log") != nil
    #expect(try number("log") == (takesAttributes ? 2 : nil) && number("log.1") == (takesAttributes ? 1 : nil))
    #expect(try number("log.2") == nil)
    // The next writer goes on from there.
    log = try RotatingLog(
      directory: try Kernel.open(FilePath(folder.path), [.path, .directory]), name: "log",
      limits: LogLimits(fileSize: 10, files: 3))
    try log.append(Array("cccccccc\n".utf8))
    #expect(try number("log") == (takesAttributes ? 3 : nil))
    let lines = try LogFile(name: "a", path: FilePath(folder.path).appending("log")).drain()
    #expect(lines.map { String(decoding: $0.text, as: UTF8.self) } == ["aaaaaaaa", "bbbbbbbb", "cccccccc"])
  }
}

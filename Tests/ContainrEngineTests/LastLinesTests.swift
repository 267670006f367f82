import Foundation
import SystemPackage
import Testing

@testable import ContainrEngine

@Suite("The last lines of a log")
struct LastLinesTests {
  @Test(
    "come without their times, parts of a line joined; what is not finished yet is a line, and what is of no log none")
  func lines() {
    let text = "cut off\nT stdout F \nT stdout F one two\nT stderr P thr\nT stdout P fo\nT stderr F ee\nT stdout P ur"
    #expect(LastLines.lines(text) == ["", "one two", "three", "four"])
    #expect(LastLines.lines("2 stdout F old\n3 stdout F new\n4 stdout F newer\n", since: "3") == ["new", "newer"])
  }

  /// What is read of a log, and of the file before it.
  private func last(_ text: String, rotated: String? = nil) throws -> [String] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("log-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("container.log")
    try Data(text.utf8).write(to: file)
    if let rotated { try Data(rotated.utf8).write(to: URL(fileURLWithPath: file.path + ".1")) }
    return try LastLines.of(FilePath(file.path))
  }

  private func records(_ numbers: ClosedRange<Int>) -> String {
    numbers.map { "2026-01-01T00:00:00Z stdout F line \($0)\n" }.joined()
  }

  @Test("are the ten at its end, however long it is, and in which of its files they are")
  func long() throws {
    let wanted = (1991...2000).map { "line \($0)" }
    #expect(try last(records(1...2000)) == wanted)
    #expect(try last(records(1998...2000), rotated: records(1...1997)) == wanted)
    #expect(try last(records(1...3)) == ["line 1", "line 2", "line 3"])
    #expect(try last("", rotated: "").isEmpty)
  }

  @Test(
    "are whole where they are longer than what is read at once, and the end of one that is longer than all that is read"
  )
  func longLines() throws {
    let part = String(repeating: "x", count: 10_000)
    func line(_ parts: Int, _ end: String) -> String {
      (0..<parts).map { _ in "T stdout P \(part)\n" }.joined() + "T stdout F \(end)\n"
    }
    let whole = try last(line(0, "before") + line(3, "one") + line(0, "two"))
    #expect(whole == ["before", part + part + part + "one", "two"])
    let cut = try last(line(0, "before") + line(100, "end"))
    #expect(cut.count == 1 && cut[0].hasSuffix("xend") && (200_000...262_144).contains(cut[0].utf8.count))
  }

  @Test("are read although it is longer by then than it was when it was looked at")
  func growing() throws {
    // The size of this one is told as 0, and there is far more in it than is read of a log.
    _ = try LastLines.of("/proc/kallsyms")
  }

  @Test("are none where there is no log")
  func none() throws { #expect(try LastLines.of("/nonexistent/log").isEmpty) }
}

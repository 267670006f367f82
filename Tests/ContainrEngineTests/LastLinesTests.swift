import Foundation
import SystemPackage
import Testing

@testable import ContainrEngine

@Suite("The last lines of a log")
struct LastLinesTests {
  @Test("come without their times; a line that is cut off is left out")
  func lines() {
    let text = "T stdout F cut\nT stdout F one two\nT stderr P three\n"
    #expect(LastLines.lines(text, isCut: false) == ["cut", "one two", "three"])
    #expect(LastLines.lines(text, isCut: true) == ["one two", "three"])
  }

  @Test("are the ten at its end, however long it is")
  func long() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("log-\(UUID().uuidString)")
    try Data((1...2000).map { "2026-01-01T00:00:00Z stdout F line \($0)\n" }.joined().utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    #expect(try LastLines.of(.init(file.path)) == (1991...2000).map { "line \($0)" })
  }

  @Test("are read although it is longer by then than it was when it was looked at")
  func growing() throws {
    // The size of this one is told as 0, and there is far more in it than is read of a log.
    _ = try LastLines.of("/proc/kallsyms")
  }

  @Test("are none where there is no log")
  func none() throws { #expect(try LastLines.of("/nonexistent/log").isEmpty) }
}

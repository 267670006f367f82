// What a container writes as systemd's journal gets it, over a socket of the test's own.
import ContainrTestSupport
import Foundation
import Testing

@testable import ContainrTelemetry

@Suite("The journal of systemd")
struct JournaldTests {
  private func path() -> String { "/tmp/containr-journal-\(UUID().uuidString.prefix(13))" }

  private func entries(_ lines: String...) -> [UInt8] { Array(lines.map { "T \($0)\n" }.joined().utf8) }

  @Test("a line is one datagram of the native protocol, its text with a length, whatever bytes it holds")
  func lines() throws {
    let journal = try JournalSocket(path())
    defer { journal.close() }
    var sink = JournaldSink(JournaldTarget(socket: journal.path, fields: ["CONTAINER_NAME=web", "CONTAINER_TAG=t"]))
    sink.send(entries("stdout F one = two"))
    #expect(
      journal.next()
        == Array("CONTAINER_NAME=web\nCONTAINER_TAG=t\nPRIORITY=6\nMESSAGE\n".utf8) + [9, 0, 0, 0, 0, 0, 0, 0]
        + Array("one = two\n".utf8))
    sink.send(Array("T stderr P ".utf8) + [0xff, 0x00, 0x0d] + [10] + entries("stdout F "))
    #expect(
      journal.next()
        == Array("CONTAINER_NAME=web\nCONTAINER_TAG=t\nPRIORITY=3\nCONTAINER_PARTIAL_MESSAGE=true\nMESSAGE\n".utf8)
        + [3, 0, 0, 0, 0, 0, 0, 0, 0xff, 0x00, 0x0d, 10])
    let empty = try #require(journal.next())
    #expect(Array(empty.suffix(9)) == [0, 0, 0, 0, 0, 0, 0, 0, 10])
    #expect(journal.next() == nil)
  }

  @Test("a journal that is away loses lines and is told how many; one that is there again gets all that follow")
  func away() throws {
    let first = try JournalSocket(path())
    var sink = JournaldSink(JournaldTarget(socket: first.path, fields: []))
    sink.send(entries("stdout F one"))
    #expect(first.next() != nil)
    first.close()
    sink.send(entries("stdout F two", "stderr F three"))
    let second = try JournalSocket(first.path)
    defer { second.close() }
    sink.send(entries("stdout F four"))
    func text(_ bytes: [UInt8]?) -> String { String(decoding: bytes ?? [], as: UTF8.self) }
    #expect(text(second.next()).hasSuffix("containr: 2 lines were lost\n"))
    #expect(text(second.next()).hasSuffix("four\n") && second.next() == nil)
  }

  @Test("one that takes nothing keeps nobody waiting")
  func full() throws {
    let journal = try JournalSocket(path())
    defer { journal.close() }
    var sink = JournaldSink(JournaldTarget(socket: journal.path, fields: []))
    for _ in 0..<2000 { sink.send(entries("stdout F \(String(repeating: "x", count: 1000))")) }
    var count = 0
    while journal.next() != nil { count += 1 }
    #expect(count > 0 && count < 2000)
    sink.send(entries("stdout F last"))
    #expect(String(decoding: journal.next() ?? [], as: UTF8.self).contains("\(2000 - count) lines were lost"))
  }

  @Test("limits with a journal survive being written, and others are as they were")
  func text() {
    var limits = LogLimits(fileSize: 5, files: 2)
    #expect(LogLimits(text: limits.text) == limits && limits.text == "size 5\nfiles 2\nkept 1\n")
    limits.journald = JournaldTarget(socket: "/run/x", fields: ["A=b c", "D="])
    #expect(LogLimits(text: limits.text) == limits)
    #expect(LogLimits(text: "size 5\nfiles 2\nkept 1\nelse\n") == nil)
  }
}

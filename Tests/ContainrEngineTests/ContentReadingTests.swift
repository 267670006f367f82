// Contents of files, read or known by their stamp. On files of the test's own.
import ContainrSpec
import ContainrStore
import Foundation
import Testing

@testable import ContainrEngine

@Suite("Contents of files")
struct ContentReadingTests {
  private static let long = Date(timeIntervalSince1970: 1_600_000_000)

  private func putBack(_ path: String) throws {
    try FileManager.default.setAttributes([.modificationDate: Self.long], ofItemAtPath: path)
  }

  @Test("are not read again while nothing changes; an edit in place that keeps size and time is seen all the same")
  func stamp() throws {
    let path = NSTemporaryDirectory() + "containr-content-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("one\n".utf8).write(to: URL(filePath: path))
    try putBack(path)
    // Younger than this it may change within the same time.
    usleep(120_000)
    let reading = ContentReading(desired: stack([]), key: [1, 2, 3])
    let mount = MountPlan(kind: .bind, source: path, target: "/x")
    let first = try #require(try reading.record(of: mount, since: nil))
    #expect(!first.stamp.isEmpty)
    var other = first
    other.digest = "not read"
    #expect(try reading.record(of: mount, since: other)?.digest == "not read")
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    try file.write(contentsOf: Data("two\n".utf8))
    try file.close()
    try putBack(path)
    usleep(120_000)
    let second = try #require(try reading.record(of: mount, since: first))
    #expect(second.digest != first.digest)
    // Permissions alone are no other content.
    chmod(path, 0o600)
    #expect(try reading.record(of: mount, since: second)?.digest == second.digest)
  }
}

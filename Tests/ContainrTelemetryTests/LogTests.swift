// The log's text: times, lines, rotation.
import ContainrSystem
import ContainrTelemetry
import ContainrTestSupport
import Foundation
import SystemPackage
import Testing

@Suite("The container log")
struct LogTests {
  @Test(
    "Times are RFC 3339 in UTC with nine digits",
    arguments: [
      (0, "1970-01-01T00:00:00.000000000Z"),
      (1_795_452_487_123_456_789, "2026-11-23T16:48:07.123456789Z"),
      (951_782_399_999_999_999, "2000-02-28T23:59:59.999999999Z"),
      (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
      (1_709_210_096_000_000_007, "2024-02-29T12:34:56.000000007Z"),
      (1_709_251_200_000_000_001, "2024-03-01T00:00:00.000000001Z"),
      (1_735_689_599_000_000_000, "2024-12-31T23:59:59.000000000Z"),
      (4_102_444_799_000_000_000, "2099-12-31T23:59:59.000000000Z"),
    ] as [(UInt64, String)])
  func times(nanoseconds: UInt64, text: String) {
    #expect(LogTimestamp.text(nanoseconds) == text)
    #expect(text.utf8.count == LogTimestamp.length)
    #expect(LogTimestamp.seconds(nanoseconds) == text.prefix(19) + "Z")
  }

  private func lines(_ chunks: [String], finish: Bool = true) -> [String] {
    var writer = CRILineWriter(.stdout)
    var output: [UInt8] = []
    for chunk in chunks { _ = Array(chunk.utf8).withUnsafeBytes { writer.write($0, time: 0, to: &output) } }
    if finish { writer.finish(time: 0, to: &output) }
    return String(decoding: output, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      .dropLast().map { String($0.dropFirst(LogTimestamp.length + 1)) }
  }

  @Test("Each line is one full entry, empty lines too")
  func full() { #expect(lines(["one\n\ntwo\n"]) == ["stdout F one", "stdout F ", "stdout F two"]) }

  @Test("A line that comes in pieces is one entry")
  func pieces() { #expect(lines(["he", "llo", " world\nnext"]) == ["stdout F hello world", "stdout F next"]) }

  @Test("An unfinished line waits for its end")
  func unfinished() { #expect(lines(["prompt> "], finish: false) == []) }

  @Test("A line that is too long is cut into partial entries and ends full")
  func partial() {
    let long = String(repeating: "x", count: CRILineWriter.maximumLine)
    #expect(lines([long + long + "yz\n"]) == ["stdout P " + long, "stdout P " + long, "stdout F yz"])
    #expect(lines([String(long.dropLast()), "ab\n"]) == ["stdout P " + long.dropLast() + "a", "stdout F b"])
  }

  private func withDirectory(_ body: (FilePath) throws -> Void) throws {
    let directory = FilePath("/tmp/containr-log-test-\(Kernel.monotonicTime())")
    try Kernel.makeDirectory(directory)
    defer {
      for name in (try? Kernel.names(inDirectory: directory)) ?? [] { try? Kernel.remove(directory.appending(name)) }
      try? Kernel.remove(directory, isDirectory: true)
    }
    try body(directory)
  }

  @Test("What a container writes is counted in a file that others read meanwhile, by stream")
  func counts() throws {
    try withDirectory { directory in
      let opened = try Kernel.open(directory, [.path, .directory])
      #expect(try LogCounts.read(in: opened.raw) == nil)
      let pipe = try Kernel.pipe().release()
      let read = OwnedFD(taking: pipe.read)
      let write = OwnedFD(taking: pipe.write)
      try Kernel.setNonBlocking(read.raw)
      var pump = LogPump(
        log: try RotatingLog(
          directory: try Kernel.open(directory, [.path, .directory]), name: "log", limits: LogLimits()),
        counter: LogCounter(in: opened.raw))
      try write.writeAll(Array("one\ntwo\nthr".utf8))
      #expect(try pump.pump(.stdout, from: read.raw))
      try write.writeAll(Array("ee\n".utf8))
      #expect(try pump.pump(.stderr, from: read.raw))
      let counts = try #require(try LogCounts.read(in: opened.raw))
      #expect((counts.stdoutBytes, counts.stdoutLines) == (11, 2) && (counts.stderrBytes, counts.stderrLines) == (3, 1))
      #expect(counts.lost == 0)
      #expect(LogCounts(bytes: [UInt8](repeating: 0, count: 39)) == nil)
    }
  }

  @Test("What the disk does not take is counted as lost, and the rest goes on")
  func lostCounts() throws {
    try withDirectory { directory in
      let opened = try Kernel.open(directory, [.path, .directory])
      let pipe = try Kernel.pipe().release()
      let read = OwnedFD(taking: pipe.read)
      let write = OwnedFD(taking: pipe.write)
      try Kernel.setNonBlocking(read.raw)
      // A device that is always full stands in the log's place.
      let full = try Kernel.open("/dev", [.path, .directory])
      var pump = LogPump(
        log: try RotatingLog(directory: full, name: "full", limits: LogLimits()), counter: LogCounter(in: opened.raw))
      try write.writeAll(Array("one\n".utf8))
      #expect(try pump.pump(.stdout, from: read.raw))
      let counts = try #require(try LogCounts.read(in: opened.raw))
      #expect(counts.stdoutLines == 1 && counts.lost == UInt64(LogTimestamp.length + " stdout F one\n".utf8.count))
    }
  }

  private static let time = "2026-11-23T16:48:07.123456789Z"

  @Test(
    "A log that was cut anywhere goes on with a line of its own",
    arguments: [
      // What somebody finds, and what of it stays.
      ("T stdout F one\n", "T stdout F one\n"), ("T stdout F on", "T stdout F on\n"),
      ("T stdout F ", "T stdout F \n"), ("T stdout F one\nT stderr", "T stdout F one\n"),
      ("T stdout F one\nT", "T stdout F one\n"), ("T stdout F one\n2026-11-23T16", "T stdout F one\n"),
      ("T stdout F one\nT stderr F tw\0\0\0", "T stdout F one\nT stderr F tw\n"),
      ("T stdout F one\n\0\0\0", "T stdout F one\n"),
      ("T stdout F on" + String(repeating: "\0", count: 200_000), "T stdout F on\n"), ("T std\0\0", ""), ("2026", ""),
      // Somebody else's words stay, whatever they are.
      ("T stdout F one\nhello", "T stdout F one\nhello\n"), ("T stdout F one\nT other", "T stdout F one\nT other\n"),
      // A long line of which there are only parts has ended.
      ("T stdout P one", "T stdout P one\nT stdout F \n"), ("T stdout P one\n", "T stdout P one\nT stdout F \n"),
      ("T stderr P two\nT stdout F one\n", "T stderr P two\nT stdout F one\nT stderr F \n"),
      ("T stdout P one\nT stdout F two\n", "T stdout P one\nT stdout F two\n"),
    ])
  func cut(found: String, kept: String) throws {
    func bytes(_ text: String) -> [UInt8] { Array(text.replacingOccurrences(of: "T ", with: Self.time + " ").utf8) }
    let found = found.hasSuffix("T") ? found + " " : found
    try withDirectory { directory in
      let path = directory.appending("log")
      try Kernel.open(path, [.writeOnly, .create], mode: 0o600).writeAll(bytes(found))
      var log = try RotatingLog(
        directory: try Kernel.open(directory, [.path, .directory]), name: "log", limits: LogLimits(fileSize: 300))
      #expect(try Kernel.contents(of: path) == bytes(found), "nothing is written before there is something to write")
      try log.append(bytes("T stdout F next\n"))
      #expect(try Kernel.contents(of: path) == bytes(kept + "T stdout F next\n"))
      try log.append([UInt8](repeating: 0x61, count: 299) + [10])
      #expect(try Kernel.contents(of: directory.appending("log.1")) == bytes(kept + "T stdout F next\n"))
    }
  }

  @Test(
    "Of entries of which a full disk takes only the begin nothing stays, and the next one begins a line",
    .enabled(if: Requirement.isRoot, "needs root: it mounts a small file system"))
  func fullDisk() throws {
    try withDirectory { directory in
      try run("mount", ["-t", "tmpfs", "-o", "size=16k", "small", directory.string]).succeeding()
      defer { do { try run("umount", [directory.string]).succeeding() } catch { Issue.record(error) } }
      var log = try RotatingLog(
        directory: try Kernel.open(directory, [.path, .directory]), name: "log", limits: LogLimits())
      try log.append(Array("one\n".utf8))
      // There is room for some of it.
      do throws(SyscallError) {
        try log.append([UInt8](repeating: 0x61, count: 40_000) + [10])
        Issue.record("it fits")
      } catch { #expect(error.errno == 28) }
      #expect(try Kernel.contents(of: directory.appending("log")) == Array("one\n".utf8))
      try log.append(Array("two\n".utf8))
      #expect(try Kernel.contents(of: directory.appending("log")) == Array("one\ntwo\n".utf8))
      // Somebody makes room by shortening it, and the disk is full again.
      try log.append([UInt8](repeating: 0x62, count: 8000) + [10])
      try run("truncate", ["-s", "0", directory.appending("log").string]).succeeding()
      try run("dd", ["if=/dev/zero", "of=\(directory.appending("other"))", "bs=12k", "count=1"]).succeeding()
      #expect(throws: SyscallError.self) { try log.append([UInt8](repeating: 0x61, count: 40_000) + [10]) }
      try Kernel.remove(directory.appending("other"))
      try log.append(Array("three\n".utf8))
      let left = try Kernel.contents(of: directory.appending("log"))
      #expect(!left.contains(0) && left.split(separator: 10).last == ArraySlice("three".utf8), "\(left.count)")
    }
  }

  @Test("Other limits are obeyed at once: too large a file is closed, files too many go")
  func adoption() throws {
    try withDirectory { directory in
      var log = try RotatingLog(
        directory: try Kernel.open(directory, [.path, .directory]), name: "log",
        limits: LogLimits(fileSize: 10, files: 5))
      for text in ["aaaaaa\n", "bbbbbb\n", "cccccc\n", "dddddd\n", "ee\n"] { try log.append(Array(text.utf8)) }
      #expect(try Kernel.names(inDirectory: directory) == ["log", "log.1", "log.2", "log.3"])
      try log.adopt(LogLimits(fileSize: 5, files: 2))
      #expect(try Kernel.names(inDirectory: directory) == ["log", "log.1"])
      #expect(try Kernel.text(of: directory.appending("log.1")) == "dddddd\nee")
      #expect(try Kernel.text(of: directory.appending("log")) == "")
      try log.append(Array("ff\n".utf8))
      // Dropped: what was kept stays, nothing is added.
      try log.adopt(.dropped)
      try log.append(Array("gg\n".utf8))
      #expect(try Kernel.text(of: directory.appending("log")) == "ff")
      // Kept again, without any limit of size.
      try log.adopt(LogLimits(fileSize: .max, files: 1))
      try log.append(Array("hh\n".utf8))
      #expect(try Kernel.names(inDirectory: directory) == ["log"])
      #expect(try Kernel.text(of: directory.appending("log")) == "ff\nhh")
    }
  }

  @Test("Limits that cannot be adopted change nothing, and can be adopted later")
  func failedAdoption() throws {
    try withDirectory { directory in
      var log = try RotatingLog(
        directory: try Kernel.open(directory, [.path, .directory]), name: "log", limits: .dropped)
      // The log is never opened through a link.
      try Kernel.makeSymlink(directory.appending("log"), to: "elsewhere")
      #expect(throws: SyscallError.self) { try log.adopt(LogLimits()) }
      try log.append(Array("dropped\n".utf8))
      try Kernel.remove(directory.appending("log"))
      try log.adopt(LogLimits())
      try log.append(Array("kept\n".utf8))
      #expect(try Kernel.names(inDirectory: directory) == ["log"])
      #expect(try Kernel.text(of: directory.appending("log")) == "kept")
    }
  }

  @Test("Limits are one text and the same limits again; other text is none")
  func limitsText() {
    for limits in [LogLimits(), LogLimits(fileSize: .max, files: 1), .dropped] {
      #expect(LogLimits(text: limits.text) == limits)
    }
    for text in ["", "size 1\nfiles 1\n", "size 1\nfiles 0\nkept 1\n", "size -1\nfiles 1\nkept 1\n", "files 1\n"] {
      #expect(LogLimits(text: text) == nil)
    }
  }

  @Test("A full file is renamed, and only as many as asked for are kept")
  func rotation() throws {
    try withDirectory { directory in
      var log = try RotatingLog(
        directory: try Kernel.open(directory, [.path, .directory]), name: "log",
        limits: LogLimits(fileSize: 10, files: 3)
      )
      for text in ["aaaaaa\n", "bbbbbb\n", "cccccc\n", "dddddd\n", "ee\n"] { try log.append(Array(text.utf8)) }
      #expect(try Kernel.names(inDirectory: directory) == ["log", "log.1", "log.2"])
      #expect(try Kernel.text(of: directory.appending("log")) == "dddddd\nee")
      #expect(try Kernel.text(of: directory.appending("log.2")) == "bbbbbb")
    }
  }
}

// The files of a test: what --artifacts asks for, and a directory for the time of the test.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem
internal import SystemPackage

struct TestArtifacts {
  /// Absolute; nil: nobody wants any.
  let directory: FilePath?
  /// Ours alone, until the end.
  private let temporary: FilePath
  /// What could not be written.
  private(set) var faults: [String] = []
  private let owner: (uid: UInt32, gid: UInt32)?

  /// Makes the directory. One that cannot be made ends the command.
  init(_ name: String?, _ context: CommandContext) throws {
    directory = name.map { context.surroundings.absolute($0) }
    temporary = context.surroundings.absolute(context.surroundings.variable("TMPDIR") ?? "/tmp")
      .appending("containr-test-\(UInt64.random(in: 0...UInt64.max))")
    do throws(SyscallError) {
      if let directory {
        let made = try Kernel.makeDirectories(directory, mode: 0o755)
        // Under sudo they belong to whom the checkout belongs to, who has to be able to take them away.
        let above = try Kernel.status(of: (made.first ?? directory).removingLastComponent())
        owner = made.isEmpty ? nil : (above.uid, above.gid)
        for path in made { try Kernel.changeOwner(path, at: Kernel.currentDirectory, uid: above.uid, gid: above.gid) }
      } else {
        owner = nil
      }
      try Kernel.makeDirectory(temporary, mode: 0o700)
    } catch {
      throw CommandExit(.refused, "\(error.path?.string ?? "a directory") cannot be made: \(error.reason)")
    }
  }

  /// Where `up` leaves its outcome.
  var outcome: FilePath { temporary.appending("up.json") }

  /// A file of the artifacts; nil without any.
  func path(_ name: String) -> FilePath? { directory?.appending(name) }

  /// Writes a file, if anybody wants it. What cannot be written is told at the end.
  mutating func write(_ name: String, _ text: String) { write(name, Array(text.utf8)) }

  private mutating func write(_ name: String, _ bytes: [UInt8]) {
    write(name) { (file) throws(SyscallError) in try Kernel.writeAll(file, bytes) }
  }

  private mutating func write(_ name: String, _ body: (CInt) throws(SyscallError) -> Void) {
    guard let path = path(name) else { return }
    do throws(SyscallError) {
      let file = try Kernel.open(path, [.writeOnly, .create, .truncate], mode: 0o644)
      if let owner { try Kernel.changeOwner(path, at: Kernel.currentDirectory, uid: owner.uid, gid: owner.gid) }
      try body(file.raw)
    } catch { faults.append("\(path) cannot be written: \(error.reason)") }
  }

  /// What each container wrote, its former lives first: time, stream, text. However long it is, a piece of it is held.
  mutating func writeLogs(_ containers: [ContainerStatus]) throws(SyscallError) {
    guard let directory, !containers.isEmpty else { return }
    let logs = directory.appending("logs")
    for path in try Kernel.makeDirectories(logs, mode: 0o755) {
      if let owner { try Kernel.changeOwner(path, at: Kernel.currentDirectory, uid: owner.uid, gid: owner.gid) }
    }
    let files = LogStreams.files(containers)
    for label in Set(files.map(\.source.label)).sorted() {
      var unread: SyscallError?
      func next(_ file: LogFile) -> LogLine? {
        do throws(SyscallError) { return try file.next() } catch {
          unread = error
          return nil
        }
      }
      write("logs/\(label).log") { (target) throws(SyscallError) in
        var text: [UInt8] = []
        for file in files where file.source.label == label {
          while let line = next(file) {
            text += line.timeBytes
            text += line.isError ? Self.error : Self.output
            text += line.text
            text.append(0x0A)
            if text.count < Self.piece { continue }
            try Kernel.writeAll(target, text)
            text.removeAll(keepingCapacity: true)
          }
        }
        try Kernel.writeAll(target, text)
      }
      if let unread { throw unread }
    }
  }

  private static let piece = 65_536
  private static let output = Array(" stdout ".utf8), error = Array(" stderr ".utf8)

  /// What came of it, in all forms.
  mutating func writeResults(_ record: TestRecord, _ peaks: TestPeaks) throws {
    if directory == nil { return }
    if try Kernel.exists(outcome) { write("up.json", try Kernel.contents(of: outcome, limit: 64 << 20)) }
    write("junit.xml", JUnitReport(record: record).text)
    write("summary.md", TestSummary(record: record, peaks: peaks).markdown)
    write("result.json", record.json)
    write("test.env", record.dotenv)
  }

  /// Takes away what was for the time of the test.
  func removeTemporary() throws { try Kernel.removeTree(temporary) }
}

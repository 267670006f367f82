// Who supervises a stack, as written down by the supervisor itself. Boot, pid and start time, one line.
internal import ContainrSystem

struct SupervisorRecord: Sendable, Hashable {
  var bootID: String
  var process: ProcessIdentity

  init(bootID: String, process: ProcessIdentity) {
    self.bootID = bootID
    self.process = process
  }

  var text: String { "\(bootID) \(process.pid) \(process.startTime)\n" }

  /// nil for text that is no record.
  init?(text: String) {
    let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" })
    guard words.count == 3, let pid = Int32(words[1]), let start = UInt64(words[2]) else { return nil }
    self.init(bootID: String(words[0]), process: ProcessIdentity(pid: pid, startTime: start))
  }
}

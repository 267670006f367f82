// What a test wants of a small log: all of it.
import ContainrSystem
import SystemPackage

@testable import ContainrCLI

extension LogFile {
  convenience init(name: String, path: FilePath) { self.init(LogSource(label: name), path: path) }

  /// All lines since the last call.
  func drain() throws(SyscallError) -> [LogLine] {
    var all: [LogLine] = []
    while let line = try next() { all.append(line) }
    return all
  }
}

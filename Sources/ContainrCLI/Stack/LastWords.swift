// What containers that are not well wrote last: mostly the reason.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import SystemPackage

struct LastWords {
  private static let lines = 10
  /// More containers than a person reads about at once.
  private static let containers = 5

  var context: CommandContext
  var engine: StackEngine
  var stack: String

  /// One note a container.
  func notes() throws -> [String] {
    let all = try context.attempt { () throws(EngineError) in try engine.containers(stack: stack) }
    var notes: [String] = []
    for container in all.filter(Self.isUnwell).prefix(Self.containers) {
      let log = LogFile(name: container.name, path: FilePath(container.logFile))
      let words = try log.drain().suffix(Self.lines).map { String(decoding: $0.text, as: UTF8.self) }
      if words.isEmpty { continue }
      notes.append("\(container.name) wrote last:\n" + words.map { "      \($0)" }.joined(separator: "\n"))
    }
    return notes
  }

  private static func isUnwell(_ container: ContainerStatus) -> Bool {
    switch container.state {
    case .running: container.health.map { $0 != "healthy" } ?? false
    case .exited: container.exitCode != 0
    case .died: true
    case .creating, .stopped, .removing: false
    }
  }
}

// The result of a worker's work, for the thread that waits for it.
internal import Synchronization

/// What went wrong in words, that one thread puts in and another takes out.
final class ResultBox: Sendable {
  private let content = Mutex<[String]?>(nil)

  /// nil until it is set.
  var value: [String]? { content.withLock { $0 } }

  func set(_ problems: [String]) { content.withLock { $0 = problems } }
}

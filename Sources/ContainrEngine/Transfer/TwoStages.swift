// Many things that each go through two stages on threads: the second of one begins as soon as its first is done, whatever
// the others do. The first failure ends it all.
internal import ContainrSystem
internal import Synchronization

/// A flag that threads share.
final class Abort: Sendable {
  private let flag = Atomic<Bool>(false)

  var isSet: Bool { flag.load(ordering: .relaxed) }
  func set() { flag.store(true, ordering: .relaxed) }
}

enum TwoStages {
  private struct State {
    var waiting: [Int]
    var inFirst = 0
    var between: [Int] = []
    var living: Int
    var failure: (any Error)?
  }

  /// Takes each number below `count` through `first`, at most `width` at once, and then through `second`, at most
  /// `secondWidth` at once. Answers when all threads have ended; throws the first failure, at which `abort` is set.
  static func run(
    _ count: Int, width: Int, secondWidth: Int, abort: Abort, first: @escaping @Sendable (Int) throws -> Void,
    second: (@Sendable (Int) throws -> Void)?
  ) throws {
    if count == 0 { return }
    let firsts = min(width, count)
    let seconds = second == nil ? 0 : min(secondWidth, count)
    let monitor = Monitor(State(waiting: Array((0..<count).reversed()), living: firsts + seconds))
    @Sendable func attempt(_ body: () throws -> Void) -> Bool {
      do {
        try body()
        return true
      } catch {
        abort.set()
        monitor.update { if $0.failure == nil { $0.failure = error } }
        return false
      }
    }
    @Sendable func firstLoop() {
      while true {
        let job = monitor.update { state -> Int? in
          guard state.failure == nil, let job = state.waiting.popLast() else { return nil }
          state.inFirst += 1
          return job
        }
        guard let job else { break }
        let isDone = attempt { try first(job) }
        monitor.update { state in
          state.inFirst -= 1
          if isDone { state.between.append(job) }
        }
      }
      monitor.update { $0.living -= 1 }
    }
    @Sendable func secondLoop() {
      while true {
        let job = monitor.wait { state -> Int?? in
          if state.failure != nil { return .some(nil) }
          if !state.between.isEmpty { return .some(state.between.removeFirst()) }
          return state.waiting.isEmpty && state.inFirst == 0 ? .some(nil) : nil
        }
        guard let job, attempt({ try second?(job) }) else { break }
      }
      monitor.update { $0.living -= 1 }
    }
    for (loop, number) in [(firstLoop, firsts), (secondLoop, seconds)] {
      for _ in 0..<number where !attempt({ try WorkerThread.start(loop) }) { monitor.update { $0.living -= 1 } }
    }
    let failure = monitor.wait { state -> (any Error)?? in state.living == 0 ? .some(state.failure) : nil }
    if let failure { throw failure }
  }
}

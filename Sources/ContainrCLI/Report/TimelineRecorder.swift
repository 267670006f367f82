// Takes the times of a command while it runs. Events come from several threads.
internal import ContainrEngine
internal import ContainrSystem
internal import Synchronization

final class TimelineRecorder: Sendable {
  private let begin: UInt64
  private let timeline = Mutex(Timeline())

  /// Starts the clock.
  init() { begin = Kernel.monotonicTime() }

  var now: UInt64 { Kernel.monotonicTime() - begin }
  var result: Timeline { timeline.withLock { $0 } }

  /// Runs a phase and notes how long it took.
  func phase<Result: ~Copyable>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
    let start = now
    defer {
      let span = Timeline.Span(begin: start, end: now)
      timeline.withLock { $0.phases.append(Timeline.Phase(name: name, span: span)) }
    }
    return try body()
  }

  func note(_ event: ProgressEvent) {
    let now = now
    timeline.withLock { timeline in
      switch event {
      case .started(let index, _): timeline.changes[index] = Timeline.Span(begin: now, end: now)
      case .finished(let index, _, _): timeline.changes[index]?.end = now
      case .failed(let index, _, let message):
        timeline.changes[index]?.end = now
        timeline.failures[index] = message
      case .skipped(let index, _, let because): timeline.failures[index] = "skipped because of change \(because)"
      case .advanced, .note: break
      }
    }
  }
}

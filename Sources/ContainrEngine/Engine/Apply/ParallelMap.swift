// The same question to many things at once, on a few threads: looking at fifty containers is fifty times little.
internal import ContainrHost
internal import ContainrSystem

enum ParallelMap {
  /// The answers in the order of the items; of several errors the first in that order. Few items stay on this thread.
  static func map<Item: Sendable, Answer: Sendable>(
    _ items: [Item], threads: Int = 4, _ body: @escaping @Sendable (Item) throws(EngineError) -> Answer
  ) throws(EngineError) -> [Answer] {
    let helpers = min(threads - 1, items.count / 8)
    if helpers < 1 {
      var answers: [Answer] = []
      for item in items { answers.append(try body(item)) }
      return answers
    }
    let monitor = Monitor(State<Answer>(answers: [Result<Answer, EngineError>?](repeating: nil, count: items.count)))
    let work: @Sendable () -> Void = {
      while let index = monitor.update({ $0.take() }) {
        let answer: Result<Answer, EngineError>
        do throws(EngineError) { answer = .success(try body(items[index])) } catch { answer = .failure(error) }
        monitor.update { $0.answers[index] = answer }
      }
      monitor.update { $0.working -= 1 }
    }
    for _ in 0..<helpers {
      monitor.update { $0.working += 1 }
      do throws(SyscallError) {
        try WorkerThread.start(work)
      } catch {
        monitor.update { $0.working -= 1 }  // fewer threads only make it slower
      }
    }
    monitor.update { $0.working += 1 }
    work()
    let results = monitor.wait { $0.working == 0 ? $0.answers : nil }
    var answers: [Answer] = []
    for result in results { if let result { answers.append(try result.get()) } }
    return answers
  }

  private struct State<Answer> {
    var answers: [Result<Answer, EngineError>?]
    var next = 0
    var working = 0

    init(answers: [Result<Answer, EngineError>?]) { self.answers = answers }

    mutating func take() -> Int? {
      guard next < answers.count else { return nil }
      next += 1
      return next - 1
    }
  }
}

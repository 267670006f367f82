// Asks again while that may help: after broken connections, 429 and 5xx, by the rules of BackOff.
internal import ContainrSystem

/// The attempts at one thing.
struct Retries {
  private let settings: RegistrySettings
  private(set) var attempt = 1

  init(_ settings: RegistrySettings) { self.settings = settings }

  /// Something of it has been done: the patience is new.
  mutating func progressed() { attempt = 1 }

  /// Waits for the next attempt, or throws the error if there is to be none.
  mutating func wait(after error: RegistryError) throws(RegistryError) {
    let allowed = error.transience == .often || error.transience == .once && attempt == 1
    var generator = SystemRandomNumberGenerator()
    guard allowed,
      let wait = settings.backOff.wait(
        after: attempt, retryAfter: error.retryAfter,
        dice: { $0 == 0 ? 0 : UInt64.random(in: 0...$0, using: &generator) })
    else { throw error }
    attempt += 1
    let end = Kernel.monotonicTime() + wait * 1_000_000
    while true {
      if settings.isCancelled() { throw RegistryError(.cancelled, "interrupted") }
      let now = Kernel.monotonicTime()
      if now >= end { return }
      Kernel.pause(milliseconds: Int32(min(100, (end - now + 999_999) / 1_000_000)))
    }
  }
}

extension HTTPClient {
  /// The same as `exchange` with further attempts; an answer that is an error to the end is thrown as `what`'s.
  func exchangePatiently(_ request: HTTPRequest, limit: Int, what: String) throws -> HTTPAnswer {
    var retries = Retries(settings)
    while true {
      do {
        let answer = try exchange(request, limit: limit)
        guard let error = AnswerMeaning.transient(answer, what: what) else { return answer }
        throw error
      } catch let error as RegistryError {
        try retries.wait(after: error)
      }
    }
  }
}

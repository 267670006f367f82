// Looks again and again at what the containers of a test use.
internal import ContainrEngine
internal import ContainrHost

final class TestSamples {
  private let engine: StackEngine
  private let stack: String
  private(set) var peaks = TestPeaks()
  /// What kept it from looking; the last time.
  private(set) var fault: String?

  init(_ engine: StackEngine, stack: String) {
    self.engine = engine
    self.stack = stack
  }

  /// One moment.
  func take() {
    do throws(EngineError) { peaks.take(try engine.samples(stack: stack)) } catch { fault = error.message }
  }
}

// A cgroup's end on a thread beside: it is the processor's work, while that of the directories is mostly the disk's.
internal import ContainrRuntime
internal import Glibc

/// A removal on its way. `wait` has to be called.
final class CgroupRemoval: @unchecked Sendable {
  private let body: @Sendable () throws(RuntimeError) -> Void
  /// Written on the thread, read when that was joined.
  private var failure: RuntimeError?
  private var thread: pthread_t?

  /// Begins it.
  init(_ body: @escaping @Sendable () throws(RuntimeError) -> Void) {
    self.body = body
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(self)
    let result = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<CgroupRemoval>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, argument.toOpaque())
    if result == 0 {
      self.thread = thread
    } else {
      argument.release()
      run()  // no thread to be had
    }
  }

  private func run() { do throws(RuntimeError) { try body() } catch { failure = error } }

  /// Waits for its end.
  func wait() throws(RuntimeError) {
    if let thread { pthread_join(thread, nil) }
    thread = nil
    if let failure { throw failure }
  }
}

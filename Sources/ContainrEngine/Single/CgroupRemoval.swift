// A cgroup's end on a thread beside: it is the processor's work, while that of the directories is mostly the disk's.
internal import ContainrRuntime
internal import Glibc

/// A removal that is ready to begin: a thread takes as long to make as half of the removal, and while the container runs
/// nobody waits for it.
final class CgroupRemoval: @unchecked Sendable {
  private let body: @Sendable () throws(RuntimeError) -> Void
  /// Written on the thread, read when that was joined.
  private var failure: RuntimeError?
  private var thread: pthread_t?
  /// Locked until `begin`; at an address of its own, as pthreads want it.
  private let gate = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  /// Makes it ready.
  init(_ body: @escaping @Sendable () throws(RuntimeError) -> Void) {
    self.body = body
    pthread_mutex_init(gate, nil)
    pthread_mutex_lock(gate)
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(self)
    let result = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<CgroupRemoval>.fromOpaque(argument).takeRetainedValue().runBehindGate() }
        return nil
      }, argument.toOpaque())
    if result == 0 { self.thread = thread } else { argument.release() }
  }

  private func runBehindGate() {
    pthread_mutex_lock(gate)
    pthread_mutex_unlock(gate)
    run()
  }

  private func run() { do throws(RuntimeError) { try body() } catch { failure = error } }

  /// Begins it; once.
  func begin() { pthread_mutex_unlock(gate) }

  /// Waits for its end; once, after `begin`.
  func wait() throws(RuntimeError) {
    if let thread { pthread_join(thread, nil) } else { run() }  // else no thread was to be had
    if let failure { throw failure }
  }
}

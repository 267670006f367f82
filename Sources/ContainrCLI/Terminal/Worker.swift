// One piece of work on a thread of its own, while the command's own thread goes on listening.
internal import ContainrForeground
internal import ContainrSystem
internal import Glibc

/// Runs a closure on a new thread; a descriptor becomes readable when it is done.
final class Worker {
  private final class Job: Sendable {
    let body: @Sendable () -> Void
    let done: CInt

    init(body: @escaping @Sendable () -> Void, done: CInt) {
      self.body = body
      self.done = done
    }
  }

  private let end: OwnedFD

  /// Becomes readable (end of file) when the work is done; borrowed.
  var descriptor: CInt { end.raw }

  init(_ body: @escaping @Sendable () -> Void) throws(SyscallError) {
    let ends = try Kernel.pipe().release()
    end = OwnedFD(taking: ends.read)
    var thread = pthread_t()
    let job = Unmanaged.passRetained(Job(body: body, done: ends.write))
    let result = pthread_create(
      &thread, nil,
      { context in
        let job = Unmanaged<Job>.fromOpaque(context!).takeRetainedValue()
        job.body()
        close(job.done)
        return nil
      }, job.toOpaque())
    guard result == 0 else {
      job.release()
      close(ends.write)
      throw SyscallError(errno: result, operation: "pthread_create")
    }
    pthread_detach(thread)
  }
}

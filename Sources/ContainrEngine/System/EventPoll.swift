// epoll(7), signalfd and timerfd in the few forms that the event loops need.
internal import CContainrLinux

/// One ready descriptor.
public struct ReadyEvent: Sendable, Hashable {
  /// What `add` was given.
  public var token: UInt64
  /// EPOLLIN 1, EPOLLOUT 4, EPOLLERR 8, EPOLLHUP 16.
  public var events: UInt32
}

/// An epoll instance. Level-triggered.
public struct EventPoll: ~Copyable, Sendable {
  private let fd: OwnedFD

  /// With its values.
  public init() throws(SyscallError) { fd = OwnedFD(taking: try check(cl_epoll_create(), "epoll_create1")) }

  /// The epoll's own number, borrowed: readable when anything watched is ready, so that one loop can hold another.
  public var descriptor: CInt { fd.raw }

  /// Watches a borrowed descriptor for reading (or `events`).
  public func add(_ descriptor: CInt, token: UInt64, events: UInt32 = 1) throws(SyscallError) {
    try check(cl_epoll_ctl(fd.raw, 1, descriptor, events, token), "epoll_ctl(ADD)")
  }

  /// Stops watching; call it before the descriptor is closed.
  public func remove(_ descriptor: CInt) throws(SyscallError) {
    try check(cl_epoll_ctl(fd.raw, 2, descriptor, 0, 0), "epoll_ctl(DEL)")
  }

  /// Waits for up to 32 events; empty after `milliseconds` (-1: without end) or a signal.
  public func wait(milliseconds: Int32 = -1) throws(SyscallError) -> [ReadyEvent] {
    try wait { cl_epoll_wait(fd.raw, $0, $1, 32, milliseconds) }
  }

  /// The same without end, in as little memory as possible: a long wait in a small process.
  public func waitTrimmed() throws(SyscallError) -> [ReadyEvent] {
    try wait { cl_epoll_wait_trimmed(fd.raw, $0, $1, 32) }
  }

  private func wait(
    _ call: (UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<UInt32>) -> CInt
  ) throws(SyscallError) -> [ReadyEvent] {
    var tokens = [UInt64](repeating: 0, count: 32)
    var events = [UInt32](repeating: 0, count: 32)
    let count = call(&tokens, &events)
    if count == -4 { return [] }
    try check(count, "epoll_wait")
    return (0..<Int(count)).map { ReadyEvent(token: tokens[$0], events: events[$0]) }
  }
}

extension Kernel {
  /// The signals that a program passes on for which it stands in: all but those that the kernel sends to it for its own
  /// sake (SIGKILL 9, SIGSTOP 19, SIGCHLD 17, SIGSEGV 11 and their like), SIGPIPE, which is nobody's business, and SIGTTIN
  /// and SIGTTOU, which are between it and its terminal.
  /// A mask, bit 0 for signal 1: 1, 2, 3, 10, 12, 14, 15, 16, 18, 20, 23 to 28, 30, and all of real time from 34 on.
  public static let signalsToPassOn: UInt64 = 0xFFFF_FFFE_2FCA_EA07

  /// A non-blocking signalfd for the signals, which are blocked for this thread (and the threads it makes later).
  public static func signalDescriptor(_ signals: [Int32]) throws(SyscallError) -> OwnedFD {
    try signalDescriptor(mask: signals.reduce(UInt64(0)) { $0 | 1 << UInt64($1 - 1) })
  }

  /// The same of a mask, bit 0 for signal 1.
  public static func signalDescriptor(mask: UInt64) throws(SyscallError) -> OwnedFD {
    try check(cl_block_signals(mask, 1), "pthread_sigmask")
    return OwnedFD(taking: try check(cl_signalfd(mask, 0o4000), "signalfd"))
  }

  /// The next pending signal of a signalfd, nil if none.
  public static func nextSignal(_ fd: CInt) throws(SyscallError) -> Int32? {
    let result = cl_read_signalfd(fd)
    if result == -11 { return nil }
    return try check(result, "read(signalfd)")
  }

  /// A non-blocking eventfd that counts from 0.
  public static func eventDescriptor() throws(SyscallError) -> OwnedFD {
    OwnedFD(taking: try check(cl_eventfd(0, 0o2004000), "eventfd"))  // EFD_CLOEXEC | EFD_NONBLOCK
  }

  /// A disarmed monotonic timerfd.
  public static func timerDescriptor() throws(SyscallError) -> OwnedFD {
    OwnedFD(taking: try check(cl_timerfd(), "timerfd_create"))
  }

  /// Arms a timerfd once, `nanoseconds` from now; 0 disarms it.
  public static func arm(timer: CInt, nanoseconds: UInt64) throws(SyscallError) {
    try check(cl_timerfd_set(timer, nanoseconds), "timerfd_settime")
  }

  /// A disarmed timerfd of the wall clock.
  public static func wallTimerDescriptor() throws(SyscallError) -> OwnedFD {
    OwnedFD(taking: try check(cl_wall_timerfd(), "timerfd_create"))
  }

  /// Arms a timerfd of the wall clock once, at a time in seconds since 1970; nil disarms it. It is readable as well when
  /// somebody sets the clock (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET).
  public static func arm(wallTimer: CInt, at seconds: Int64?) throws(SyscallError) {
    try check(cl_wall_timerfd_set(wallTimer, UInt64(clamping: seconds ?? 0)), "timerfd_settime")
  }

  /// Takes its expirations; true if the clock was set meanwhile.
  public static func drain(wallTimer: CInt) throws(SyscallError) -> Bool {
    do throws(SyscallError) { try drainTimer(wallTimer) } catch {
      if error.errno == 125 { return true }  // ECANCELED
      throw error
    }
    return false
  }

  /// Gives the free pages of the heap back to the kernel: before a long wait, after much work.
  public static func trimHeap() { cl_trim_heap() }

  /// Waits until a descriptor can be written to, or nobody reads it; false after `milliseconds`.
  public static func waitWritable(_ fd: CInt, milliseconds: Int32) throws(SyscallError) -> Bool {
    let result = cl_poll_one(fd, 4, milliseconds)
    if result == -4 { return false }
    return try check(result, "poll") != 0
  }

  /// Waits until a descriptor can be read; false after `milliseconds`.
  public static func waitReadable(_ fd: CInt, milliseconds: Int32) throws(SyscallError) -> Bool {
    let result = cl_poll_one(fd, 1, milliseconds)
    if result == -4 { return false }
    return try check(result, "poll") != 0
  }
}

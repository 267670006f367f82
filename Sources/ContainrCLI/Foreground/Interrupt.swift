// Ctrl-C and SIGTERM: an explained end while work goes on, an event in a loop while logs are shown.
package import ContainrSystem
internal import Glibc
internal import Synchronization

/// The two signals by which a person or a system asks a command to end.
package enum Interrupt {
  /// What is interrupted, which decides what is said.
  package enum Work: Int, Sendable { case removing, applying, returning }

  fileprivate enum Phase {
    static let working = 0
    static let listening = 1
  }

  fileprivate static let phase = Atomic<Int>(Phase.working)
  fileprivate static let work = Atomic<Int>(Work.removing.rawValue)
  /// The write end of the pipe that `listen` gives out.
  fileprivate static let target = Atomic<Int32>(-1)
  // Shown by the handler, which may only write(2): the cursor's line is left, and nothing else of the screen.
  fileprivate static let whileRemoving: StaticString =
    "\ninterrupted: what was done stays as it is; `containr-up` goes on from here, `containr-down` takes it away\n"
  fileprivate static let whileApplying: StaticString =
    "\ninterrupted: what was started stays as it is, and nothing is taken back; `containr-up` goes on from here, `containr rollback` returns to the last revision that was applied, `containr-down` takes it away\n"
  fileprivate static let whileReturning: StaticString =
    "\ninterrupted on the way back: `containr rollback` goes on with it, `containr-up` goes forward to what the file says, `containr-down` takes it away\n"

  fileprivate static var notice: StaticString {
    switch Work(rawValue: work.load(ordering: .sequentiallyConsistent)) {
    case .applying: whileApplying
    case .returning: whileReturning
    case .removing, nil: whileRemoving
    }
  }

  /// From now on the signals end the process with a notice and code 130, until `listen` is called.
  package static func explainEnd(_ doing: Work = .removing) {
    work.store(doing.rawValue, ordering: .sequentiallyConsistent)
    phase.store(Phase.working, ordering: .sequentiallyConsistent)
    // Made before a handler could need them.
    _ = (target.load(ordering: .relaxed), notice.utf8CodeUnitCount)
    _ = (whileRemoving.utf8CodeUnitCount, whileApplying.utf8CodeUnitCount, whileReturning.utf8CodeUnitCount)
    for number in [SIGINT, SIGTERM] { install(number) }
  }

  /// From now on each signal makes one byte (its number) readable on the descriptor that is returned; ours to keep.
  package static func listen() throws(SyscallError) -> OwnedFD {
    let pipe = try Kernel.pipe()
    let ends = pipe.release()
    target.store(ends.write, ordering: .sequentiallyConsistent)
    phase.store(Phase.listening, ordering: .sequentiallyConsistent)
    for number in [SIGINT, SIGTERM] { install(number) }
    return OwnedFD(taking: ends.read)
  }

  private static func install(_ number: Int32) {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = handle
    action.sa_flags = SA_RESTART
    sigaction(number, &action, nil)
  }
}

/// The handler of both signals; only what signal-safety(7) allows.
private func handle(_ number: Int32) {
  if Interrupt.phase.load(ordering: .sequentiallyConsistent) == Interrupt.Phase.listening {
    var byte = UInt8(truncatingIfNeeded: number)
    // A full pipe already holds more signals than anybody counts.
    _ = write(Interrupt.target.load(ordering: .sequentiallyConsistent), &byte, 1)
  } else {
    let notice = Interrupt.notice
    _ = write(STDERR_FILENO, notice.utf8Start, notice.utf8CodeUnitCount)
    _exit(ExitCode.interrupted.rawValue)
  }
}

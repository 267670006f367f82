// Ctrl-C and SIGTERM: an explained end while work goes on, an event in a loop while logs are shown.
package import ContainrSystem
internal import Glibc
internal import Synchronization

/// The two signals by which a person or a system asks a command to end.
package enum Interrupt {
  fileprivate enum Phase {
    static let working = 0
    static let listening = 1
  }

  fileprivate static let phase = Atomic<Int>(Phase.working)
  /// The write end of the pipe that `listen` gives out.
  fileprivate static let target = Atomic<Int32>(-1)
  /// Shown by the handler, which may only write(2): the cursor's line is left, and nothing else of the screen.
  fileprivate static let notice: StaticString =
    "\ninterrupted: what was started stays as it is; `containr-up` goes on from here, `containr-down` takes it away\n"

  /// From now on the signals end the process with the notice and code 130, until `listen` is called.
  package static func explainEnd() {
    phase.store(Phase.working, ordering: .sequentiallyConsistent)
    _ = (target.load(ordering: .relaxed), notice.utf8CodeUnitCount)  // made before a handler could need them
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
    _ = write(STDERR_FILENO, Interrupt.notice.utf8Start, Interrupt.notice.utf8CodeUnitCount)
    _exit(ExitCode.interrupted.rawValue)
  }
}

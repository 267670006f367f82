// Between our own terminal and that of a process: bytes both ways, the size one way. Our terminal is raw as long.
internal import ContainrSystem

final class TerminalRelay {
  private let master: SharedFD
  private var saved: [UInt8]?

  init(_ master: SharedFD) throws(RuntimeFailure) {
    self.master = master
    resize()
    saved = Kernel.makeRaw(0)
  }

  /// What the user sees is what the program is told.
  func resize() {
    for descriptor in CInt(0)...2 {
      if let size = Kernel.windowSize(descriptor) {
        return Kernel.setWindowSize(master.raw, rows: size.rows, columns: size.columns)
      }
    }
  }

  func register(with events: borrowing EventPoll, output: UInt64, input: UInt64) throws(SyscallError) {
    try events.add(master.raw, token: output)
    do throws(SyscallError) {
      try events.add(0, token: input)
    } catch {
      if error.errno != 1 { throw error }  // EPERM: a plain file, which is always ready; nothing is typed then
    }
  }

  /// From the program to us.
  func show(_ events: borrowing EventPoll) throws(SyscallError) {
    if let bytes = try read(master.raw), !bytes.isEmpty {
      try Kernel.writeAll(1, bytes)
    } else {
      try events.remove(master.raw)  // every copy of the other end is closed
    }
  }

  /// From us to the program.
  func type(_ events: borrowing EventPoll) throws(SyscallError) {
    if let bytes = try read(0), !bytes.isEmpty {
      try Kernel.writeAll(master.raw, bytes)
    } else {
      try events.remove(0)
    }
  }

  /// What was written before the end: up to EIO, which comes when every other end is closed and all has arrived (it is on
  /// its way through a work queue). Whoever else still holds the terminal is waited for a little.
  func drain() throws(SyscallError) {
    while try Kernel.waitReadable(master.raw, milliseconds: 200), let bytes = try read(master.raw), !bytes.isEmpty {
      try Kernel.writeAll(1, bytes)
    }
  }

  func end() {
    if let saved { Kernel.restoreTerminal(0, saved) }
    saved = nil
  }

  /// nil where the other end is gone (EIO).
  private func read(_ descriptor: CInt) throws(SyscallError) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 16384)
    do throws(SyscallError) {
      let count = try Kernel.read(descriptor, into: &buffer)
      return Array(buffer.prefix(count))
    } catch {
      if error.errno == 5 { return nil }
      throw error
    }
  }
}

// Between our own terminal and that of a process: bytes both ways, the size one way. Our terminal is raw as long.

/// The caller's terminal while a program inside has one of its own.
public final class TerminalRelay {
  private let master: SharedFD
  private var saved: [UInt8]?
  /// Read of what is typed, and not taken by the program yet. While there is some nothing more is read.
  private var typed: ArraySlice<UInt8> = []
  /// Somebody has the program's end.
  private var isOpen = true
  private var tokens: (output: UInt64, input: UInt64) = (0, 0)
  /// What of the typed bytes is the program's, and whether the user wants to leave; nil: all of it is, and he never does.
  private let filter: ((ArraySlice<UInt8>) -> (pass: [UInt8], leaves: Bool))?
  /// The filter has said so. What was typed before is passed on.
  public private(set) var isLeft = false

  /// Makes our terminal raw, if there is one, until `end`. `master` is the program's.
  public init(
    _ master: SharedFD, filter: ((ArraySlice<UInt8>) -> (pass: [UInt8], leaves: Bool))? = nil
  ) throws(SyscallError) {
    self.master = master
    self.filter = filter
    // A program that does not read is still shown: waiting for it would hold up what it writes, and so itself.
    try Kernel.setNonBlocking(master.raw)
    resize()
    saved = Kernel.makeRaw(0)
  }

  /// What the user sees is what the program is told.
  public func resize() {
    guard let size = Kernel.callersWindow() else { return }
    Kernel.setWindowSize(master.raw, rows: size.rows, columns: size.columns)
  }

  /// After a stop: whoever had the terminal meanwhile has put it in order.
  public func resume() {
    if saved != nil { _ = Kernel.makeRaw(0) }
    resize()
  }

  /// Watches both ends; `serve` and `type` are for these tokens.
  public func register(with events: borrowing EventPoll, output: UInt64, input: UInt64) throws(SyscallError) {
    tokens = (output, input)
    try events.add(master.raw, token: output)
    do throws(SyscallError) {
      try events.add(0, token: input)
    } catch {
      if error.errno != 1 { throw error }  // EPERM: a plain file, which is always ready; nothing is typed then
    }
  }

  /// What the program's end is ready for, as epoll says it.
  public func serve(_ events: borrowing EventPoll, _ ready: UInt32) throws(SyscallError) {
    if ready & 4 != 0, !typed.isEmpty {  // EPOLLOUT
      try passOn()
      if typed.isEmpty {
        try watchMaster(events, 1)
        try events.add(0, token: tokens.input)
      }
    }
    if ready & ~4 == 0 { return }
    if let bytes = try written() {
      try Kernel.writeAll(1, bytes)
    } else {
      isOpen = false
      try events.remove(master.raw)
    }
  }

  /// From us to the program.
  public func type(_ events: borrowing EventPoll) throws(SyscallError) {
    var buffer = [UInt8](repeating: 0, count: 16384)
    let count: Int
    do throws(SyscallError) { count = try Kernel.read(0, into: &buffer) } catch {
      if error.errno != 5 { throw error }
      count = 0
    }
    if count == 0 { return try events.remove(0) }
    if !isOpen { return }
    typed = buffer[..<count]
    if let filter {
      let (pass, leaves) = filter(typed)
      typed = pass[...]
      if leaves { isLeft = true }
    }
    try passOn()
    if typed.isEmpty { return }
    try events.remove(0)
    try watchMaster(events, 1 | 4)
  }

  private func passOn() throws(SyscallError) {
    if typed.isEmpty { return }
    do throws(SyscallError) {
      typed = typed.dropFirst(try Kernel.writeReady(master.raw, typed))
    } catch {
      if error.errno != 5 { throw error }  // nobody will ever read it
      typed = []
    }
  }

  private func watchMaster(_ events: borrowing EventPoll, _ wanted: UInt32) throws(SyscallError) {
    try events.remove(master.raw)
    try events.add(master.raw, token: tokens.output, events: wanted)
  }

  /// What was written before the end: up to EIO, which comes when every other end is closed and all has arrived (it is on
  /// its way through a work queue). Whoever else still holds the terminal is waited for a little.
  public func drain() throws(SyscallError) {
    while try Kernel.waitReadable(master.raw, milliseconds: 200), let bytes = try written(), !bytes.isEmpty {
      try Kernel.writeAll(1, bytes)
    }
  }

  /// Our terminal is as it was before.
  public func end() {
    if let saved { Kernel.restoreTerminal(0, saved) }
    saved = nil
  }

  /// What the program wrote: nil where every copy of its end is closed (EIO), empty if there is nothing now.
  private func written() throws(SyscallError) -> [UInt8]? {
    do throws(SyscallError) {
      guard let bytes = try Kernel.readReady(master.raw) else { return [] }
      return bytes.isEmpty ? nil : bytes
    } catch {
      if error.errno == 5 { return nil }
      throw error
    }
  }
}

extension Kernel {
  /// The size of the terminal that is one of our standard streams; nil without one. One of no size says nothing (script(1), a CI's).
  public static func callersWindow() -> (rows: UInt16, columns: UInt16)? {
    for descriptor in CInt(0)...2 {
      if let size = windowSize(descriptor), size.rows > 0, size.columns > 0 { return size }
    }
    return nil
  }
}

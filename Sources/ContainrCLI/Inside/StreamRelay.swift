// Our standard streams for a program inside that has no terminal. A pipe or a socket of ours is given to it as it is. What
// else we have stays outside, behind a pipe: through a descriptor a file could be opened anew for writing, and keys could be
// pushed into a terminal.
internal import ContainrSystem

final class StreamRelay {
  /// The program's stdin, stdout and stderr; nil is its own /dev/null. Borrowed.
  private(set) var given: [CInt?] = [nil, nil, nil]
  /// The program's ends of our pipes, until it has them.
  private var theirs: [SharedFD] = []
  private var outputs: [(source: SharedFD, target: CInt)] = []
  /// Where what we read goes; nil: nowhere, or no longer.
  private var sink: SharedFD?
  /// Read, and not taken yet. While there is some nothing more is read.
  private var pending: ArraySlice<UInt8> = []
  /// Whether our input tells when it can be read; a plain file always can.
  private var isPollable = true
  private var firstToken: UInt64 = 0

  private enum Way { case none, direct, pipe }

  /// Without `takesInput` it reads nothing.
  init(takesInput: Bool) throws(SyscallError) {
    for number in CInt(0)...2 where number > 0 || takesInput {
      switch try Self.way(number) {
      case .none: continue
      case .direct: given[Int(number)] = number
      case .pipe:
        let ends = try Kernel.pipe().release()
        let (read, write) = (SharedFD(OwnedFD(taking: ends.read)), SharedFD(OwnedFD(taking: ends.write)))
        try Kernel.setNonBlocking(number == 0 ? write.raw : read.raw)
        if number == 0 { sink = write } else { outputs.append((read, number)) }
        theirs.append(number == 0 ? read : write)
        given[Int(number)] = theirs.last?.raw
      }
    }
  }

  private static func way(_ number: CInt) throws(SyscallError) -> Way {
    let status: FileStatus
    do throws(SyscallError) { status = try Kernel.status(at: number) } catch {
      if error.errno == 9 { return .none }  // closed by the caller
      throw error
    }
    if status.isCharacterDevice, (status.deviceMajor, status.deviceMinor) == (1, 3) { return .none }
    return [0o010000, 0o140000].contains(status.mode & 0o170000) ? .direct : .pipe
  }

  /// The program has its ends: from now on ours alone keep the pipes open.
  func begin(_ events: borrowing EventPoll, firstToken: UInt64) throws(SyscallError) {
    given = [nil, nil, nil]
    theirs = []
    self.firstToken = firstToken
    for (number, output) in outputs.enumerated() {
      try events.add(output.source.raw, token: firstToken + 2 + UInt64(number))
    }
    guard let sink else { return }
    do throws(SyscallError) {
      try events.add(0, token: firstToken)
    } catch {
      if error.errno != 1 { throw error }
      isPollable = false
      try events.add(sink.raw, token: firstToken + 1, events: 4)
    }
  }

  /// An event of ours.
  func serve(_ event: ReadyEvent, _ events: borrowing EventPoll) throws(SyscallError) {
    if event.token < firstToken + 2 { return try feed(events) }
    let output = outputs[Int(event.token - firstToken - 2)]
    if try !Self.pass(output.source.raw, output.target) { try events.remove(output.source.raw) }
  }

  /// What was written before the end.
  func drain() throws(SyscallError) {
    for output in outputs {
      while try Kernel.waitReadable(output.source.raw, milliseconds: 0), try Self.pass(output.source.raw, output.target)
      {}
    }
  }

  /// False at the end.
  private static func pass(_ source: CInt, _ target: CInt) throws(SyscallError) -> Bool {
    guard let bytes = try Kernel.readReady(source) else { return true }
    try Kernel.writeAll(target, bytes)
    return !bytes.isEmpty
  }

  private func feed(_ events: borrowing EventPoll) throws(SyscallError) {
    guard let sink else { return }
    let wasFree = pending.isEmpty
    if wasFree {
      var buffer = [UInt8](repeating: 0, count: 65536)
      let count = try Kernel.read(0, into: &buffer)
      if count == 0 { return try finish(events, watchesSink: !isPollable) }
      pending = buffer[..<count]
    }
    do throws(SyscallError) {
      pending = pending.dropFirst(try Kernel.writeReady(sink.raw, pending))
    } catch {
      if error.errno != 32 { throw error }  // EPIPE: nobody reads it any more
      return try finish(events, watchesSink: !isPollable || !wasFree)
    }
    guard isPollable, wasFree != pending.isEmpty else { return }
    if wasFree {
      try events.remove(0)
      try events.add(sink.raw, token: firstToken + 1, events: 4)
    } else {
      try events.remove(sink.raw)
      try events.add(0, token: firstToken)
    }
  }

  /// The end of the input is the program's end of input.
  private func finish(_ events: borrowing EventPoll, watchesSink: Bool) throws(SyscallError) {
    if let sink, watchesSink { try events.remove(sink.raw) } else { try events.remove(0) }
    sink = nil
  }
}

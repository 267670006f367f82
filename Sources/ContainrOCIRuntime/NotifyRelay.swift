// From the socket of a container's program to the host's: that it is ready, once, in words of ours. No word of the container's goes
// on, so it can name no main process, and no descriptor does: what it sends is read without any room for them, and the kernel
// closes them. It is read a few messages at a time with a pause after, whatever is sent: who floods it waits for itself.
internal import ContainrSystem

final class NotifyRelay {
  /// Whose end is the service's.
  enum MainProcess { case container, runtime }

  private let socket: SharedFD
  private let host: SharedFD
  private let mainPID: Int32
  private let log: RuntimeLog
  private let pause: SharedFD
  private let patience: SharedFD
  private var firstToken: UInt64 = 0
  /// What the host has not taken yet.
  private var outgoing: [Outgoing] = []
  private var waitsForHost = false
  /// What the host closes when it has read all of it, and since when that is waited for.
  private var barrier: SharedFD?
  private var asked: UInt64 = 0
  private var isReady = false
  private var isOver = false
  /// This process ends when it has told: the host has to have read it by then, or would not know whose words they were.
  private var endsAfter = false

  private enum Outgoing { case ready, barrier }

  /// systemd's own limit; what is longer is none of its messages.
  private static let longest = 4096
  private static let atOnce = 16
  private static let pauseLength: UInt64 = 10_000_000
  /// For an answer, as runc and crun.
  private static let longestPatience: UInt64 = 30_000_000_000
  /// The sender may have sent a barrier of its own right behind (sd_notify_barrier(3), systemd-notify(1)): that is taken as well,
  /// since it would fail if nobody were there.
  private static let stay: UInt64 = 50_000_000

  init(from socket: SharedFD, to host: SharedFD, mainPID: Int32, _ log: RuntimeLog) throws(RuntimeFailure) {
    (self.socket, self.host, self.mainPID, self.log) = (socket, host, mainPID, log)
    (pause, patience) = try attempt("wait for the readiness") { () throws(SyscallError) in
      (SharedFD(try Kernel.timerDescriptor()), SharedFD(try Kernel.timerDescriptor()))
    }
  }

  /// Whether a message says that its sender is ready: a line of its own.
  static func saysReady(_ message: some Collection<UInt8>) -> Bool {
    message.count <= longest && message.split(separator: 10).contains { $0.elementsEqual("READY=1".utf8) }
  }

  /// Watches; `serve` is for this token and the four after it.
  func register(with events: borrowing EventPoll, firstToken: UInt64) throws(SyscallError) {
    self.firstToken = firstToken
    try events.add(socket.raw, token: firstToken)
    try events.add(pause.raw, token: firstToken + 1)
    try events.add(patience.raw, token: firstToken + 4)
  }

  /// Something that is watched is ready.
  func serve(_ token: UInt64, _ events: borrowing EventPoll) throws(SyscallError) {
    switch token - firstToken {
    case 0:
      try take(events, atMost: Self.atOnce)
      try events.remove(socket.raw)
      try Kernel.arm(timer: pause.raw, nanoseconds: Self.pauseLength)
    case 1:
      try Kernel.drainTimer(pause.raw)
      try events.add(socket.raw, token: firstToken)
    case 2: try send(events)
    case 3:
      if let barrier { try events.remove(barrier.raw) }
      barrier = nil
      let stayed = Kernel.bootTime() - asked
      try Kernel.arm(timer: patience.raw, nanoseconds: stayed < Self.stay ? Self.stay - stayed : 1)
    default:
      try Kernel.drainTimer(patience.raw)
      if barrier != nil || !outgoing.isEmpty {
        log.warning("whoever listens at NOTIFY_SOCKET has not read in 30 s that the container is ready")
      }
      isOver = true
    }
  }

  /// After the program's end: what it had said before.
  func takeRest(_ events: borrowing EventPoll) throws(SyscallError) {
    // As many as a socket holds on any host, and an end to it where others inside still send.
    try take(events, atMost: 1024)
  }

  /// Waits until the host knows that it is ready, or until it has ended. nil: it has.
  func waitUntilTold(by process: SharedFD?) throws(RuntimeFailure) {
    endsAfter = true
    try attempt("wait for the readiness") { () throws(SyscallError) in
      let events = try EventPoll()
      try register(with: events, firstToken: 1)
      if let process { try events.add(process.raw, token: 0) } else { try end(events) }
      while !isOver {
        for event in try events.wait() {
          if event.token != 0 {
            try serve(event.token, events)
          } else if let process {
            try events.remove(process.raw)
            try end(events)
          }
        }
      }
    }
  }

  private func end(_ events: borrowing EventPoll) throws(SyscallError) {
    try takeRest(events)
    if isReady { return }
    log.warning("the container ended before it said that it was ready")
    isOver = true
  }

  private func take(_ events: borrowing EventPoll, atMost most: Int) throws(SyscallError) {
    // One more than a message may have: then it was longer.
    var buffer = [UInt8](repeating: 0, count: Self.longest + 1)
    for _ in 0..<most {
      let count: Int
      do throws(SyscallError) { count = try Kernel.read(socket.raw, into: &buffer) } catch {
        if error.errno == 11 { return }
        throw error
      }
      if isReady || !Self.saysReady(buffer.prefix(count)) { continue }
      isReady = true
      outgoing = endsAfter ? [.ready, .barrier] : [.ready]
      // From here on, also where the host has no room for it.
      if endsAfter { try Kernel.arm(timer: patience.raw, nanoseconds: Self.longestPatience) }
      try send(events)
    }
  }

  /// What the host takes now; the rest when it has room.
  private func send(_ events: borrowing EventPoll) throws(SyscallError) {
    do throws(SyscallError) {
      while let next = outgoing.first {
        switch next {
        // One message: nobody sees a service that is ready and has the main process of its beginning.
        case .ready:
          try Kernel.send(Array("READY=1\nMAINPID=\(mainPID)\n".utf8), descriptors: [], to: host.raw)
        case .barrier: try ask(events)
        }
        outgoing.removeFirst()
      }
    } catch {
      if error.errno == 11 {
        if !waitsForHost { try events.add(host.raw, token: firstToken + 2, events: 4) }
        waitsForHost = true
        return
      }
      outgoing = []
      log.warning("NOTIFY_SOCKET was not told that the container is ready: \(error)")
      isOver = true
    }
    if waitsForHost { try events.remove(host.raw) }
    waitsForHost = false
  }

  /// systemd closes what comes with this when it has done all that came before it (sd_notify(3), BARRIER=1).
  private func ask(_ events: borrowing EventPoll) throws(SyscallError) {
    let pipe = try Kernel.pipe()
    try Kernel.send(Array("BARRIER=1".utf8), descriptors: [pipe.write.raw], to: host.raw)
    let ends = pipe.release()
    _ = OwnedFD(taking: ends.write)
    let read = SharedFD(OwnedFD(taking: ends.read))
    barrier = read
    asked = Kernel.bootTime()
    try events.add(read.raw, token: firstToken + 3, events: 0)  // EPOLLHUP is always told
    try Kernel.arm(timer: patience.raw, nanoseconds: Self.longestPatience)
  }
}

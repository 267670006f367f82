// Who is attached to a container: the shim's ends of their sockets, and the way from them into the program. Nobody who
// attaches holds up the container, but one who is waited for.
internal import ContainrSystem
internal import SystemPackage

/// The clients of one shim.
final class Attachments {
  /// Tokens of the shim's loop from here on are ours.
  static let firstToken: UInt64 = 4
  private enum Token {
    static let listener: UInt64 = 4
    static let sink: UInt64 = 5
    static let clients: UInt64 = 16
  }
  /// How long one that is waited for may take before the beginning, and at the end.
  private static let patience: Int32 = 10_000

  private final class Client {
    let socket: SeqPacketSocket
    let token: UInt64
    let isWaitedFor: Bool
    /// What it could not take yet.
    var held: [UInt8]?

    init(_ socket: consuming SeqPacketSocket, token: UInt64, isWaitedFor: Bool) {
      self.socket = socket
      self.token = token
      self.isWaitedFor = isWaitedFor
    }
  }

  private let listener: SharedFD
  private let hasTerminal: Bool
  private let takesInput: Bool
  private let awaitsClient: Bool
  /// The run directory.
  private let directory: SharedFD
  private var saysHeld = false
  private var clients: [Client] = []
  private var nextToken = Token.clients
  /// Where input goes; nil: nowhere yet, or no longer.
  private var sink: SharedFD?
  private var terminal: SharedFD?
  /// Told before there was a terminal.
  private var size: (rows: UInt16, columns: UInt16)?
  /// Read, and not taken by the program yet. While there is some nobody is read.
  private var pending: ArraySlice<UInt8> = []
  private var inputEnds = false

  /// `sink`: the write end of the program's standard input, non-blocking; with a terminal that comes later.
  init(
    _ listener: SharedFD, hasTerminal: Bool, takesInput: Bool, awaitsClient: Bool, sink: SharedFD?, directory: SharedFD
  ) {
    self.listener = listener
    self.directory = directory
    self.hasTerminal = hasTerminal
    self.takesInput = takesInput
    self.awaitsClient = awaitsClient
    self.sink = sink
  }

  /// Whether somebody is waited for: nothing more must be read of the program's output.
  var isHeldUp: Bool { clients.contains { $0.held != nil } }

  /// Begins to listen; with a client to be awaited waits for him.
  func begin(_ events: borrowing EventPoll) throws(SyscallError) {
    try events.add(listener.raw, token: Token.listener)
    if !awaitsClient { return }
    try say(isHeld: true)
    if try Kernel.waitReadable(listener.raw, milliseconds: Self.patience) { try accept(events, isWaitedFor: true) }
    try say(isHeld: false)
  }

  /// For who looks meanwhile: an end that is not recorded is one that waits for a client, and not for the shim.
  private func say(isHeld: Bool) throws(SyscallError) {
    if isHeld == saysHeld { return }
    saysHeld = isHeld
    if !isHeld { return try Kernel.remove(FilePath(HeldEnd.fileName), at: directory.raw) }
    try HeldEnd.mark(in: directory.raw)
  }

  /// The program's terminal, whose master is non-blocking.
  func adopt(_ master: SharedFD) throws(SyscallError) {
    terminal = master
    // Of its own, so that both ways can be watched.
    if takesInput { sink = SharedFD(try master.duplicate()) }
    if let size { Kernel.setWindowSize(master.raw, rows: size.rows, columns: size.columns) }
  }

  /// An event of ours.
  func serve(_ event: ReadyEvent, _ events: borrowing EventPoll) throws(SyscallError) {
    switch event.token {
    case Token.listener: try accept(events, isWaitedFor: false)
    case Token.sink: try passOn(events)
    default:
      guard let client = clients.first(where: { $0.token == event.token }) else { return }
      if event.events & 4 != 0, let held = client.held {
        client.held = nil
        if try send(held, to: client, events) { try watch(client, events) }
      }
      if event.events & ~4 != 0 { try hear(client, events) }
    }
  }

  private func accept(_ events: borrowing EventPoll, isWaitedFor: Bool) throws(SyscallError) {
    guard let socket = try UnixSocket.accept(listener.raw) else { return }
    try Kernel.setNonBlocking(socket.raw)
    let client = Client(SeqPacketSocket(taking: socket), token: nextToken, isWaitedFor: isWaitedFor)
    nextToken += 1
    clients.append(client)
    try events.add(client.socket.fd.raw, token: client.token, events: wanted(client))
    _ = try send(AttachMessage.greeting(hasTerminal: hasTerminal, takesInput: takesInput).bytes, to: client, events)
  }

  private func wanted(_ client: Client) -> UInt32 { (pending.isEmpty ? 1 : 0) | (client.held == nil ? 0 : 4) }

  private func watch(_ client: Client, _ events: borrowing EventPoll) throws(SyscallError) {
    try events.remove(client.socket.fd.raw)
    try events.add(client.socket.fd.raw, token: client.token, events: wanted(client))
  }

  private func drop(_ client: Client, _ events: borrowing EventPoll) throws(SyscallError) {
    try events.remove(client.socket.fd.raw)
    clients.removeAll { $0 === client }
  }

  private func hear(_ client: Client, _ events: borrowing EventPoll) throws(SyscallError) {
    let received: SocketMessage?
    do throws(SyscallError) { received = try client.socket.receive() } catch {
      if error.errno == 11 { return }
      return try drop(client, events)
    }
    guard let received, let message = AttachMessage(bytes: received.bytes) else { return try drop(client, events) }
    switch message {
    case .input(let bytes):
      if !takesInput || inputEnds || sink == nil { return }
      pending = bytes[...]
      try passOn(events)
    case .size(let rows, let columns):
      size = (rows, columns)
      if let terminal { Kernel.setWindowSize(terminal.raw, rows: rows, columns: columns) }
    case .endOfInput:
      // Without a terminal the end of the pipe is its end; in one a key says so.
      if hasTerminal { return }
      inputEnds = true
      if pending.isEmpty { sink = nil }
    case .greeting, .output, .ended: try drop(client, events)
    }
  }

  private func passOn(_ events: borrowing EventPoll) throws(SyscallError) {
    guard let sink else { return }
    let wasWaiting = isWatchingSink
    do throws(SyscallError) {
      pending = pending.dropFirst(try Kernel.writeReady(sink.raw, pending))
    } catch {
      // EPIPE, EIO: nobody will read it.
      if error.errno != 32 && error.errno != 5 { throw error }
      pending = []
      inputEnds = inputEnds || error.errno == 32
    }
    if wasWaiting == pending.isEmpty {
      isWatchingSink = !wasWaiting
      if isWatchingSink {
        try events.add(sink.raw, token: Token.sink, events: 4)
      } else {
        try events.remove(sink.raw)
      }
      for client in clients { try watch(client, events) }
    }
    if inputEnds, pending.isEmpty { self.sink = nil }
  }
  private var isWatchingSink = false

  /// To all of them what the program has written. `waits`: at its end, when nothing else is to be done.
  func output(isError: Bool, _ bytes: UnsafeRawBufferPointer, waits: Bool, _ events: borrowing EventPoll)
    throws(SyscallError)
  {
    if clients.isEmpty || bytes.isEmpty { return }
    try tell(AttachMessage.output(isError: isError, Array(bytes)).bytes, waits: waits, events)
  }

  /// The last word.
  func tellEnd(_ code: Int32, _ events: borrowing EventPoll) throws(SyscallError) {
    if !clients.isEmpty { try tell(AttachMessage.ended(code).bytes, waits: true, events) }
  }

  private func tell(_ message: [UInt8], waits: Bool, _ events: borrowing EventPoll) throws(SyscallError) {
    for client in clients {
      if waits, let held = client.held {
        client.held = nil
        guard try deliver(held, to: client, events) else { continue }
      }
      if waits { _ = try deliver(message, to: client, events) } else { _ = try send(message, to: client, events) }
    }
  }

  /// False if it is gone or has fallen behind.
  private func send(_ message: [UInt8], to client: Client, _ events: borrowing EventPoll) throws(SyscallError) -> Bool {
    do throws(SyscallError) {
      try client.socket.send(message)
      return true
    } catch {
      if error.errno == 11, client.isWaitedFor, client.held == nil {
        client.held = message
        try watch(client, events)
        return true
      }
      // Who reads more slowly than the program writes finds the rest in the log.
      try drop(client, events)
      return false
    }
  }

  /// The same, with patience for one who is waited for.
  private func deliver(
    _ message: [UInt8], to client: Client, _ events: borrowing EventPoll
  ) throws(SyscallError) -> Bool {
    let deadline = Kernel.monotonicTime() + UInt64(client.isWaitedFor ? Self.patience : 200) * 1_000_000
    while true {
      do throws(SyscallError) {
        try client.socket.send(message)
        return true
      } catch {
        let now = Kernel.monotonicTime()
        if error.errno == 11, now < deadline {
          // Until the end is recorded, which is soon.
          if client.isWaitedFor { try say(isHeld: true) }
          let left = Int32(clamping: (deadline - now) / 1_000_000 + 1)
          if try Kernel.waitWritable(client.socket.fd.raw, milliseconds: left) { continue }
        }
        try drop(client, events)
        return false
      }
    }
  }
}

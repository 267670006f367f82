// A container that we are attached to: what is typed, said and shown goes both ways, until it ends or the user leaves. Our
// terminal is as it was when this is over, however it ends.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem

struct AttachSession {
  /// How it is over.
  enum End: Sendable, Hashable {
    /// The container has ended, with this code.
    case ended(Int32)
    /// The user has left it, and it goes on.
    case left
    /// Its shim has let go of us.
    case lost
    /// Nobody reads any more what it writes.
    case unread
  }

  private enum Token {
    static let news: UInt64 = 0
    static let signal: UInt64 = 1
    static let typed: UInt64 = 2
  }

  let attachment: ContainerAttachment
  var keys: DetachKeys
  var takesInput = true
  /// The end of our input is the end of its.
  var endsInput = false
  /// A signal to us is one to it.
  let passSignal: ((Int32) throws -> Void)?

  func run(signals: borrowing OwnedFD) throws -> End {
    let isTyping = takesInput && attachment.takesInput
    let saved = isTyping && attachment.hasTerminal ? Kernel.makeRaw(0) : nil
    defer { if let saved { Kernel.restoreTerminal(0, saved) } }
    try resize(redraws: true)
    let events = try EventPoll()
    try events.add(attachment.descriptor, token: Token.news)
    try events.add(signals.raw, token: Token.signal)
    var input = AttachInput(keys: saved == nil ? nil : keys, endsInput: endsInput)
    if isTyping {
      try input.begin(events, token: Token.typed, attachment)
    } else if endsInput, attachment.takesInput {
      try input.end(events, attachment)
    }
    while true {
      for event in try events.wait() {
        switch event.token {
        case Token.news:
          if event.events & 4 != 0 { try input.goOn(events, attachment) }
          while let news = try attachment.hear() {
            switch news {
            case .output(let isError, let bytes): if try !write(bytes, isError ? 2 : 1) { return .unread }
            case .over(let code): return code.map { .ended($0) } ?? .lost
            }
          }
        case Token.signal:
          while let signal = try Kernel.nextSignal(signals.raw) {
            switch signal {
            case 28: try resize()
            case 18:
              if saved != nil { _ = Kernel.makeRaw(0) }
              try resize()
            default:
              if let passSignal { try passSignal(signal) } else if [1, 2, 3, 15].contains(signal) { return .left }
            }
          }
        default:
          if try !input.read(events, attachment) { return .left }
        }
      }
    }
  }

  /// False if nobody reads it any more.
  private func write(_ bytes: [UInt8], _ descriptor: CInt) throws(SyscallError) -> Bool {
    do throws(SyscallError) {
      try Kernel.writeAll(descriptor, bytes)
      return true
    } catch {
      if error.errno == 32 { return false }  // EPIPE
      throw error
    }
  }

  /// A program redraws its screen when the size has changed, so that for who has just come it changes twice.
  private func resize(redraws: Bool = false) throws {
    guard attachment.hasTerminal, let size = Kernel.callersWindow() else { return }
    if redraws { try attachment.resize(rows: size.rows &+ 1, columns: size.columns) }
    try attachment.resize(rows: size.rows, columns: size.columns)
  }
}

/// What is typed, on its way. While something has not been taken nothing more is read.
private struct AttachInput {
  /// nil: no key means anything.
  var keys: DetachKeys?
  let endsInput: Bool
  private var pending: [UInt8] = []
  private var hasEnded = false
  private var isReading = false
  /// A plain file can always be read, and epoll does not take it.
  private var isPollable = true
  private var token: UInt64 = 0

  init(keys: DetachKeys?, endsInput: Bool) {
    self.keys = keys
    self.endsInput = endsInput
  }

  mutating func begin(_ events: borrowing EventPoll, token: UInt64, _ attachment: ContainerAttachment) throws {
    self.token = token
    do throws(SyscallError) {
      try events.add(0, token: token)
      isReading = true
    } catch {
      if error.errno != 1 { throw error }
      isPollable = false
      _ = try read(events, attachment)
    }
  }

  /// Nothing is typed: it is at its end.
  mutating func end(_ events: borrowing EventPoll, _ attachment: ContainerAttachment) throws {
    hasEnded = true
    try send(events, attachment)
  }

  /// False if the user leaves.
  mutating func read(_ events: borrowing EventPoll, _ attachment: ContainerAttachment) throws -> Bool {
    repeat {
      var buffer = [UInt8](repeating: 0, count: 16384)
      var count = 0
      do throws(SyscallError) { count = try Kernel.read(0, into: &buffer) } catch {
        if error.errno != 5 { throw error }
      }
      if count == 0 {
        hasEnded = true
        try pause(events)
      } else if let (pass, leaves) = keys?.filter(buffer[..<count]) {
        pending = pass
        if leaves {
          if !pending.isEmpty { _ = try attachment.type(pending) }
          return false
        }
      } else {
        pending = Array(buffer[..<count])
      }
      try send(events, attachment)
    } while !isPollable && pending.isEmpty && !hasEnded
    return true
  }

  /// The other end takes something again.
  mutating func goOn(_ events: borrowing EventPoll, _ attachment: ContainerAttachment) throws {
    try events.remove(attachment.descriptor)
    try events.add(attachment.descriptor, token: 0)
    try send(events, attachment)
    guard pending.isEmpty, !hasEnded else { return }
    if !isPollable {
      _ = try read(events, attachment)
    } else if !isReading {
      try events.add(0, token: token)
      isReading = true
    }
  }

  private mutating func send(_ events: borrowing EventPoll, _ attachment: ContainerAttachment) throws {
    var isTaken = true
    if !pending.isEmpty {
      isTaken = try attachment.type(pending)
      if isTaken { pending = [] }
    }
    if isTaken, hasEnded, endsInput { isTaken = try attachment.endInput() }
    if isTaken { return }
    try pause(events)
    try events.remove(attachment.descriptor)
    try events.add(attachment.descriptor, token: 0, events: 1 | 4)
  }

  private mutating func pause(_ events: borrowing EventPoll) throws(SyscallError) {
    if isReading { try events.remove(0) }
    isReading = false
  }
}

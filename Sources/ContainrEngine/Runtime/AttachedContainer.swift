// The client's end of what AttachMessage.swift tells of: a container as who is attached to it sees it.
internal import ContainrInit
internal import ContainrSystem
internal import SystemPackage

/// One attachment. Leaving is letting go of it.
public final class AttachedContainer {
  /// What is heard.
  public enum News: Sendable, Hashable {
    case output(isError: Bool, [UInt8])
    /// The container has ended with this code; nil: nobody knows, or we could not keep up.
    case over(Int32?)
  }

  /// Whether the program has a terminal.
  public let hasTerminal: Bool
  /// Whether what is typed reaches it.
  public let takesInput: Bool
  private let socket: SeqPacketSocket
  private let directory: RunDirectory

  init(_ directory: RunDirectory) throws(RuntimeError) {
    let socket = SeqPacketSocket(
      taking: try directory.attempt("attach") { () throws(SyscallError) in
        try directory.withAttachSocket { (path) throws(SyscallError) in
          try UnixSocket.connect(to: path, kind: .packets)
        }
      })
    let first = try directory.attempt("attach") { () throws(SyscallError) -> SocketMessage? in
      // A frozen shim does not answer; any other does at once.
      guard try Kernel.waitReadable(socket.fd.raw, milliseconds: 10_000) else { return nil }
      try Kernel.setNonBlocking(socket.fd.raw)
      return try socket.receive(limit: 64)
    }
    guard let first, case .greeting(let hasTerminal, let takesInput)? = AttachMessage(bytes: first.bytes) else {
      throw RuntimeError(container: directory.id, stage: "attach", message: "its shim does not answer")
    }
    self.socket = socket
    self.directory = directory
    self.hasTerminal = hasTerminal
    self.takesInput = takesInput
  }

  /// For an event loop; readable when there is news.
  public var descriptor: CInt { socket.fd.raw }

  /// The next news; nil if there is none now.
  public func hear() throws(RuntimeError) -> News? {
    let message: SocketMessage?
    do throws(SyscallError) { message = try socket.receive() } catch {
      if error.errno == 11 { return nil }
      return .over(nil)
    }
    guard let message else { return .over(nil) }
    switch AttachMessage(bytes: message.bytes) {
    case .output(let isError, let bytes): return .output(isError: isError, bytes)
    case .ended(let code):
      awaitRecord()
      return .over(code)
    default: throw RuntimeError(container: directory.id, stage: "attach", message: "an unexpected message")
    }
  }

  /// Until the shim has written the end down and is gone, which closes the socket: who asks after us is told of an end as well.
  /// It is longer only where another client keeps the shim waiting, which is none of ours.
  private func awaitRecord() {
    let deadline = Kernel.monotonicTime() + 2_000_000_000
    while true {
      let now = Kernel.monotonicTime()
      guard now < deadline else { return }
      do throws(SyscallError) {
        let left = Int32(clamping: (deadline - now) / 1_000_000 + 1)
        if try Kernel.waitReadable(socket.fd.raw, milliseconds: left), try socket.receive() == nil { return }
      } catch { if error.errno != 11 { return } }
    }
  }

  /// Types, at most `AttachMessage.chunk` bytes; false if nothing more is taken now.
  public func type(_ bytes: [UInt8]) throws(RuntimeError) -> Bool { try send(.input(bytes)) }

  /// Our terminal has this size.
  public func resize(rows: UInt16, columns: UInt16) throws(RuntimeError) {
    _ = try send(.size(rows: rows, columns: columns))
  }

  /// Nothing more is typed; false if that is not taken now.
  public func endInput() throws(RuntimeError) -> Bool { try send(.endOfInput) }

  private func send(_ message: AttachMessage) throws(RuntimeError) -> Bool {
    do throws(SyscallError) {
      try socket.send(message.bytes)
      return true
    } catch {
      // EPIPE, ECONNRESET: it is over, which is heard next.
      if error.errno == 32 || error.errno == 104 { return true }
      if error.errno == 11 { return false }
      throw RuntimeError(container: directory.id, stage: "attach", error)
    }
  }
}

extension Runtime {
  /// Attaches to a container that has a terminal or an open standard input; nil for one that has neither. One that has
  /// ended may still be there for who was awaited.
  public func attach(_ id: String) throws(RuntimeError) -> AttachedContainer? {
    let directory = try RunDirectory(runDirectory, id)
    let isThere = try directory.attempt("attach") { () throws(SyscallError) in
      try Kernel.exists(directory.file(FilePath(AttachMessage.socketName)))
    }
    return isThere ? try AttachedContainer(directory) : nil
  }
}

extension RunDirectory {
  /// Hands out the path of the socket, short however deep the directory is: by way of a descriptor of it.
  func withAttachSocket<Result: ~Copyable>(
    _ body: (FilePath) throws(SyscallError) -> Result
  ) throws(SyscallError) -> Result {
    let open = try Kernel.open(path, [.path, .directory])
    return try body(FilePath("/proc/self/fd/\(open.raw)/\(AttachMessage.socketName)"))
  }
}

// A conversation with one shim: its process and our end of the socket.
internal import ContainrInit
internal import ContainrSystem

/// The host's end. Ends the shim's part by closing the socket.
struct ShimSession: ~Copyable {
  let socket: SeqPacketSocket
  let process: ChildProcess
  private let directory: RunDirectory

  /// Starts a shim for one of its subcommands.
  init(_ binary: ShimBinary, _ command: String, _ directory: RunDirectory) throws(RuntimeError) {
    let (ours, theirs) = try directory.attempt("start the shim") { () throws(SyscallError) in
      try SeqPacketSocket.pair()
    }
    let near = OwnedFD(taking: ours)
    let far = OwnedFD(taking: theirs)
    let process = try directory.attempt("start the shim") { () throws(SyscallError) in
      try binary.spawn([command, directory.id], socket: far.raw)
    }
    socket = SeqPacketSocket(taking: near)
    self.process = process
    self.directory = directory
  }

  /// The next message; nil at the end of the conversation.
  func receive() throws(RuntimeError) -> (message: InitMessage, descriptors: [SharedFD])? {
    guard
      let received = try directory.attempt(
        "hear from the shim", { () throws(SyscallError) in try socket.receive(limit: 8192) })
    else { return nil }
    do throws(WireError) {
      return (try InitMessage(bytes: received.bytes), received.descriptors)
    } catch {
      throw RuntimeError(container: directory.id, stage: "hear from the shim", message: error.description)
    }
  }

  /// An error for a message that does not belong here.
  func unexpected(_ message: InitMessage) -> RuntimeError {
    RuntimeError(container: directory.id, stage: "hear from the shim", message: "unexpected message \(message)")
  }

  /// A step of the init that failed.
  func failed(_ failure: InitFailure) -> RuntimeError {
    RuntimeError(container: directory.id, stage: failure.stage, failure.error)
  }

  /// Goes through the start of a container up to its execve.
  mutating func awaitStart(_ network: (Int32, CInt) throws -> Void) throws(RuntimeError) {
    var pid: Int32?
    var arrived = false
    var route: SharedFD?
    var executing = false
    while let (message, descriptors) = try receive() {
      switch message {
      case .spawned(let number): pid = number
      case .namespaces:
        arrived = true
        route = descriptors.first
      case .executing: executing = true
      case .failed(let failure): throw failed(failure)
      case .request, .proceed, .exited, .mounted, .created, .terminal, .listener: throw unexpected(message)
      }
      guard arrived, let process = pid else { continue }
      arrived = false
      if let route {
        do {
          try network(process, route.raw)
        } catch {
          // The process makes its mounts meanwhile. If it has failed there, that is why its namespace is gone.
          if let failure = try failureThatWaits() { throw failed(failure) }
          throw RuntimeError(container: directory.id, stage: "configure the network", message: "\(error)")
        }
      }
      do throws(SyscallError) {
        try socket.send(InitMessage.proceed.bytes)
      } catch {
        // The process is gone; why stands in the next message.
        if error.errno != 32 && error.errno != 104 {
          throw RuntimeError(container: directory.id, stage: "let the container go on", error)
        }
      }
    }
    if executing { return }
    throw RuntimeError(
      container: directory.id, stage: "start the container",
      message: "its first process died before the program was started\(try ending())")
  }

  /// What a first process that has ended said last; nil if there is nothing.
  private func failureThatWaits() throws(RuntimeError) -> InitFailure? {
    while try directory.attempt(
      "hear of the container",
      { () throws(SyscallError) in
        try Kernel.waitReadable(socket.fd.raw, milliseconds: 100)
      })
    {
      guard let (message, _) = try receive() else { return nil }
      if case .failed(let failure) = message { return failure }
    }
    return nil
  }

  /// Waits for a command's end, giving `collecting` the time to read whenever its pipe may have something; nil when
  /// the deadline (monotonic nanoseconds) has passed.
  func awaitExit(
    deadline: UInt64?, output: CInt? = nil, collect: () throws(SyscallError) -> Void = {}
  ) throws(RuntimeError) -> ExitStatus? {
    let events = try directory.attempt("wait for the command") { () throws(SyscallError) in
      let events = try EventPoll()
      try events.add(socket.fd.raw, token: 0)
      if let output { try events.add(output, token: 1) }
      return events
    }
    while true {
      let ready = try directory.attempt("wait for the command") { () throws(SyscallError) in
        try events.wait(milliseconds: deadline.map(Self.milliseconds) ?? -1)
      }
      if let deadline, Kernel.monotonicTime() >= deadline { return nil }
      if let output, let event = ready.first(where: { $0.token == 1 }) {
        try directory.attempt("read the output") { () throws(SyscallError) in
          try collect()
          // Every writer has closed it: level-triggered, it would be ready for ever.
          if event.events & 1 == 0 { try events.remove(output) }
        }
      }
      guard ready.contains(where: { $0.token == 0 }) else { continue }
      guard let (message, _) = try receive() else {
        throw RuntimeError(container: directory.id, stage: "run a command", message: "the shim has died")
      }
      switch message {
      case .spawned, .executing: continue
      case .exited(let status): return status
      case .failed(let failure): throw failed(failure)
      case .request, .namespaces, .proceed, .mounted, .created, .terminal, .listener: throw unexpected(message)
      }
    }
  }

  private static func milliseconds(until deadline: UInt64) -> Int32 {
    let now = Kernel.monotonicTime()
    return now >= deadline ? 0 : Int32(clamping: (deadline - now + 999_999) / 1_000_000)
  }

  /// Takes the ended shim away.
  func reap() throws(RuntimeError) {
    _ = try directory.attempt("wait for the shim") { () throws(SyscallError) in try process.wait() }
  }

  private func ending() throws(RuntimeError) -> String {
    let shim = try directory.attempt("wait for the shim") { () throws(SyscallError) in try process.wait() }
    if let exit = try directory.exit() { return " (\(exit.status)\(exit.outOfMemory ? ", out of memory" : ""))" }
    return shim.map { " (the shim: \($0))" } ?? ""
  }

  /// Ends what was begun after an error, which is answered with what else went wrong. The shim's death is the death of
  /// the container's process (PDEATHSIG), wherever both are.
  func abort(_ error: RuntimeError) -> RuntimeError {
    var reported = error
    do throws(SyscallError) {
      try process.kill()
      _ = try process.wait()
    } catch {
      reported.others.append(error.description)
    }
    return reported
  }
}

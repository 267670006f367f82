// The supervisor as others see it: start it, tell it something, end it.
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension StackEngine {
  /// The process that supervises a stack; nil if none does.
  func supervisor(of stack: String) throws(EngineError) -> ProcessIdentity? {
    do {
      let text = try Kernel.text(of: settings.supervisorRecord(stack))
      guard let record = SupervisorRecord(text: text), record.bootID == bootID else { return nil }
      return try record.process.isAlive ? record.process : nil
    } catch {
      if error.errno == 2 || error.errno == 20 { return nil }
      throw EngineError(error, "look for the supervisor of \(stack)")
    }
  }

  /// Whether the supervisor has read what is recorded now.
  func supervisorKnows(_ contents: StoreContents, of stack: String) throws(EngineError) -> Bool {
    do {
      return try Kernel.text(of: settings.supervisorKnowledge(stack)) == SupervisorKnowledge.text(contents, of: stack)
    } catch {
      if error.errno == 2 { return false }
      throw EngineError(error, "look what the supervisor of \(stack) knows")
    }
  }

  /// Readable when the supervisor has ended; nil if there is none.
  func supervisorDescriptor(of stack: String) throws(EngineError) -> SharedFD? {
    guard let process = try supervisor(of: stack) else { return nil }
    do {
      guard let fd = try process.openPidFD() else { return nil }
      return SharedFD(fd)
    } catch {
      throw EngineError(error, "watch the supervisor of \(stack)")
    }
  }

  /// Has the records read, by a new one if need be; returns when it answers names and takes requests.
  func ensureSupervisor(of stack: String) throws(EngineError) {
    // One without a keeper would be the last.
    if let process = try supervisor(of: stack), try !isKept(process) { try stopSupervisor(stack) }
    if try reloads(stack) { return }
    do throws(EngineError) { try startSupervisor(stack) } catch {
      // Another one was before it, or will be: that of somebody who was killed, or one that follows another that was killed.
      let deadline = Kernel.monotonicTime() + Self.successorTime
      while try !reloads(stack) {
        if Kernel.monotonicTime() > deadline { throw error }
        Kernel.pause(milliseconds: 20)
      }
    }
  }

  /// Within that a killed supervisor has a successor, in nanoseconds.
  private static let successorTime: UInt64 = 3_000_000_000

  /// false: there is none.
  private func reloads(_ stack: String) throws(EngineError) -> Bool {
    try informSupervisor(of: stack, "reload")
    return try supervisor(of: stack) != nil
  }

  private func startSupervisor(_ stack: String) throws(EngineError) {
    do {
      for path in [settings.health(stack), settings.containersDirectory] {
        try Kernel.makeDirectories(path, mode: 0o700)
      }
      let ready = try Kernel.pipe().release()
      let read = OwnedFD(taking: ready.read)
      do {
        let write = OwnedFD(taking: ready.write)
        let input = try Kernel.open("/dev/null")
        let log = try Kernel.open(settings.supervisorLog(stack), [.writeOnly, .create, .append], mode: 0o600)
        _ = try ChildProcess.spawn(
          settings.shim, arguments: [Runtime.keeper, settings.program.string, "supervise", stack],
          environment: settings.environment, descriptors: [input.raw, log.raw, log.raw, write.raw], newSession: true)
      }
      guard try Kernel.waitReadable(read.raw, milliseconds: 20_000) else {
        throw EngineError(.kernel, "the supervisor of \(stack) is not ready after 20 seconds")
      }
      let answer = String(decoding: try read.readAll(limit: 4096), as: UTF8.self)
      if answer != "ready\n" {
        let log = try Kernel.text(of: settings.supervisorLog(stack)).split(separator: "\n").last.map(String.init)
        throw EngineError(
          .kernel, "the supervisor of \(stack) did not start: \(answer.isEmpty ? log ?? "no word from it" : answer)")
      }
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "start the supervisor of \(stack): \(error)")
    }
  }

  /// Sends one request and waits for its answer: `reload`, `started ID`, `ending` (all containers), `end`.
  func tellSupervisor(of stack: String, _ request: String) throws(EngineError) {
    do {
      let socket = try UnixSocket.connect(to: settings.supervisorSocket(stack))
      // Not write(2): one that is killed meanwhile would end us by SIGPIPE.
      try Kernel.send(Array("\(request)\n".utf8), descriptors: [], to: socket.raw)
      guard try Kernel.waitReadable(socket.raw, milliseconds: 10_000) else {
        throw EngineError(.kernel, "the supervisor of \(stack) does not answer")
      }
      let answer = String(decoding: try socket.readAll(limit: 4096), as: UTF8.self)
      if answer != "ok\n" { throw EngineError(.kernel, "the supervisor of \(stack) says: \(answer)") }
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "reach the supervisor of \(stack): \(error)")
    }
  }

  /// The containers of which the kernel has told the supervisor nothing since it found them as they had been started.
  /// Empty if it does not answer at once: then everything is looked at.
  func stillContainers(of stack: String) throws(EngineError) -> [String: StillProcess] {
    do {
      let socket = try UnixSocket.connect(to: settings.supervisorSocket(stack), waits: false)
      try Kernel.send(Array("\(StillAnswer.request)\n".utf8), descriptors: [], to: socket.raw)
      return StillAnswer(text: String(decoding: try socket.readAll(within: 200, limit: 4 << 20), as: UTF8.self))
        .processes
    } catch {
      // It ends, or has a long queue; ETIMEDOUT: it is held up.
      if [2, 11, 32, 104, 110, 111].contains(error.errno) { return [:] }
      throw EngineError(error, "ask the supervisor of \(stack)")
    }
  }

  /// Sends a request to the supervisor if there is one. One that ends at this moment need not hear it, as the next one reads
  /// everything; that one is told in its place if it is there already, so that it is known to answer.
  func informSupervisor(of stack: String, _ request: String) throws(EngineError) {
    while let process = try supervisor(of: stack) {
      do throws(EngineError) { return try tellSupervisor(of: stack, request) } catch {
        if try !ends(process, stack) { throw error }
      }
    }
  }

  /// Whether it has ended: its sockets are closed a moment before that is seen.
  private func ends(_ process: ProcessIdentity, _ stack: String) throws(EngineError) -> Bool {
    do throws(SyscallError) {
      guard let pidfd = try process.openPidFD() else { return true }
      return try Kernel.waitUntilEnded(pidfd: pidfd.raw, milliseconds: 1000)
    } catch {
      throw EngineError(error, "watch the supervisor of \(stack)")
    }
  }

  /// The process that starts a supervisor again when it is killed; nil if it is gone.
  private func keeper(of process: ProcessIdentity) throws(SyscallError) -> ProcessIdentity? {
    guard
      let line = try Kernel.text(of: FilePath("/proc/\(process.pid)/status")).split(separator: "\n").first(where: {
        $0.hasPrefix("PPid:")
      }), let parent = Int32(line.dropFirst(5).filter(\.isNumber)), parent > 1,
      try Kernel.text(of: FilePath("/proc/\(parent)/comm")) == Runtime.keeper
    else { return nil }
    return try ProcessIdentity.current(pid: parent)
  }

  /// Whether somebody would start it again; true for one that has just ended.
  func isKept(_ process: ProcessIdentity) throws(EngineError) -> Bool {
    do throws(SyscallError) { return try keeper(of: process) != nil } catch {
      if error.errno == 2 || error.errno == 3 { return true }
      throw EngineError(error, "look for the keeper of process \(process.pid)")
    }
  }

  /// Asks it to end, then makes it. Its files go with the stack's run directory.
  func stopSupervisor(_ stack: String) throws(EngineError) {
    guard let process = try supervisor(of: stack) else { return }
    do {
      guard let pidfd = try process.openPidFD() else { return }
      try process.send(signal: 15)
      if try !Kernel.waitUntilEnded(pidfd: pidfd.raw, milliseconds: 5000) {
        // Its keeper would start another one.
        try keeper(of: process)?.send(signal: 9)
        try process.send(signal: 9)
        if try !Kernel.waitUntilEnded(pidfd: pidfd.raw, milliseconds: 5000) {
          throw EngineError(.kernel, "the supervisor of \(stack), process \(process.pid), does not end")
        }
      }
      // Reaped if it is our own child.
      _ = try Kernel.waitForExit(pidfd: pidfd.raw)
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "end the supervisor of \(stack): \(error)")
    }
  }
}

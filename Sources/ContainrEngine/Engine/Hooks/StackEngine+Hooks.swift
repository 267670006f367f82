// post_start and pre_stop: commands inside a container, at its start and before its end.
internal import ContainrHost
internal import ContainrOCI
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

/// Who hears of what a command around a container's life writes; a line each.
typealias HookNote = @Sendable (String) -> Void

extension StackEngine {
  /// What a hook may say; the rest is read and dropped.
  private static let outputLimit = 65_536

  /// Runs what is to be done in a container after its start, in order; an error if one of it does not end with 0. `process`:
  /// the life of it that is meant, where nobody holds the stack's lock.
  func runPostStart(
    _ name: ContainerName, _ plan: ServicePlan, of process: ProcessIdentity? = nil, note: HookNote
  ) throws(EngineError) {
    for (index, hook) in plan.postStart.enumerated() {
      let place = HookPlace(.postStart, index + 1, name)
      if let failure = try run(hook, place, plan, of: process, deadline: nil, note: note) {
        throw EngineError(.kernel, failure)
      }
      settings.failpoint?("hook:\(name.id):post_start.\(index + 1)")
    }
  }

  /// Runs what is to be done in a container before it is asked to end, as long as there is time; `deadline` of the
  /// monotonic clock. What does not work is told, and keeps nobody from stopping it.
  func runPreStop(
    _ name: ContainerName, _ record: ContainerRecord, deadline: UInt64, note: HookNote
  ) throws(EngineError) {
    let plan = try record.runningPlan()
    for (index, hook) in plan.preStop.enumerated() {
      let place = HookPlace(.preStop, index + 1, name)
      if Kernel.monotonicTime() >= deadline { return note("\(place.words) was not run: its time is over") }
      do throws(EngineError) {
        if let failure = try run(hook, place, plan, deadline: deadline, note: note) { note(failure) }
      } catch {
        note(error.message)
      }
    }
  }

  /// nil: it has ended with 0; else why not, in words.
  private func run(
    _ hook: HookPlan, _ place: HookPlace, _ plan: ServicePlan, of life: ProcessIdentity? = nil, deadline: UInt64?,
    note: HookNote
  ) throws(EngineError) -> String? {
    let name = place.container
    var command = InsideCommand(hook.command)
    command.user = hook.user
    command.workingDirectory = hook.workingDirectory
    command.environment = hook.environment.map { ($0.name, $0.value) }
    command.isPrivileged = hook.isPrivileged
    let result: ExecResult
    do {
      let process = try process(of: command, inside: name, of: plan)
      let now = Kernel.monotonicTime()
      let left = deadline.map { Int(($0 - min(now, $0)) / 1_000_000) }
      result = try runtime.exec(
        name.id, of: life, process: process, cgroupPath: settings.cgroup(name, of: plan), timeoutMilliseconds: left,
        outputLimit: Self.outputLimit)
    } catch let error as EngineError {
      tell(place.event.with("failure", Self.line(error.message)))
      return "\(place.words): \(error.message)"
    } catch {
      tell(place.event.with("failure", Self.line("\(error)")))
      return "\(place.words): \(error)"
    }
    let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n").map(String.init)
    for line in lines { note("\(name.display) \(place.kind.rawValue): \(line)") }
    guard let status = result.status else {
      tell(place.event.with("failure", "time is over"))
      return "\(place.words) was ended: its time was over"
    }
    tell(place.event.with("exitCode", String(status.code)))
    if status == .exited(0) { return nil }
    if case .signalled = status, try isEnding(name) { return "\(place.words) ended with the container" }
    return "\(place.words) \(HookPlace.words(status))" + (lines.last.map { ": \($0)" } ?? "")
  }

  /// Whether the container has ended, or is about to: its first process waits in its end for all of its pid namespace, so that
  /// a command that was killed with it may be gone before it is.
  private func isEnding(_ name: ContainerName) throws(EngineError) -> Bool {
    guard case .running = try process(of: name.id), let process = try lastProcess(of: name) else { return true }
    do throws(SyscallError) {
      guard let pidfd = try process.openPidFD() else { return true }
      return try Kernel.waitReadable(pidfd.raw, milliseconds: 1000)
    } catch {
      throw EngineError(error, "look whether \(name.id) ends")
    }
  }

  /// As an event can hold it.
  private static func line(_ text: String) -> String {
    String(text.map { $0 == "\n" || $0 == "\t" ? " " : $0 })
  }

  // MARK: starts that were cut

  /// What is still to be done when a supervisor is killed.
  enum CutStart: String, Sendable {
    /// The hooks of a container that runs.
    case hooks = "post_start"
    /// A new process of one that was ended for it, or that is to be, whatever its policy says.
    case again
  }

  /// Notes that a container is being started, and by whom, so that whoever follows a supervisor that was killed meanwhile
  /// goes on.
  func beginStart(_ name: ContainerName, _ start: CutStart) throws(EngineError) {
    do throws(SyscallError) {
      let text = "\(start.rawValue) \(try Self.starter())\n"
      try Kernel.replace(settings.unfinishedStart(name.stack, name.id), with: Array(text.utf8))
    } catch {
      throw EngineError(error, "note the start of \(name.id)")
    }
  }

  /// All of its start is done.
  func endStart(_ name: ContainerName) throws(EngineError) {
    do throws(SyscallError) {
      try tolerating(2) { () throws(SyscallError) in
        try Kernel.remove(settings.unfinishedStart(name.stack, name.id))
      }
    } catch {
      throw EngineError(error, "note the start of \(name.id)")
    }
  }

  /// nil: no start of it was begun that is not finished. `isForeign`: this process has not begun it, so that it was cut.
  func cutStart(of name: ContainerName) throws(EngineError) -> (start: CutStart, isForeign: Bool)? {
    do throws(SyscallError) {
      let text = try Kernel.text(of: settings.unfinishedStart(name.stack, name.id))
      let isForeign = !text.hasSuffix(" \(try Self.starter())\n")
      return (text.hasPrefix(CutStart.again.rawValue) ? .again : .hooks, isForeign)
    } catch {
      if error.errno == 2 || error.errno == 20 { return nil }
      throw EngineError(error, "look at the start of \(name.id)")
    }
  }

  private static func starter() throws(SyscallError) -> String {
    let me = try ProcessIdentity.current(pid: Kernel.processID())
    return "\(me.pid) \(me.startTime)"
  }

  func hasUnfinishedStart(_ name: ContainerName) throws(EngineError) -> Bool {
    do throws(SyscallError) { return try Kernel.exists(settings.unfinishedStart(name.stack, name.id)) } catch {
      throw EngineError(error, "look at the start of \(name.id)")
    }
  }
}

/// Which of a container's hooks is meant.
struct HookPlace: Sendable, Hashable {
  var kind: HookPlan.Kind
  /// From 1.
  var number: Int
  var container: ContainerName

  init(_ kind: HookPlan.Kind, _ number: Int, _ container: ContainerName) {
    self.kind = kind
    self.number = number
    self.container = container
  }

  /// `t-web-1: command 1 of post_start`.
  var words: String { "\(container.display): command \(number) of \(kind.rawValue)" }

  var event: ContainerEvent {
    ContainerEvent(.hook, container.eventSubject).with("hook", kind.rawValue).with("number", String(number))
  }

  /// `ended with exit code 3`.
  static func words(_ status: ExitStatus) -> String {
    switch status {
    case .exited(let code): "ended with exit code \(code)"
    case .signalled(let signal): "was ended by \(ExitWords.name(ofSignal: signal))"
    }
  }
}

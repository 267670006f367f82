// Waiting for a dependency without polling: the end of a process by its pidfd, health by inotify, the supervisor by its
// pidfd, as without it nobody checks any more: then a new one is started.
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension ChangeRunner {
  /// Returns when the condition holds of all containers of a service.
  func wait(for service: String, _ condition: DependencyPlan.Condition) throws(EngineError) {
    guard let plan = desired?.services.first(where: { $0.name == service }), plan.replicas > 0 else { return }
    // Which of two lives of a container serves is decided while this changeset is applied.
    let now: StoreContents
    do { now = try store.contents() } catch { throw EngineError(error) }
    let runner = bounded()
    for index in 1...plan.replicas {
      let place = ContainerName(stack: stack, service: service, index: index)
      let name = now.serving(place)?.name ?? place
      switch condition {
      case .started: continue
      case .completed: try runner.awaitEnd(of: name)
      case .healthy:
        try checkHasCheck(name, now, plan)
        try runner.awaitHealth(of: name)
      }
    }
  }

  /// One wait, which begins now.
  private func bounded() -> ChangeRunner {
    guard let waitLimit else { return self }
    var runner = self
    runner.waitDeadline = min(waitDeadline ?? .max, Kernel.monotonicTime() + waitLimit)
    return runner
  }

  /// Only when the image is here is it known whether it has a check.
  private func checkHasCheck(_ name: ContainerName, _ now: StoreContents, _ plan: ServicePlan) throws(EngineError) {
    guard plan.image != nil, let record = now.containers.first(where: { $0.id == name.id }) else { return }
    if try record.runningFields().contains(where: { $0.path == "healthcheck.test" }) { return }
    throw EngineError(
      .settings, "\(name.display) can never be healthy: neither the stack file nor its image has a healthcheck")
  }

  private func awaitEnd(of name: ContainerName) throws(EngineError) {
    let exit: ContainerExit?
    do {
      exit = try engine.runtime.waitForExit(name.id, milliseconds: Int(patience))
    } catch {
      throw EngineError(.kernel, error.description)
    }
    if exit == nil, patience == 0 { throw EngineError(.kernel, "\(name.display) has not ended yet") }
    guard let exit else { throw EngineError(.kernel, "\(name.display) ended and nobody knows how") }
    if exit.status != .exited(0) { throw EngineError(.kernel, "\(name.display) \(Self.words(exit))") }
  }

  func awaitHealth(of name: ContainerName) throws(EngineError) {
    do {
      let directory = settings.health(stack)
      let inotify = try Kernel.inotifyDescriptor()
      // The supervisor replaces the file by rename.
      try Kernel.watch(directory, inotify: inotify.raw, mask: 0x80)
      let poll = try EventPoll()
      try poll.add(inotify.raw, token: 1)
      let exit = try engine.runtime.exitDescriptor(name.id)
      if let exit { try poll.add(exit.raw, token: 2) }
      var supervisor: SharedFD?
      var supervisors = 0
      while true {
        // Looked at after the watches are set, so that nothing is missed.
        switch try engine.health(of: name) {
        case .healthy: return
        case .unhealthy: throw EngineError(.kernel, "\(name.display) is unhealthy: \(try lastProbe(of: name))")
        case .starting, nil: break
        }
        guard exit != nil, case .running = try engine.runtime.observe(name.id) else {
          throw EngineError(.kernel, "\(name.display) ended before it was healthy\(try ending(of: name))")
        }
        if supervisor == nil {
          // It may be killed at any moment, and another one goes on; but not for ever.
          supervisors += 1
          supervisor = try supervisors > Self.supervisors ? nil : watchedSupervisor()
          guard let supervisor else {
            throw EngineError(.kernel, "the supervisor does not stay: nobody checks \(name.display)")
          }
          try poll.add(supervisor.raw, token: 3)
          continue
        }
        let events = try poll.wait(milliseconds: patience)
        if events.isEmpty, patience == 0 {
          throw EngineError(.kernel, "\(name.display) is not healthy yet: \(try lastProbe(of: name))")
        }
        if events.contains(where: { $0.token == 1 }) { try drain(inotify.raw) }
        if events.contains(where: { $0.token == 3 }), let ended = supervisor {
          try poll.remove(ended.raw)
          supervisor = nil
        }
      }
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "wait for \(name.display): \(error)")
    }
  }

  /// How many that end are seen during one wait.
  private static let supervisors = 5

  /// Readable when the supervisor has ended; a new one if there is none.
  private func watchedSupervisor() throws(EngineError) -> SharedFD? {
    if let there = try engine.supervisorDescriptor(of: stack) { return there }
    try engine.ensureSupervisor(of: stack)
    return try engine.supervisorDescriptor(of: stack)
  }

  /// Milliseconds that a wait has left; -1 is without end.
  private var patience: Int32 {
    guard let waitDeadline else { return -1 }
    let now = Kernel.monotonicTime()
    return now >= waitDeadline ? 0 : Int32(clamping: (waitDeadline - now) / 1_000_000 + 1)
  }

  private func drain(_ inotify: CInt) throws(SyscallError) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    _ = try Kernel.read(inotify, into: &buffer)
  }

  private func ending(of name: ContainerName) throws(RuntimeError) -> String {
    guard case .exited(let exit) = try engine.runtime.observe(name.id) else { return "" }
    return ": it \(Self.words(exit))"
  }

  /// The output of the last probe, as the supervisor kept it.
  func lastProbe(of name: ContainerName) throws(SyscallError) -> String {
    ProbeAnswer(healthFile: try Kernel.text(of: settings.health(stack).appending(name.id)))?.words
      ?? "the probe says nothing"
  }

  /// `failed with exit code 3`.
  static func words(_ exit: ContainerExit) -> String {
    if exit.lostFiles { return "was killed: fuse-overlayfs, which served its files, had ended" }
    if exit.outOfMemory { return "was killed: out of memory" }
    switch exit.status {
    case .exited(let code): return "ended with exit code \(code)"
    case .signalled(let signal): return "was ended by \(ExitWords.name(ofSignal: signal))"
    }
  }
}

// pre_start: commands before the first start of a container, each in a container of its own beside it, with its networks,
// volumes and files. What one of them leaves after a kill is a leftover like any other.
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrTelemetry
internal import Synchronization
internal import SystemPackage

extension ChangeRunner {
  /// Does what is to be done before a container starts for the first time. Of what is done once for the service, the first
  /// of its containers to come does it, and the others wait for it; where the service has a container that stays, it has
  /// been done.
  func prepare(_ name: ContainerName, _ plan: ServicePlan, isFresh: Bool) throws(EngineError) {
    if plan.preStart.isEmpty { return }
    let mark = settings.preparation(name.place.id)
    let wanted = StableHash.hex(PlanCoding.text(plan.fields.filter { $0.path.hasPrefix("pre_start.") }), digits: 16)
    do throws(SyscallError) {
      if isFresh {
        try tolerating(2, 20) { () throws(SyscallError) in try Kernel.remove(mark) }
      } else if try Kernel.exists(mark) {
        return
      }
    } catch {
      throw EngineError(error, "look at what \(name.display) was prepared with")
    }
    for (index, hook) in plan.preStart.enumerated() {
      let place = HookPlace(.preStart, index + 1, name)
      if hook.isPerReplica {
        try run(hook, place, plan, isFresh: isFresh)
      } else if !isPrepared(plan.name) {
        try preparations.once("\(plan.name) \(index)") { () throws(EngineError) in
          try run(hook, place, plan, isFresh: isFresh)
        }
      }
    }
    do throws(SyscallError) {
      try Kernel.makeDirectories(mark.removingLastComponent(), mode: 0o700)
      try Kernel.replace(mark, with: Array("\(wanted)\n".utf8))
    } catch {
      throw EngineError(error, "note what \(name.display) was prepared with")
    }
  }

  /// A container of the service stays while others come.
  private func isPrepared(_ service: String) -> Bool {
    let made = Set(after.containers.filter { remade.contains($0.id) }.map(\.name.place))
    return after.containers.contains {
      $0.stack == stack && $0.service == service && $0.stage == .running && !made.contains($0.name.place)
    }
  }

  private func run(
    _ hook: HookPlan, _ place: HookPlace, _ service: ServicePlan, isFresh: Bool
  ) throws(EngineError) {
    let name = place.container.preparation
    let record = try record(place.container.id, in: after)
    let step = hook.preparing(service)
    let root =
      hook.image == nil
      ? try root(of: step, place.container, isFresh: isFresh)
      : try ImageRoot(step, ImageLook(settings)).without(volumesBeside: service)
    let lines: [String]
    let exit: ContainerExit?
    do throws(EngineError) {
      try takeAway(name, record, step)
      _ = try starter.start(name, plan: root, record: record, isFresh: true)
      do { exit = try engine.runtime.waitForExit(name.id) } catch { throw EngineError(.kernel, error.description) }
      lines = try LastLines.of(settings.logFile(name.id))
      try takeAway(name, record, step)
    } catch {
      do throws(EngineError) { try takeAway(name, record, step) } catch let second {
        throw EngineError(error.kind, "\(place.words): \(error.message); and it cannot be removed: \(second.message)")
      }
      throw EngineError(error.kind, "\(place.words): \(error.message.replacing(name.id, with: name.display))")
    }
    for line in lines { note("\(name.display) pre_start: \(line)") }
    guard let exit else { throw EngineError(.kernel, "\(place.words) ended and nobody knows how") }
    engine.tell(place.event.with("exitCode", String(exit.status.code)))
    settings.failpoint?("hook:\(place.container.id):pre_start.\(place.number)")
    if exit.status == .exited(0) { return }
    throw EngineError(
      .kernel, "\(place.words) \(Self.words(exit))" + (lines.last.map { ": \($0)" } ?? ""))
  }

  /// All that there is of such a container.
  private func takeAway(
    _ name: ContainerName, _ record: ContainerRecord, _ plan: ServicePlan
  ) throws(EngineError) {
    do {
      try engine.runtime.delete(
        name.id, cgroupPath: settings.cgroup(name, of: plan), ownsParents: plan.cgroupParent == nil)
      // Its links bear the names of those of the container itself.
      try starter.links.deleteLinks(names: record.leases.map(\.link) + record.queueLinks)
      try Kernel.removeTree(settings.containerState(name.id))
      try engine.files.remove(name.id)
    } catch {
      throw EngineError(.kernel, "clear away \(name.id): \(error)")
    }
  }
}

extension HookPlan {
  /// The plan of the container that runs it: the service's, with what is its own.
  func preparing(_ service: ServicePlan) -> ServicePlan {
    var plan = service
    if let image {
      (plan.image, plan.layers) = (image, [])
      (plan.entrypoint, plan.origins["entrypoint"], plan.origins["command"]) = ([], nil, nil)
    }
    // Without one it is the image's.
    if image != nil || !command.isEmpty { plan.command = command } else { plan.command = [] }
    if command.isEmpty { plan.origins["command"] = nil }
    if let user { plan.user = user }
    if let workingDirectory {
      plan.workingDirectory = workingDirectory
      plan.origins["working_dir"] = plan.location
    }
    var values = Dictionary(plan.environment.map { ($0.name, $0.value) }) { _, last in last }
    for variable in environment { values[variable.name] = variable.value }
    plan.environment = values.sorted { $0.key < $1.key }.map { EnvironmentPlan(name: $0.key, value: $0.value) }
    if isPrivileged {
      plan.security = plan.security ?? SecurityPlan()
      plan.security?.privileged = true
    }
    (plan.healthcheck, plan.disablesHealthcheck, plan.restart) = (nil, true, RestartPlan())
    (plan.preStart, plan.postStart, plan.preStop) = ([], [], [])
    (plan.hasTerminal, plan.keepsInput, plan.logging) = (nil, nil, nil)
    return plan
  }
}

extension ImageRoot {
  /// Without the volumes that only its image asks for: they would be new ones of the service.
  fileprivate func without(volumesBeside service: ServicePlan) -> ImageRoot {
    var root = self
    root.plan.mounts.removeAll { mount in mount.isAnonymous && !service.mounts.contains { $0.target == mount.target } }
    return root
  }
}

/// What is done once in an apply, whoever of several comes first: the others wait, and get what it came to.
final class OnceLedger: Sendable {
  private enum Entry {
    case running
    case done(EngineError?)
  }

  private let entries = Mutex<[String: Entry]>([:])

  /// Runs `body` if nobody has under this key.
  func once(_ key: String, _ body: () throws(EngineError) -> Void) throws(EngineError) {
    while true {
      let entry = entries.withLock { entries -> Entry? in
        let there = entries[key]
        if there == nil { entries[key] = .running }
        return there
      }
      switch entry {
      case .done(let failure):
        if let failure { throw failure }
        return
      case .running: Kernel.pause(milliseconds: 10)
      case nil:
        var failure: EngineError?
        do throws(EngineError) { try body() } catch { failure = error }
        entries.withLock { $0[key] = .done(failure) }
        if let failure { throw failure }
        return
      }
    }
  }
}

// One container of a service for one command: brought up as an `up` would, attached to, and taken away if that was asked for.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

struct OneOffRun {
  let context: CommandContext
  let stack: LoadedStack
  /// As it is for this once, but for its name.
  let service: ServicePlan
  let usesAliases: Bool
  let detaches: Bool
  let removes: Bool
  let startsDependencies: Bool
  /// Else its standard input is at its end from the beginning.
  let takesInput: Bool
  let keys: DetachKeys
  /// Nothing is said of what is done before the command begins.
  var isQuiet = false
  var hidesPulls = false
  /// Containers of services that are not in the file any more go before the command begins.
  var removesOrphans = false
  /// It is only said what would be done.
  var isDry = false

  /// Its code; nil if it goes on by itself.
  func run() throws -> Int32? {
    let plan = try oneOff()
    let place = ContainerName(stack: stack.plan.name, service: plan.name, index: 1)
    if isDry {
      try rehearse(plan, place)
      return nil
    }
    let engine = try context.engine(awaiting: detaches ? nil : place.id, size: Kernel.callersWindow())
    let signals = try InsideSession.signals()
    try bringUp(plan, place, engine)
    if detaches {
      context.output.write("\(place.display)\n")
      return nil
    }
    let end: AttachSession.End
    do { end = try attend(place, engine, signals) } catch { throw failure(error, place, engine) }
    switch end {
    case .left:
      context.errors.write("\r\nleft running: \(place.display)\n")
      return nil
    case .ended(let code):
      if removes { try remove(place, engine) }
      return code
    case .unread:
      // A program in a pipeline gets SIGPIPE then. This one writes into its log, and would go on for nobody.
      if removes { try remove(place, engine) } else { try stop(place, engine) }
      return 141
    case .lost:
      let exit = CommandExit(
        .runFailed, "\(place.display) has let go of us",
        help: removes ? nil : "containr logs shows what we have missed")
      throw failure(exit, place, engine)
    }
  }

  /// Until its end, or ours. Its shim has nobody any more to wait for when this returns.
  private func attend(
    _ place: ContainerName, _ engine: StackEngine, _ signals: borrowing OwnedFD
  ) throws -> AttachSession.End {
    // Without a look at it before: its shim waits for us, and who looks at what has ended waits for the shim.
    guard let attachment = try context.attempt({ () throws(EngineError) in try engine.attach(place.id) }) else {
      throw CommandExit(.runFailed, "\(place.display) is gone")
    }
    return try AttachSession(
      attachment: attachment, keys: keys, takesInput: takesInput, endsInput: true,
      passSignal: { signal in try context.attempt { () throws(EngineError) in try engine.pass(signal, to: place.id) } }
    ).run(signals: signals)
  }

  /// What went wrong once it was there: it does not go on for nobody, and with --rm it is taken away all the same.
  private func failure(_ error: any Error, _ place: ContainerName, _ engine: StackEngine) -> CommandExit {
    var exit = (error as? CommandExit)?.with(.runFailed) ?? CommandExit(.runFailed, "\(error)")
    do { if removes { try remove(place, engine) } else { try stop(place, engine) } } catch {
      exit.notes.append("\(place.display) is still there: \((error as? CommandExit)?.message ?? "\(error)")")
    }
    return exit
  }

  private func find(_ place: ContainerName, _ engine: StackEngine) throws -> ContainerStatus? {
    try context.attempt { () throws(EngineError) in try engine.containers(stack: place.stack) }
      .first { $0.id == place.id }
  }

  /// The service under a name of its own, so that nothing of it is the service's.
  private func oneOff() throws -> ServicePlan {
    var plan = service
    let random = try Kernel.contents(of: "/proc/sys/kernel/random/uuid")
    plan.name = "\(service.name)-run-\(String(decoding: random.prefix(8), as: UTF8.self))"
    plan.oneOffOf = service.name
    plan.replicas = 1
    (plan.update, plan.rollback, plan.schedule) = (nil, nil, nil)
    // They belong to the service's own start and end.
    (plan.preStart, plan.postStart, plan.preStop) = ([], [], [])
    for index in plan.networks.indices {
      // What is one container's cannot be another's.
      (plan.networks[index].ipv4Address, plan.networks[index].ipv6Address) = (nil, nil)
      plan.networks[index].macAddress = nil
      plan.networks[index].aliases = usesAliases ? Set(plan.networks[index].aliases + [service.name]).sorted() : []
    }
    plan.macAddress = nil
    return plan
  }

  /// The services that it depends on, and those that they depend on.
  private func dependencies() -> Set<String> {
    var all: Set<String> = []
    func visit(_ service: ServicePlan) {
      for name in service.dependsOn.map(\.service) where all.insert(name).inserted {
        if let next = stack.plan.services.first(where: { $0.name == name }) { visit(next) }
      }
    }
    if startsDependencies { visit(service) }
    return all
  }

  private func rehearse(_ plan: ServicePlan, _ place: ContainerName) throws {
    let application = try application(plan, place, context.engine())
    let problems = try application.problems()
    if !problems.isEmpty {
      application.show(problems)
      throw CommandExit(passing: Self.code(problems))
    }
    DryRun.show(application.changeset, context)
    let orphans = try orphans(application.engine)
    if !orphans.isEmpty { DryRun.show(try removal(of: orphans, application.engine, volumes: false), context) }
    DryRun.end(context)
  }

  /// What has to be done before the command begins.
  private func application(_ plan: ServicePlan, _ place: ContainerName, _ engine: StackEngine) throws -> Application {
    let needed = dependencies()
    var desired = stack.plan
    // The service itself, and who has nothing to do with this, are as they are.
    desired.services = (stack.plan.services.filter { needed.contains($0.name) } + [plan]).sorted { $0.name < $1.name }
    let running = try context.attempt { () throws(EngineError) in try engine.containers(stack: place.stack) }
    var places: Set<ContainerName> = [place]
    for service in desired.services where needed.contains(service.name) {
      for index in 1...max(1, service.replicas) {
        let one = ContainerName(stack: place.stack, service: service.name, index: index)
        if !running.contains(where: { $0.service == service.name && $0.index == index && $0.pid != nil }) {
          places.insert(one)
        }
      }
    }
    var options = ReconcileOptions()
    options.orphans = .ignore
    options.only = places
    let (wanted, target) = (options, desired)
    let changeset = try context.attempt { () throws(EngineError) in
      try engine.plan(target, stackName: place.stack, options: wanted)
    }
    var loaded = stack
    loaded.plan = desired
    return Application(
      context: context, engine: engine, stack: loaded, changeset: changeset, report: context.errors,
      reportInk: context.errorInk, hidesPulls: hidesPulls, isQuiet: isQuiet)
  }

  /// Under the stack's lock, which ends with this function.
  private func bringUp(_ plan: ServicePlan, _ place: ContainerName, _ engine: StackEngine) throws {
    let lock = try context.lock(engine, place.stack)
    let application = try application(plan, place, engine)
    let problems = try application.problems()
    if !problems.isEmpty {
      application.show(problems)
      throw CommandExit(passing: Self.code(problems))
    }
    let orphans = try orphans(engine)
    if !orphans.isEmpty { try remove(orphans, engine, lock, volumes: false) }
    let outcome = application.apply(lock)
    if outcome.succeeded { return }
    let failed = try application.failedContainers(outcome)
    application.show(outcome, failed)
    lock.release()
    try remove(place, engine)
    let own = outcome.failures.first { $0.address.contains(place.display) }?.message ?? ""
    throw CommandExit(passing: Self.code(own), "\(place.display) was not started")
  }

  private static func code(_ problems: [Problem]) -> Int32 {
    switch problems.first?.code {
    case "command-not-executable", "command-is-directory": 126
    case "missing-command": 127
    default: ExitCode.runFailed.rawValue
    }
  }

  /// As a shell answers for a program that it cannot begin.
  private static func code(_ message: String) -> Int32 {
    guard message.contains("find the program") || message.contains("execute the program") else {
      return ExitCode.runFailed.rawValue
    }
    return message.contains("No such file") ? 127 : 126
  }

  private func remove(_ place: ContainerName, _ engine: StackEngine) throws {
    guard try find(place, engine) != nil else { return }
    let lock = try context.lock(engine, place.stack)
    try remove([place.id], engine, lock, volumes: true)
  }

  /// With its own stop signal and grace, as `containr stop`.
  private func stop(_ place: ContainerName, _ engine: StackEngine) throws {
    guard try find(place, engine)?.pid != nil else { return }
    let lock = try context.lock(engine, place.stack)
    var options = ReconcileOptions(goal: .stop)
    options.stopOnly = [place.id]
    let wanted = options
    let changeset = try context.attempt { () throws(EngineError) in
      try engine.plan(nil, stackName: place.stack, options: wanted)
    }
    let report = engine.apply(changeset, desired: nil, lock: lock) { _ in }
    for failure in report.failures { context.warn("\(failure.address): \(failure.message)") }
  }

  private func remove(
    _ containers: Set<String>, _ engine: StackEngine, _ lock: borrowing StackLock, volumes: Bool
  ) throws {
    let report = engine.apply(
      try removal(of: containers, engine, volumes: volumes), desired: nil, lock: lock
    ) { _ in }
    for failure in report.failures { context.warn("\(failure.address): \(failure.message)") }
  }

  private func removal(of containers: Set<String>, _ engine: StackEngine, volumes: Bool) throws -> Changeset {
    var options = ReconcileOptions(goal: .remove, removeVolumes: volumes)
    options.removeOnly = containers
    let wanted = options
    return try context.attempt { () throws(EngineError) in
      try engine.plan(nil, stackName: stack.plan.name, options: wanted)
    }
  }

  /// Containers of services that are not in the file, if they are to go.
  private func orphans(_ engine: StackEngine) throws -> Set<String> {
    if !removesOrphans { return [] }
    let known = Set(stack.plan.services.map(\.name) + stack.plan.inactiveServices)
    let all = try context.attempt { () throws(EngineError) in try engine.containers(stack: stack.plan.name) }
    return Set(all.filter { !$0.isOneOff && !known.contains($0.service) }.map(\.id))
  }
}

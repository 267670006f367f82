// A command in a running container of a stack, with the container's environment, user, rights and limits.
public import ContainrHost
internal import ContainrOCI
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSecurity
internal import ContainrSpec
internal import ContainrStore
public import ContainrSystem
internal import SystemPackage

/// A command to be run inside, and in what it differs from the container's own process.
public struct InsideCommand: Sendable {
  /// The argument vector.
  public var arguments: [String]
  /// Variables beside the container's; a later one of a name counts.
  public var environment: [(name: String, value: String)] = []
  /// `user[:group]`, by name or number, as the container has them; nil is the container's.
  public var user: String?
  /// Absolute, and there; nil is the container's.
  public var workingDirectory: String?
  /// With all capabilities that Containr itself has. The filter stays the container's.
  public var isPrivileged = false
  /// With a terminal of its own.
  public var hasTerminal = false
  /// Rows and columns of that.
  public var size: (rows: UInt16, columns: UInt16)?
  /// It goes on by itself, and nobody hears of its end.
  public var isDetached = false

  /// With nothing beside the container's own.
  public init(_ arguments: [String]) { self.arguments = arguments }
}

/// A command that runs inside. It ends with this process, unless that leaves it.
public final class ContainerCommand {
  private let command: RunningCommand

  fileprivate init(_ command: RunningCommand) { self.command = command }

  /// The master of its terminal; nil without one.
  public var terminal: SharedFD? { command.terminal }
  /// Readable when there is something for `status` to hear.
  public var news: CInt { command.news }

  /// How it has ended, or nil if it still runs; waits for news.
  public func status() throws(EngineError) -> ExitStatus? {
    do { return try command.status() } catch { throw EngineError(ofCommand: error) }
  }

  /// Passes a signal on.
  public func send(signal: Int32) throws(EngineError) {
    do { try command.send(signal: signal) } catch { throw EngineError(ofCommand: error) }
  }

  /// Leaves it to itself.
  public func leave() throws(EngineError) { do { try command.leave() } catch { throw EngineError(ofCommand: error) } }

  /// Kills it.
  public func end() throws(EngineError) { do { try command.end() } catch { throw EngineError(ofCommand: error) } }
}

extension StackEngine {
  /// Makes ready for `begin` what takes a while, beside what its caller does meanwhile. The signals that the caller wants to
  /// hear of are blocked before: there is another thread from here on.
  public func prepareCommand() { runtime.prepareShim() }

  /// Begins a command in a container of a stack, without `index` in the first of the service. `streams` are borrowed descriptors for its stdin, stdout and stderr; nil is
  /// the container's /dev/null.
  public func begin(
    _ command: InsideCommand, stack: String, service: String, index: Int?, streams: [CInt?]
  ) throws(EngineError) -> ContainerCommand {
    let contents = try contents()
    let first = contents.containers.lazy.filter { $0.stack == stack && $0.service == service }.map(\.index).min()
    let place = ContainerName(stack: stack, service: service, index: index ?? first ?? 1)
    guard let record = contents.serving(place) else {
      throw EngineError(.unknownContainer, "there is no container \(place.display)")
    }
    let name = record.name
    if try isPaused(record) {
      throw EngineError(.kernel, "\(place.display) is paused: `containr unpause` lets it go on")
    }
    let plan = try record.runningPlan()
    var process = try process(of: command, inside: name, of: plan)
    if command.hasTerminal { ContainerTranslation.giveTerminal(to: &process) }
    process.consoleSize = command.size.map { OCIConsoleSize(height: $0.rows, width: $0.columns) }
    do {
      return ContainerCommand(
        try runtime.begin(
          name.id, process: process, cgroupPath: settings.cgroup(name, of: plan), streams: streams,
          isDetached: command.isDetached))
    } catch { throw EngineError(ofCommand: error) }
  }

  /// The process of a command: the container's own, with what is the command's. Knows no terminal.
  func process(
    of command: InsideCommand, inside name: ContainerName, of plan: ServicePlan
  ) throws(EngineError) -> OCIProcess {
    var plan = plan
    if let user = command.user { plan.user = user }
    if let directory = command.workingDirectory { plan.workingDirectory = directory }
    plan.environment += command.environment.map { EnvironmentPlan(name: $0.name, value: $0.value) }
    var process = try process(inside: name, of: plan, arguments: command.arguments)
    if command.isPrivileged {
      let all = try ServiceRights.available().names
      process.capabilities.bounding = all
      process.capabilities.permitted = all
      process.capabilities.effective = all
    }
    return process
  }

  /// A process beside the container's own, with the same environment, user and rights.
  func process(
    inside name: ContainerName, of plan: ServicePlan, arguments: [String]
  ) throws(EngineError) -> OCIProcess {
    var sources = ContainerSources()
    sources.availableCapabilities = try ServiceRights.available()
    // Only CDI devices bring variables and groups.
    if plan.devices.contains(where: \.isCDI) || !plan.deviceRequests.isEmpty {
      sources.hardware = try HostFacts.hardware(of: plan)
    }
    do throws(SyscallError) {
      sources.hardNOFILE = try Rlimit.hard("RLIMIT_NOFILE")
      sources.host = try HostFacts.names(for: plan)
    } catch {
      throw EngineError(error, "look at this host")
    }
    return try ContainerTranslation.process(
      plan, arguments: arguments, hostname: ContainerTranslation.hostname(plan, name, sources), sources)
  }
}

// A command in a running container of a stack, on the caller's own descriptors.
public import ContainrHost
internal import ContainrOCI
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSecurity
internal import ContainrSpec
internal import ContainrStore
public import ContainrSystem
internal import SystemPackage

extension StackEngine {
  /// Runs a command in a container of a stack with the container's environment, user, rights and limits, and waits for
  /// its end. `input`, `output` and `error` are borrowed.
  public func exec(
    stack: String, service: String, index: Int, command: [String], input: CInt, output: CInt, error: CInt
  ) throws(EngineError) -> ExitStatus {
    let place = ContainerName(stack: stack, service: service, index: index)
    guard let record = try contents().serving(place) else {
      throw EngineError(.unknownContainer, "there is no container \(place.display)")
    }
    let name = record.name
    let plan = try record.runningPlan()
    let process = try process(inside: name, of: plan, arguments: command)
    do {
      return try runtime.exec(
        name.id, process: process, cgroupPath: settings.cgroup(name, of: plan), input: input, output: output,
        error: error)
    } catch let failure {
      throw EngineError(.kernel, failure.description)
    }
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

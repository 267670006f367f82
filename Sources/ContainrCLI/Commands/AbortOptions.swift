// When an attached `up` ends before everything has ended, and with which code. The words and what they mean are Compose's.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrTelemetry

struct AbortOptions: ParsableArguments {
  @Flag(help: "Stop everything as soon as one container has ended, and pass on its exit code. Not with -d.")
  var abortOnContainerExit = false

  @Flag(
    help: "Stop everything as soon as one container has ended with an error, and pass on its exit code. Not with -d.")
  var abortOnContainerFailure = false

  @Option(
    help: ArgumentHelp(
      "Pass on the exit code of this service; implies --abort-on-container-exit.", valueName: "service"),
    completion: .services)
  var exitCodeFrom: String?

  /// What was asked for; nil: everything goes on until it has ended.
  var rule: AbortRule? {
    if abortOnContainerFailure { return AbortRule(trigger: .failure, service: exitCodeFrom) }
    return abortOnContainerExit || exitCodeFrom != nil ? AbortRule(trigger: .exit, service: exitCodeFrom) : nil
  }

  func validate() throws {
    if abortOnContainerExit, abortOnContainerFailure {
      throw ValidationError("--abort-on-container-exit and --abort-on-container-failure contradict each other")
    }
  }

  /// `other`: an option that does not stay to see anything end.
  func forbid(_ other: String) throws {
    guard rule != nil else { return }
    let word =
      abortOnContainerFailure
      ? "--abort-on-container-failure" : abortOnContainerExit ? "--abort-on-container-exit" : "--exit-code-from"
    throw ValidationError("\(word) needs an attached up: it cannot be combined with \(other)")
  }
}

/// What ends everything, and whose code counts.
struct AbortRule: Sendable, Hashable {
  enum Trigger: Sendable { case exit, failure }
  var trigger: Trigger
  /// Its first exit code is passed on, whoever ended first; nil: that of the container that ended everything.
  var service: String?
}

/// Listens to the ends of containers. Pure.
struct AbortWatch {
  let rule: AbortRule
  /// Those whose ends count.
  let services: Set<String>
  /// Begun since this `up` began: the end of what was there before it and was made again is no end.
  private var begun: Set<String> = []
  private var ended: Set<String> = []
  /// The container that ended everything.
  private var first: (name: String, code: Int32)?
  private var chosen: Int32?

  init(_ rule: AbortRule, services: Set<String>) {
    self.rule = rule
    self.services = services
  }

  /// What the command passes on.
  var code: Int32 { chosen ?? first?.code ?? 0 }

  /// Answers what is to be said if this is the end of everything.
  mutating func heard(_ event: ContainerEvent) -> String? {
    guard services.contains(event.subject.service) else { return nil }
    if event.action == .start { begun.insert(event.subject.id) }
    guard event.action == .die, begun.contains(event.subject.id),
      let code = event.attributes.first(where: { $0.name == "exitCode" }).flatMap({ Int32($0.value) })
    else { return nil }
    return ended(event.subject.id, event.subject.name, event.subject.service, code)
  }

  /// Takes in a container as it is now, running or ended. What it did while nobody listened has to be seen here.
  mutating func saw(_ container: ContainerStatus) -> String? {
    guard services.contains(container.service) else { return nil }
    if container.pid != nil {
      begun.insert(container.id)
      return nil
    }
    guard container.isOver, container.state == .exited, let code = container.exitCode else { return nil }
    return ended.contains(container.id) ? nil : ended(container.id, container.name, container.service, code)
  }

  private mutating func ended(_ id: String, _ name: String, _ service: String, _ code: Int32) -> String? {
    ended.insert(id)
    if chosen == nil, service == rule.service { chosen = code }
    if first != nil || (rule.trigger == .failure && code == 0) { return nil }
    first = (name, code)
    return "\(name) exited with code \(code): everything is stopped"
  }
}

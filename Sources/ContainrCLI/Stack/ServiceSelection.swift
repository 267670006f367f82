// A command about some services of a stack: these and what they depend on, and everything else as it was brought up last.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec

struct ServiceSelection {
  /// Which are meant; none is all of them.
  var services: [String]
  /// What they need is left alone.
  var leavesNeeds = false
  /// Containers that are there are not looked at.
  var keepsThose = false

  /// What a narrowed command is about.
  struct Places {
    /// nil: all of the stack.
    var only: Set<ContainerName>?
    /// Who is waited for; nil: all that others depend on.
    var awaited: Set<String>?
    /// How many of the other services there are to be, as the revision says that they go on from.
    var scale: [String: Int] = [:]
  }

  /// Leaves what is not meant as the last revision has it. The stack's lock is held, or nothing is done.
  func narrow(_ stack: inout LoadedStack, _ engine: StackEngine, _ context: CommandContext) throws -> Places {
    if services.isEmpty && !keepsThose { return Places() }
    let name = stack.plan.name
    var meant = try Self.named(services, in: stack.plan, withNeeds: !leavesNeeds || services.isEmpty)
    let awaited = leavesNeeds ? meant : nil
    let there = try context.attempt { () throws(EngineError) in try engine.containers(stack: name) }
    var places: Set<ContainerName> = []
    for service in stack.plan.services where meant.contains(service.name) {
      // Also those that are too many by now.
      let highest = there.filter { $0.service == service.name }.map(\.index).max() ?? 0
      for index in 1...max(1, service.replicas, highest) {
        places.insert(ContainerName(stack: name, service: service.name, index: index))
      }
    }
    if keepsThose {
      let kept = there.filter { meant.contains($0.service) && $0.state != .creating && $0.state != .removing }
      for container in kept {
        places.remove(ContainerName(stack: name, service: container.service, index: container.index))
      }
      // One of which more are wanted is as the file has it, also where a container of it is as it was before.
      meant = meant.intersection(places.map(\.service))
    }
    guard let last = try context.attempt({ () throws(EngineError) in try engine.lastRevision(of: name) }) else {
      return Places(only: places, awaited: awaited)
    }
    let earlier = try context.attempt { () throws(EngineError) in
      try engine.plan(ofRevision: last.number, stack: name)
    }
    // What else has changed in the file is for an `up` of all of it.
    stack.plan = stack.plan.changing(only: meant, of: earlier)
    return Places(only: places, awaited: awaited, scale: last.options.scale.filter { !meant.contains($0.key) })
  }

  /// Services by their names, and what they need where that is meant as well.
  static func named(_ services: [String], in plan: StackPlan, withNeeds: Bool) throws -> Set<String> {
    let all = try closure(of: services, in: plan)
    return withNeeds ? all : Set(services)
  }

  /// These and what they need; all of the stack if none is named.
  private static func closure(of services: [String], in plan: StackPlan) throws -> Set<String> {
    if services.isEmpty { return Set(plan.services.map(\.name)) }
    let known = Dictionary(uniqueKeysWithValues: plan.services.map { ($0.name, $0) })
    var meant: Set<String> = []
    func visit(_ name: String) {
      guard let service = known[name], meant.insert(name).inserted else { return }
      for dependency in service.dependsOn { visit(dependency.service) }
    }
    for name in services {
      guard known[name] != nil else {
        let isInactive = plan.inactiveServices.contains(name)
        throw UnknownService.exit(
          name, plan.services.map(\.name), .refused,
          isInactive ? "the service \(name) is part of no active profile" : "there is no service \(name) in the file")
      }
      visit(name)
    }
    return meant
  }
}

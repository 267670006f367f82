// Which containers of a stack a command is about: those of the services that are named, or all.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile

/// A stack that is up, and containers of it.
struct ContainerChoice {
  var stack: String
  var containers: [ContainerStatus]

  /// Looks. Without services it is all of them but what was run once. A service that has no container is an error that names those that have.
  init(_ services: [String], of stack: String, _ engine: StackEngine, _ context: CommandContext) throws {
    let all = try context.attempt { () throws(EngineError) in try engine.containers(stack: stack) }
    if all.isEmpty, !services.isEmpty { try Self.requireStack(stack, engine, context) }
    let known = Set(all.map(\.service))
    if let unknown = services.first(where: { !known.contains($0) }) {
      let message = "the stack \(stack) has no containers of a service \(unknown)"
      if known.isEmpty { throw CommandExit(.failure, message, help: "containr up starts the stack") }
      throw UnknownService.exit(unknown, known, .failure, message)
    }
    self.stack = stack
    containers = services.isEmpty ? all.filter { !$0.isOneOff } : all.filter { services.contains($0.service) }
  }

  /// Whether there is such a stack; else an error that names those that there are.
  static func requireStack(_ stack: String, _ engine: StackEngine, _ context: CommandContext) throws {
    let known = try context.attempt { () throws(EngineError) in try engine.knownStacks() }
    if let exit = StackNaming.missing(stack, known) { throw exit }
  }

  /// Those that stand for their place: not what an update left beside it.
  var serving: [ContainerStatus] { containers.filter { $0.role == .serving } }

  /// One container of one service; without `index` the first of it that runs, or the first.
  static func one(
    _ service: String, index: Int?, of stack: String, _ engine: StackEngine, _ context: CommandContext
  ) throws -> ContainerStatus {
    let choice = try ContainerChoice([service], of: stack, engine, context)
    let serving = choice.serving
    let first = serving.first { $0.pid != nil }?.index ?? serving.first?.index ?? 1
    let index = index ?? first
    guard let container = serving.first(where: { $0.index == index }) else {
      throw CommandExit(
        .failure, "the service \(service) has no container number \(index)",
        help: "there are \(serving.map { String($0.index) }.joined(separator: ", "))")
    }
    return container
  }
}

// `containr pause` and `unpause`: containers stand still where they are, and go on.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile

struct PauseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Lets containers stand still, with all that they have, until unpause.")
  @OptionGroup var options: MovementOptions

  func run() throws { try options.setPaused(true) }
}

struct UnpauseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unpause", abstract: "Lets containers go on that stand still.")
  @OptionGroup var options: MovementOptions

  func run() throws { try options.setPaused(false) }
}

extension MovementOptions {
  fileprivate func setPaused(_ isPaused: Bool) throws {
    if dry.dryRun { return try rehearse(isPaused) }
    let movement = try StackMovement.take(stack.choice(), services, noColour: noColor)
    let context = movement.context
    let running = movement.choice.containers.filter { $0.pid != nil }
    if running.isEmpty { throw CommandExit(.failure, "none of these containers runs") }
    let changed = try context.attempt { () throws(EngineError) in
      try movement.engine.setPaused(isPaused, running, of: movement.name, lock: movement.lock)
    }
    // Named and already so, all of them: as in Compose that is a failure.
    if changed.isEmpty {
      throw CommandExit(.failure, isPaused ? "they are paused already" : "none of these containers is paused")
    }
    for container in running where changed.contains(container.id) {
      context.output.write("\(container.name)   \(isPaused ? "paused" : "goes on")\n")
    }
  }

  private func rehearse(_ isPaused: Bool) throws {
    let rehearsal = try Rehearsal(stack.choice(), services, noColour: noColor)
    let running = rehearsal.choice.containers.filter { $0.pid != nil }
    if running.isEmpty { throw CommandExit(.failure, "none of these containers runs") }
    let changed = running.filter { ($0.state == .paused) != isPaused }
    if changed.isEmpty {
      throw CommandExit(.failure, isPaused ? "they are paused already" : "none of these containers is paused")
    }
    rehearsal.tell(changed, isPaused ? "would be paused" : "would go on")
    DryRun.end(rehearsal.context)
  }
}

// `containr supervise` (hidden): the supervisor of one stack. Started by the engine, never by people.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost

struct SuperviseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "supervise", shouldDisplay: false)

  /// Where the engine put the pipe that waits for `ready`.
  private static let readyDescriptor: CInt = 3

  @Argument var stack: String
  /// It follows one that was killed: nobody waits for `ready`.
  @Flag var successor = false

  func run() throws {
    let context = try CommandContext(noColour: true)
    let engine = try context.engine()
    try context.attempt { () throws(EngineError) in
      try engine.runSupervisor(stack: stack, readyFD: successor ? nil : Self.readyDescriptor)
    }
  }
}

// `containr supervise` (hidden): the supervisor of one stack. Started by the engine, never by people.
internal import ArgumentParser
internal import ContainrEngine

struct SuperviseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "supervise", shouldDisplay: false)

  @Argument var stack: String
  /// Written to and closed when the supervisor is at work.
  @Option var readyFd: Int32?

  func run() throws {
    let context = try CommandContext(noColour: true)
    let engine = try context.engine("containr supervise")
    try context.attempt { () throws(EngineError) in
      try engine.runSupervisor(stack: stack, readyFD: readyFd)
    }
  }
}

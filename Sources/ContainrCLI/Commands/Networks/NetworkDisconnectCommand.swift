// `containr network disconnect`: a container leaves a network.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost

struct NetworkDisconnectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disconnect", abstract: "Takes a container off a network, until the next containr-up.")

  @Flag(name: .shortAndLong, help: "One that is not on it is no error.") var force = false
  @Argument(help: "The network.") var network: String
  @Argument(help: "The container.") var container: String

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    if force {
      let all = try context.attempt { () throws(EngineError) in try engine.networks() }
      let members = all.first { $0.name == network }?.members ?? []
      if !members.contains(where: { $0.answers(to: container) }) { return }
    }
    try context.attempt { () throws(EngineError) in try engine.disconnect(container, from: network) }
  }
}

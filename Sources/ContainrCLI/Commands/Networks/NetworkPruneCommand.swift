// `containr network prune`: what was made by hand and has nobody on it goes.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost

struct NetworkPruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Removes networks that belong to no stack and that no container is on.")

  @Flag(name: .shortAndLong, help: "Do not ask.") var force = false
  @Option(help: "label=KEY[=VALUE].") var filter: [String] = []

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    let filter = try ListFilter(filter, only: ["label"])
    if !force {
      guard Prompt.isPossible else {
        throw CommandExit(.refused, "networks would go, and there is nobody to ask", help: "-f says that they may")
      }
      guard Prompt.confirm("all networks of no stack that no container is on are removed. Go on?") else {
        throw CommandExit(.refused, "nothing was removed")
      }
    }
    let networks = try context.attempt { () throws(EngineError) in try engine.networks() }
    var removed: [String] = []
    for network in networks where network.stack == nil && network.members.isEmpty && filter.holds(network) {
      // Somebody may have joined it just now.
      if try context.attempt({ () throws(EngineError) in try engine.removeNetwork(network.name) }) == nil {
        removed.append(network.name)
      }
    }
    if !removed.isEmpty { context.output.write("Deleted Networks:\n" + removed.map { $0 + "\n" }.joined()) }
  }
}

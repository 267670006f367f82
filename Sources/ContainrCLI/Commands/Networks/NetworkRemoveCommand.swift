// `containr network rm`: what no container is on goes.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost

struct NetworkRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rm", abstract: "Removes networks; those that a container is on stay.", aliases: ["remove"])

  @Flag(name: .shortAndLong, help: "One that is not there is no error.") var force = false
  @Argument(help: "The networks.") var names: [String]

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    var failures: [String] = []
    for name in names {
      switch try context.attempt({ () throws(EngineError) in try engine.removeNetwork(name) }) {
      case nil: context.output.write(name + "\n")
      case .missing: if !force { failures.append("there is no network \(name)") }
      case .inUse(let users): failures.append("network \(name) is in use by container \(users.joined(separator: ", "))")
      case .ofStack(let stack): failures.append("network \(name) is of stack \(stack): containr-down removes it")
      }
    }
    guard let first = failures.first else { return }
    throw CommandExit(
      .failure, failures.count == 1 ? first : "\(failures.count) networks are not removed",
      notes: failures.count == 1 ? [] : failures)
  }
}

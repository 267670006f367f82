// `containr network inspect`: looks only.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost

struct NetworkInspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Shows all there is to know of networks, as JSON.")

  @Option(name: .shortAndLong, help: "json (one a line), or a text with {{.Driver}} and the like.") var format: String?
  @Argument(help: "The networks.") var names: [String]

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    let format = try format.map { try ListFormat($0) }
    let all = try context.attempt { () throws(EngineError) in try engine.networks() }
    let found = names.compactMap { name in all.first { $0.name == name } }
    switch format {
    case nil, .table: context.output.write(NetworkView.array(found))
    case .json: context.output.write(found.map { NetworkView.line(NetworkView.details($0)) }.joined())
    case .template(let template):
      context.output.write(try found.map { try template.text(NetworkView.details($0)) + "\n" }.joined())
    }
    let missing = names.filter { name in !all.contains { $0.name == name } }
    if !missing.isEmpty { throw CommandExit(.failure, "there is no network \(missing.joined(separator: ", "))") }
  }
}

// `containr network ls`: looks only.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost

struct NetworkListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "Lists networks.", aliases: ["list"])

  @Option(name: .shortAndLong, help: "dangling=true|false, driver=…, label=KEY[=VALUE], name=PART, stack=NAME.")
  var filter: [String] = []
  @Option(help: "table, json (one a line), or a text with {{.Name}} and the like.") var format: String?
  @Flag(name: .shortAndLong, help: "Names only.") var quiet = false

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    let filter = try ListFilter(filter, only: ListFilter.networkKinds)
    let format = try ListFormat(format)
    let networks = try context.attempt { () throws(EngineError) in try engine.networks() }.filter(filter.holds)
    if quiet { return context.output.write(networks.map { $0.name + "\n" }.joined()) }
    switch format {
    case .table: context.output.write(NetworkView.table(networks).text(context.ink))
    case .json: context.output.write(networks.map { NetworkView.line(NetworkView.fields($0)) }.joined())
    case .template(let template):
      context.output.write(try template.list(networks.map(NetworkView.fields), context.ink))
    }
  }
}

// `containr volume ls` and `inspect`: looks only.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost

struct VolumeListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "Lists volumes.", aliases: ["list"])

  @Option(name: .shortAndLong, help: "dangling=true|false, driver=…, label=KEY[=VALUE], name=PART.") var filter:
    [String] = []
  @Option(help: "table, json (one a line), or a text with {{.Name}} and the like.") var format: String?
  @Flag(name: .shortAndLong, help: "Names only.") var quiet = false

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    let filter = try ListFilter(filter, only: ListFilter.volumeKinds)
    let format = try ListFormat(format)
    let volumes = try context.attempt { () throws(EngineError) in try engine.volumes() }.filter(filter.holds)
    if quiet { return context.output.write(volumes.map { $0.name + "\n" }.joined()) }
    switch format {
    case .table: context.output.write(VolumeView.table(volumes).text(context.ink))
    case .json: context.output.write(volumes.map { VolumeView.line(VolumeView.fields($0)) }.joined())
    case .template(let template):
      context.output.write(try template.list(volumes.map(VolumeView.fields), context.ink))
    }
  }
}

struct VolumeInspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Shows all there is to know of volumes, as JSON.")

  @Option(name: .shortAndLong, help: "json (one a line), or a text with {{.Mountpoint}} and the like.") var format:
    String?
  @Argument(help: "The volumes.") var names: [String]

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    let format = try format.map { try ListFormat($0) }
    let all = try context.attempt { () throws(EngineError) in try engine.volumes() }
    let found = names.compactMap { name in all.first { $0.name == name } }
    switch format {
    case nil, .table: context.output.write(VolumeView.array(found))
    case .json: context.output.write(found.map { VolumeView.line(VolumeView.details($0)) }.joined())
    case .template(let template):
      context.output.write(try found.map { try template.text(VolumeView.details($0)) + "\n" }.joined())
    }
    let missing = names.filter { name in !all.contains { $0.name == name } }
    if !missing.isEmpty {
      throw CommandExit(.failure, "there is no volume \(missing.joined(separator: ", "))")
    }
  }
}

// `containr volumes`: the volumes of one stack, in Compose's words; `containr volume` is about all of this host.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost

struct StackVolumesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "volumes", abstract: "Lists the volumes of a stack; containr volume is about all of this host.")

  @OptionGroup var stack: StackOptions
  @Flag(name: .shortAndLong, help: "Names only.") var quiet = false
  @Option(help: "table, json (one a line), or a text with {{.Name}} and the like.") var format: String?
  @Argument(help: "Only those that containers of these services have.", completion: .services)
  var services: [String] = []

  func run() throws {
    let context = try CommandContext()
    let format = try ListFormat(format)
    let engine = try context.engine()
    let choice = stack.choice()
    let name = try StackNaming(choice: choice, context: context).name(engine)
    var volumes = try context.attempt { () throws(EngineError) in try engine.volumes() }.filter { $0.stack == name }
    if !services.isEmpty {
      let containers = try context.attempt { () throws(EngineError) in try engine.containers(stack: name) }
      try KnownServices(choice: choice, engine: engine, context: context).check(services, containers, name)
      let users = Set(containers.filter { services.contains($0.service) }.map(\.name))
      volumes = volumes.filter { !users.isDisjoint(with: $0.users) }
    }
    if quiet { return context.output.write(volumes.map { $0.name + "\n" }.joined()) }
    let fields = volumes.map(VolumeView.fields)
    switch format {
    case .table: context.output.write(VolumeView.table(volumes).text(context.ink))
    case .json: context.output.write(fields.map(VolumeView.line).joined())
    case .template(let template): context.output.write(try template.list(fields, context.ink))
    }
  }
}

// `containr images`: what the containers of a stack run.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrImageSpec
internal import ContainrImages

struct StackImagesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "images", abstract: "Lists the images that the containers of a stack run.")

  @OptionGroup var stack: StackOptions
  @Flag(name: .shortAndLong, help: "IDs only.") var quiet = false
  @Option(help: "table, json (one a line), or a text with {{.Repository}} and the like.") var format: String?
  @Argument(help: "Services; none is all of the stack.", completion: .services) var services: [String] = []

  func run() throws {
    let context = try CommandContext()
    let format = try ListFormat(format)
    let engine = try context.engine()
    let name = try StackNaming(choice: stack.choice(), context: context).nameToLook(engine)
    let names = Set(try ContainerChoice(services, of: name, engine, context).containers.map(\.name))
    // An image of several names is one for each container, by the first of them.
    var rows: [String: ImageRow] = [:]
    for row in try ImageShelf(context).rows() {
      for user in row.users where names.contains(user) && rows[user] == nil { rows[user] = row }
    }
    let sorted = rows.sorted { $0.key < $1.key }
    if quiet {
      var seen: Set<String> = []
      let ids = sorted.map(\.value.image.id.description).filter { seen.insert($0).inserted }
      return context.output.write(ids.map { "\($0)\n" }.joined())
    }
    let fields: [[VolumeView.Field]] = sorted.map { container, row in
      [(name: "ContainerName", text: container, json: JSONText.quoted(container))] + ImageView.fields(row)
    }
    switch format {
    case .table: context.output.write(Self.table(sorted).text(context.ink))
    case .json: context.output.write(fields.map(VolumeView.line).joined())
    case .template(let template): context.output.write(try template.list(fields, context.ink))
    }
  }

  private static func table(_ rows: [(key: String, value: ImageRow)]) -> Table {
    var table = Table([
      ("CONTAINER", .left), ("IMAGE", .left), ("TAG", .left), ("PLATFORM", .left), ("ID", .left), ("SIZE", .right),
      ("CREATED", .left),
    ])
    table.rows = rows.map { container, row in
      [
        container, row.reference?.familiarName ?? "<none>", row.reference?.tag ?? "<none>",
        row.image.config.platform.description, row.image.id.short, Displayed.bytes(UInt64(clamping: row.size)),
        ImageView.day(row.image.config.created),
      ]
    }
    return table
  }
}

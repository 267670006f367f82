// `containr commit` and `containr export`: a container's files as an image, and as a tar.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrImageSpec

struct CommitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "commit", abstract: "Makes an image of a container: its layers, and what it has written.",
    discussion: "Not what is in its volumes. A container that runs stands still meanwhile.")

  @Option(name: .shortAndLong, help: "Who made it.") var author: String?
  @Option(name: .shortAndLong, help: "What is said of it in its history.") var message: String?
  @Option(
    name: [.customShort("c"), .long],
    help: ArgumentHelp(
      "CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME or WORKDIR, as in a Dockerfile.",
      valueName: "instruction"))
  var change: [String] = []
  @Flag(help: "Take the container as it runs.") var noPause = false
  @Flag(name: .shortAndLong, help: "Print the ID alone.") var quiet = false
  @Argument(help: "The container, by its name as `containr ps` shows it.") var container: String
  @Argument(help: "NAME[:TAG]") var name: String?

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    var options = CommitOptions()
    options.reference = try name.map { try context.reference($0) }
    options.author = author
    options.message = message
    options.changes = change
    options.pauses = !noPause
    let image = try context.transferring { try engine.commit(container, options) }
    for line in image.omitted { context.warn("left out: \(line)") }
    context.output.write(
      quiet ? "\(image.id)\n" : "committed \(options.reference?.familiar ?? container): \(image.id)\n")
  }
}

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Writes a container's root file system as a tar, without its volumes.")

  @Option(name: .shortAndLong, help: "Where to; without it standard output.") var output: String?
  @Argument(help: "The container, by its name as `containr ps` shows it.") var container: String

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    if output == nil, context.output.isTerminal {
      throw CommandExit(.failure, "an archive is no text for a terminal", help: "-o FILE, or a pipe")
    }
    try WholeFile.write(output.map { context.surroundings.absolute($0) }, context) { take in
      for line in try engine.exportContainer(container, take: take) { context.warn("left out: \(line)") }
    }
  }
}

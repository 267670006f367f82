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
  @Flag(inversion: .prefixedNo, help: "It stands still meanwhile, if it runs.") var pause = true
  @Flag(name: .shortAndLong, help: "Print the ID alone.") var quiet = false
  @OptionGroup var subject: ContainerSubject
  @Argument(help: "NAME[:TAG]") var name: String?

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    let container = try subject.name(engine, context)
    var options = CommitOptions()
    options.reference = try name.map { try context.reference($0) }
    options.author = author
    options.message = message
    options.changes = change
    options.pauses = pause
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
  @OptionGroup var subject: ContainerSubject

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    let container = try subject.name(engine, context)
    if output == nil, context.output.isTerminal {
      throw CommandExit(.failure, "an archive is no text for a terminal", help: "-o FILE, or a pipe")
    }
    try WholeFile.write(output.map { context.surroundings.absolute($0) }, context) { take in
      for line in try engine.exportContainer(container, take: take) { context.warn("left out: \(line)") }
    }
  }
}

/// One container that a command is about.
struct ContainerSubject: ParsableArguments {
  @OptionGroup var stack: StackOptions
  @Option(help: ArgumentHelp("Which container of the service.", valueName: "number")) var index: Int?
  @Argument(
    help: "The container, by its name as `containr ps` shows it, or a service of the stack here.",
    completion: .services)
  var container: String

  func validate() throws {
    if let index, index < 1 { throw ValidationError("--index takes a number from 1") }
  }

  /// Its name. One of that name comes first; else it is a service, of which the first that runs is meant.
  func name(_ engine: StackEngine, _ context: CommandContext) throws -> String {
    if index == nil {
      let known = try context.attempt { () throws(EngineError) in try engine.containers(stack: nil) }
      let settings = try stack.choice().settings(context)
      let hasStack = settings.source != nil || settings.projectName != nil || stack.naming.projectName != nil
      if known.contains(where: { $0.name == container }) || !hasStack { return container }
    }
    let name = try StackNaming(choice: stack.choice(), context: context).name(engine)
    return try ContainerChoice.one(container, index: index, of: name, engine, context).name
  }
}

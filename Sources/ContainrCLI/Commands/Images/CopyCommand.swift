// `containr cp`: files between a container and this host.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem

struct CopyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cp", abstract: "Copies files between a container and this host.",
    usage:
      "containr cp [-aL] [--index N] CONTAINER:PATH PATH|-\n       containr cp [-aL] [--index N | --all] PATH|- CONTAINER:PATH",
    discussion:
      "CONTAINER is a container's name, or a service of the stack here: from the first that runs, into all of them. - is a tar on standard input or output. PATH/. is what is in a directory. A path of the host with a colon in it begins with ./ or /."
  )

  @Flag(name: .shortAndLong, help: "Keep owners; else files belong to the container's root, or to you.") var archive =
    false
  @Flag(name: [.customShort("L"), .long], help: "A link means what it leads to.") var followLink = false
  @Option(help: ArgumentHelp("Which container of the service.", valueName: "number")) var index: Int?
  @Flag(help: "Into the containers that 'containr run' has made of the service as well.") var all = false
  @OptionGroup var stack: StackOptions
  @Argument(help: "From.") var source: String
  @Argument(help: "To.") var target: String

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    // Who packs is told of the other end's end by an error, not by death.
    try context.transferring { try Kernel.ignore(signal: 13) }
    var options = CopyOptions()
    options.keepsOwners = archive
    options.followsLink = followLink
    let (from, to) = (end(source, context), end(target, context))
    if to == .stream, context.output.isTerminal {
      throw CommandExit(.failure, "an archive is no text for a terminal", help: "name a file, or a pipe")
    }
    for (from, to) in try pairs(from, to, engine, context) {
      let omitted = try context.transferring { try engine.copy(from: from, to: to, options) }
      for line in omitted { context.warn("left out: \(line)") }
    }
  }

  func validate() throws {
    if index != nil, all { throw ValidationError("--index and --all contradict each other") }
    if let index, index < 1 { throw ValidationError("--index takes a number from 1") }
  }

  /// What is copied where: a service means one of its containers, or all of them.
  private func pairs(
    _ from: CopyEnd, _ to: CopyEnd, _ engine: StackEngine, _ context: CommandContext
  ) throws -> [(CopyEnd, CopyEnd)] {
    switch (from, to) {
    case (.container, .container): return [(from, to)]
    case (.container(let word, let path), _):
      return try containers(word, isWritten: false, engine, context).map { (.container($0, path: path), to) }
    case (_, .container(let word, let path)):
      let names = try containers(word, isWritten: true, engine, context)
      if from == .stream, names.count > 1 {
        throw CommandExit(
          .failure, "\(word) has \(names.count) containers, and standard input can be read once",
          help: "--index takes one of them, and a path can be copied into all")
      }
      return names.map { (from, .container($0, path: path)) }
    default: return [(from, to)]
    }
  }

  /// The containers that a word means. One of that name comes first; of a service what is written goes into all of its
  /// containers, and what is read comes from the first that runs.
  private func containers(
    _ word: String, isWritten: Bool, _ engine: StackEngine, _ context: CommandContext
  ) throws -> [String] {
    let isAsked = index != nil || all
    if !isAsked {
      let known = try context.attempt { () throws(EngineError) in try engine.containers(stack: nil) }
      let settings = try stack.choice().settings(context)
      let hasStack = settings.source != nil || settings.projectName != nil || stack.naming.projectName != nil
      if known.contains(where: { $0.name == word }) || !hasStack { return [word] }
    }
    let name = try StackNaming(choice: stack.choice(), context: context).name(engine)
    let there = try context.attempt { () throws(EngineError) in try engine.containers(stack: name) }
    if there.isEmpty, stack.naming.projectName != nil { try ContainerChoice.requireStack(name, engine, context) }
    // Whoever says neither may have meant a container, and is told that there is none.
    if !isAsked, !there.contains(where: { $0.service == word }) { return [word] }
    if !isWritten || index != nil {
      return [try ContainerChoice.one(word, index: index, of: name, engine, context).name]
    }
    let own = try ContainerChoice([word], of: name, engine, context).serving
    let runs = all ? there.filter { $0.isOneOff && $0.service.hasPrefix("\(word)-run-") } : []
    return (own + runs).map(\.name)
  }

  private func end(_ word: String, _ context: CommandContext) -> CopyEnd {
    if word == "-" { return .stream }
    if !word.hasPrefix("/"), !word.hasPrefix("."), let colon = word.firstIndex(of: ":") {
      return .container(String(word[..<colon]), path: String(word[word.index(after: colon)...]))
    }
    // A slash or `/.` at the end means something, and a FilePath would lose it.
    return .local(word)
  }
}

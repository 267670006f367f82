// `containr cp`: files between a container and this host.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrSystem

struct CopyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cp", abstract: "Copies files between a container and this host.",
    usage: "containr cp [-aL] CONTAINER:PATH PATH|-\n       containr cp [-aL] PATH|- CONTAINER:PATH",
    discussion:
      "- is a tar on standard input or output. PATH/. is what is in a directory. A path of the host with a colon in it begins with ./ or /."
  )

  @Flag(name: .shortAndLong, help: "Keep owners; else files belong to the container's root, or to you.") var archive =
    false
  @Flag(name: [.customShort("L"), .long], help: "A link means what it leads to.") var followLink = false
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
    let omitted = try context.transferring { try engine.copy(from: from, to: to, options) }
    for line in omitted { context.warn("left out: \(line)") }
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

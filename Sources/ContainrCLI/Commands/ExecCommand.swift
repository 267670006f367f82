// `containr exec`: a command in a running container.
internal import ArgumentParser

struct ExecCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec", abstract: "Runs a command in a running container; its exit code is passed on.",
    discussion: """
      It has the container's environment, user, rights and limits; a terminal of its own if our standard input and output \
      are one, else our standard streams. 127: it is not there; 126: it cannot be executed; 125: Containr could not do it.
      """)

  @OptionGroup var stack: StackOptions
  @OptionGroup var inside: InsideOptions
  @Flag(name: .shortAndLong, help: "Begin it and leave it to itself.") var detach = false
  @Flag(help: "With all capabilities.") var privileged = false
  @Option(help: ArgumentHelp("Which container of the service.", valueName: "number")) var index: Int?
  @Argument(help: "The service.", completion: .services) var service: String
  @Argument(parsing: .captureForPassthrough, help: "The command.") var command: [String]

  /// What it is all about.
  var words: ExecWords {
    ExecWords(
      choice: stack.choice(), inside: inside.words, detach: detach, privileged: privileged, index: index,
      service: service, command: command)
  }

  func run() throws { try words.run() }
}

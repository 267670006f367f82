// `containr run`: one container in the foreground, from start to end, without a stack.
internal import ArgumentParser
internal import ContainrForeground

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs one container in the foreground until it ends, and leaves nothing of it.",
    discussion: """
      Its exit code is passed on; 128 + n if a signal ended it; 125 if it could not be started. \
      It has no network but its loopback, and /dev/null as standard input.
      """)

  @Option(help: ArgumentHelp("A layer of the root file system, lowest first.", valueName: "path")) var layer: [String]

  @Option(name: [.customShort("e"), .customLong("env")], help: ArgumentHelp("A variable.", valueName: "name=value"))
  var environment: [String] = []

  @Option(
    name: [.customShort("m"), .customLong("memory")], help: ArgumentHelp("Memory, such as 64m.", valueName: "size"))
  var memory: String?

  @Option(help: ArgumentHelp("CPUs, such as 0.5.", valueName: "number")) var cpus: String?

  @Option(help: ArgumentHelp("How many processes.", valueName: "number")) var pidsLimit: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("User and group inside.", valueName: "user")) var user: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("Where the command starts.", valueName: "directory"))
  var workdir: String?

  @Option(help: ArgumentHelp("A capability to add.", valueName: "name")) var capAdd: [String] = []

  @Option(help: ArgumentHelp("A capability to drop.", valueName: "name")) var capDrop: [String] = []

  @Flag(help: "A root file system that cannot be written to.") var readOnly = false

  @Option(help: ArgumentHelp("none is what there is.", valueName: "name")) var network = "none"

  @Flag(name: .customLong("rm"), help: "Accepted for habit: nothing ever stays.") var remove = false

  @Argument(parsing: .postTerminator, help: "The command, after --.") var command: [String] = []

  func validate() throws {
    if layer.isEmpty { throw ValidationError("name at least one layer: --layer PATH") }
    if command.isEmpty { throw ValidationError("name a command after --, such as: -- /bin/true") }
    if network != "none" { throw ValidationError("--network takes only none; a stack file gives networks") }
  }

  func run() throws {
    var words = RunWords()
    (words.layers, words.command, words.environment) = (layer, command, environment)
    (words.memory, words.cpus, words.pidsLimit) = (memory, cpus, pidsLimit)
    (words.user, words.workdir, words.readOnly) = (user, workdir, readOnly)
    (words.capAdd, words.capDrop) = (capAdd, capDrop)
    try CommandContext().requireRoot()
    try RunProgram.become(words)
  }
}

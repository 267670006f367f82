// `containr test`: a stack for as long as one command runs. For CI jobs.
internal import ArgumentParser
internal import ContainrForeground

struct TestCommand: ParsableCommand {
  static let name = "test"
  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Brings a stack up under a name of its own, runs a command, and takes all of it away.",
    usage: "containr test [<options>] [<file>] [-- <command> ...]",
    discussion: """
      The command's exit code is passed on; codes from 200 to 209 are ours. The command runs on this host and is told of \
      the stack by variables (CONTAINR_STACK, CONTAINR_SERVICE_HOST, …_PORT, …_ADDRESS), or with --service in a container of its own of that service.
      """)

  @OptionGroup var stack: StackOptions
  @Argument(help: "The stack file.") var file: String?
  @Option(
    help: ArgumentHelp(
      "Run the command in a container of this service; without a command, the service's own is the test.",
      valueName: "service"), completion: .services) var service: String?
  @Option(
    help: ArgumentHelp("Where logs, results, plan, events and use are written.", valueName: "directory"),
    completion: .directory) var artifacts: String?
  @Option(help: ArgumentHelp("How long to wait for the services at most; 0 is without end.", valueName: "seconds"))
  var waitTimeout = 300
  @Option(help: ArgumentHelp("How long the command may take; 0 is without end.", valueName: "seconds")) var timeout = 0
  @Option(
    help: ArgumentHelp(
      "When the stack is taken away, between a container's stop signal and SIGKILL, instead of the file's.",
      valueName: "seconds")) var stopTimeout: Int?
  @Option(
    help: ArgumentHelp(
      "When images are pulled, instead of what the file says: always, missing, never.", valueName: "when"))
  var pull: PullWord?
  @Option(help: ArgumentHelp("How often a pull is tried, with growing pauses.", valueName: "number"))
  var pullAttempts = 3
  @Option(
    name: [.customShort("e"), .customLong("env")],
    help: ArgumentHelp("A variable of the command; without a value it is ours. Repeated.", valueName: "name=value"))
  var environment: [String] = []
  @Flag(help: "Publish on free ports of this host instead of those that the file names.") var freePorts = false
  @Flag(help: "Refuse layers that are not in stack.lock, and a stack without one.") var frozen = false
  @Flag(help: "No colours.") var noColor = false
  @Argument(parsing: .postTerminator, help: "The command.") var command: [String] = []

  func validate() throws {
    if command.isEmpty && service == nil {
      throw ValidationError("say what is to be run: containr test FILE -- COMMAND, or --service NAME")
    }
    for (number, word) in [
      (waitTimeout, "--wait-timeout"), (timeout, "--timeout"), (stopTimeout ?? 0, "--stop-timeout"),
    ]
    where !(0...1_000_000).contains(number) {
      throw ValidationError("\(word) takes a number of seconds from 0 to 1000000")
    }
    if !(1...100).contains(pullAttempts) { throw ValidationError("--pull-attempts takes a number from 1 to 100") }
    if let name = environment.first(where: { $0.hasPrefix("=") || $0.isEmpty }) {
      throw ValidationError("-e \(name): a variable has a name")
    }
    if file == "-" || stack.files.contains("-") {
      throw ValidationError("the stack file of a test has to be a file: several steps read it")
    }
  }

  func run() throws {
    let run: TestRun
    do { run = try TestRun(self) } catch let exit as CommandExit {
      var ours = exit
      ours.code = TestEnd(exit).rawValue
      throw ours
    }
    try run.run()
  }

  /// The words by which a step of ours knows the stack.
  func words(_ stackName: String) -> [String] {
    let naming = stack.naming
    return (stack.files + (file.map { [$0] } ?? [])).flatMap { ["-f", $0] } + ["--project-name", stackName]
      + naming.profiles.flatMap { ["--profile", $0] } + naming.envFiles.flatMap { ["--env-file", $0] }
      + (naming.projectDirectory.map { ["--project-directory", $0] } ?? [])
  }

  /// Which stack is meant; `name` nil: as it is called elsewhere.
  func choice(_ name: String?) -> StackChoice {
    var choice = stack.choice(file)
    if let name { choice.projectName = name }
    choice.isFrozen = frozen
    choice.pull = pull?.policy
    choice.freesPorts = freePorts
    return choice
  }
}

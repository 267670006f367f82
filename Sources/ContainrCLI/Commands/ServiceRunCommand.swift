// `containr run SERVICE`: one more container of a service of the stack, for one command, with our streams or our terminal.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec
internal import ContainrSystem

struct ServiceRunCommand: ParsableCommand {
  /// Its words are those of `run` without `--layer`.
  static let name = "run-service"
  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Runs a command in a container of its own of a service; its exit code is passed on.",
    usage: "containr run [<options>] <service> [<command> ...]",
    discussion: """
      The container is as the file has the service, but for what is said here; what it depends on is started first. \
      125: Containr could not do it. With --layer PATH it is a container without a stack: containr run --layer PATH -- COMMAND.
      """, shouldDisplay: false)

  @Option(
    name: [.customShort("f"), .customLong("file")],
    help: ArgumentHelp("The stack file; repeated, later files override.", valueName: "file")) var files: [String] = []
  @Option(help: ArgumentHelp("The stack's name.", valueName: "name")) var projectName: String?
  @Option(name: .customLong("profile"), help: ArgumentHelp("Activates a profile; repeated.", valueName: "name"))
  var profiles: [String] = []
  @Option(name: .customLong("env-file"), help: ArgumentHelp("Variables for the stack file.", valueName: "file"))
  var envFiles: [String] = []
  @Option(help: ArgumentHelp("What relative paths in the file count from.", valueName: "directory"))
  var projectDirectory: String?
  @OptionGroup var inside: InsideOptions
  @OptionGroup var words: OneOffWords
  @Flag(name: .shortAndLong, help: "Print its name and leave it to itself.") var detach = false
  @Flag(name: .customLong("rm"), help: "Take it away when it has ended.") var removes = false
  @Flag(help: "What it depends on is left alone.") var noDeps = false
  @Flag(help: "Remove containers of services that are not in the file any more.") var removeOrphans = false
  @OptionGroup var dry: DryRunOption
  @OptionGroup var building: BuildingOptions
  @Option(help: ArgumentHelp("When images are pulled: always, missing, never.", valueName: "when")) var pull: PullWord?
  @Flag(help: "Say nothing of pulls.") var quietPull = false
  @Flag(name: .shortAndLong, help: "Say nothing of what is done before the command begins, unless it fails.")
  var quiet = false
  @Option(help: ArgumentHelp("A file with variables of the container; repeated, later ones win.", valueName: "file"))
  var envFromFile: [String] = []
  @Flag(help: "No colours.") var noColor = false
  @Argument(help: "The service.", completion: .services) var service: String
  @Argument(parsing: .captureForPassthrough, help: "The command; none is the service's own.") var command: [String] = []

  func run() throws {
    guard let code = try CommandExit.ours({ try end() }) else { return }
    throw CommandExit(passing: code)
  }

  /// The command's code; nil if it goes on by itself.
  private func end() throws -> Int32? {
    let context = try CommandContext(noColour: noColor)
    try context.requireRoot()
    if removeOrphans { _ = try OrphanOptions.parse(["--remove-orphans"]).rule(context.switches) }
    try inside.words.checkTerminal(isDetached: detach)
    var choice = StackChoice(
      files: files, projectName: projectName, profiles: profiles, envFiles: envFiles,
      projectDirectory: projectDirectory)
    try check(choice, context)
    choice.pull = pull?.policy
    let arguments = command.first == "--" ? Array(command.dropFirst()) : command
    choice.override = words.text(
      service: service, command: arguments, user: inside.user, directory: inside.workdir,
      environment: try variables(context),
      hasTerminal: detach ? inside.terminal : inside.words.wantsTerminal,
      keepsInput: !detach, keepsDependencies: !noDeps)
    let stack = try choice.plan(context)
    guard let plan = stack.plan.services.first(where: { $0.name == service }) else { throw CommandExit(.refused) }
    return try OneOffRun(
      context: context, stack: stack, service: plan, usesAliases: words.useAliases, detaches: detach,
      removes: removes, startsDependencies: !noDeps, takesInput: !inside.noInteractive, keys: inside.keys,
      isQuiet: quiet, hidesPulls: quietPull, removesOrphans: removeOrphans, isDry: dry.dryRun
    ).run()
  }
}

extension ServiceRunCommand {
  /// Those of the files and of `-e`, which is the stronger.
  private func variables(_ context: CommandContext) throws -> [(name: String, value: String)] {
    let surroundings = context.surroundings
    let given = inside.words.variables(surroundings)
    if envFromFile.isEmpty { return given }
    let files = try EnvFileReader(surroundings: surroundings).named(envFromFile) ?? []
    let read = EnvironmentFiles.reading(files, environment: surroundings.environment)
    context.errors.write(
      DiagnosticRenderer.render(read.findings, sources: read.sources, colour: context.errorInk.isOn))
    if read.findings.contains(where: { $0.severity == .error }) { throw CommandExit(.refused) }
    let named = Set(given.map(\.name))
    return read.values.filter { !named.contains($0.key) }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } + given
  }

  /// Whether the file has the service, before anything is said about it. What is wrong with the file is told later.
  private func check(_ choice: StackChoice, _ context: CommandContext) throws {
    let settings = try choice.settings(context)
    guard let source = settings.source, let plan = try StackReader(settings: settings, source: source).load().plan,
      !plan.services.contains(where: { $0.name == service })
    else { return }
    throw CommandExit(
      .failure,
      plan.inactiveServices.contains(service)
        ? "the service \(service) is part of no active profile" : "there is no service \(service) in the file",
      help: "there are \(plan.services.map(\.name).joined(separator: ", "))")
  }
}

/// What of the service is otherwise for this once.
struct OneOffWords: ParsableArguments {
  @Option(help: ArgumentHelp("Instead of the service's; split as a shell does.", valueName: "command")) var entrypoint:
    String?
  @Option(help: ArgumentHelp("A further name of the container on its networks.", valueName: "name")) var name: String?
  @Option(
    name: [.customShort("p"), .customLong("publish")],
    help: ArgumentHelp("A port to publish; repeated.", valueName: "port")) var publish: [String] = []
  @Flag(name: [.customShort("P"), .customLong("service-ports")], help: "Publish the service's ports.")
  var servicePorts =
    false
  @Option(
    name: [.customShort("v"), .customLong("volume")],
    help: ArgumentHelp("One more mount; repeated.", valueName: "source:target")) var volumes: [String] = []
  @Option(
    name: [.customShort("l"), .customLong("label")],
    help: ArgumentHelp("One more label; repeated.", valueName: "key=value"))
  var labels: [String] = []
  @Flag(help: "It has the service's names on the networks as well.") var useAliases = false
  @Option(help: ArgumentHelp("One more capability; repeated.", valueName: "name")) var capAdd: [String] = []
  @Option(help: ArgumentHelp("One capability less; repeated.", valueName: "name")) var capDrop: [String] = []

  func validate() throws {
    if servicePorts, !publish.isEmpty { throw ValidationError("-p and -P contradict each other") }
  }

  /// An override file, so that all of it means what it means there and is checked as there.
  func text(
    service: String, command: [String], user: String?, directory: String?,
    environment: [(name: String, value: String)], hasTerminal: Bool, keepsInput: Bool, keepsDependencies: Bool
  ) -> CommandLineText {
    var text = CommandLineText(service: CommandLineText.quoted(service))
    func add(_ key: String, _ value: String?, _ option: String) {
      text.add(key, value.map(CommandLineText.quoted), of: value.map { "\(option) \($0)" })
    }
    text.add("restart", "\"no\"")
    text.add("tty", "\(hasTerminal)")
    if keepsInput { text.add("stdin_open", "true") }
    add("entrypoint", entrypoint, "--entrypoint")
    if !command.isEmpty || entrypoint != nil { text.add("command", CommandLineText.list(command)) }
    // Values may be secrets.
    text.add("environment", environment.map { ("\($0.name)=\($0.value)", "-e \($0.name)") })
    add("user", user, "-u")
    add("working_dir", directory, "-w")
    text.add("volumes", volumes, of: "-v")
    text.add("cap_add", capAdd, of: "--cap-add")
    text.add("cap_drop", capDrop, of: "--cap-drop")
    text.add("labels", labels, of: "-l")
    // It is one container: neither its name nor a port is then refused for the service's others.
    text.add("scale", "1")
    text.add("deploy", "{replicas: !reset null}")
    text.add("container_name", name.map(CommandLineText.quoted) ?? "!reset null", of: name.map { "--name \($0)" })
    if !servicePorts, publish.isEmpty { text.add("ports", "!reset []") }
    text.add("ports", publish, of: "-p", tag: "!override")
    if !keepsDependencies { text.add("depends_on", "!reset []") }
    return text
  }
}

// `containr run`: one container in the foreground, from start to end, without a stack.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

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
    let context = try CommandContext()
    try context.requireRoot("containr run")
    let plan = try plan(context)
    let settings = try context.surroundings.hostSettings()
    let container: SingleRun
    do throws(EngineError) {
      container = try SingleRun(plan, settings: settings)
    } catch {
      throw CommandExit(.runFailed, error.message)
    }
    throw CommandExit(passing: try ForegroundRun(container: container, context: context).run())
  }

  /// The words as a stack file with one service, so that they mean what they mean there and are checked as there.
  private func plan(_ context: CommandContext) throws -> ServicePlan {
    let result = StackLoader.load(
      LoaderInput(
        file: "<command line>", bytes: Array(stackText(context.surroundings).utf8), absolutePath: "/<command line>",
        projectDirectory: context.surroundings.workingDirectory.string, projectName: "run"))
    context.errors.write(
      DiagnosticRenderer.render(result.diagnostics, sources: result.sources, colour: context.errorInk.isOn))
    guard let service = result.plan?.services.first else { throw CommandExit(.runFailed) }
    return service
  }

  private func stackText(_ surroundings: Surroundings) -> String {
    // What stands on the command line is meant as it stands: no variables.
    func quoted(_ text: String) -> String { JSONText.quoted(text.replacing("$", with: "$$")) }
    func list(_ texts: [String]) -> String { "[\(texts.map(quoted).joined(separator: ", "))]" }
    var text = "services:\n  run:\n"
    func add(_ key: String, _ value: String?) { if let value { text += "    \(key): \(value)\n" } }
    add("layers", list(layer.map { surroundings.absolute($0).string }))
    add("command", list(command))
    // A bare NAME takes the value that it has here, as everywhere.
    let variables = environment.map { word in
      word.contains("=") ? word : "\(word)=\(surroundings.environment[word] ?? "")"
    }
    add("environment", variables.isEmpty ? nil : list(variables))
    add("mem_limit", memory.map(quoted))
    add("cpus", cpus.map(quoted))
    add("pids_limit", pidsLimit.map(quoted))
    add("user", user.map(quoted))
    add("working_dir", workdir.map(quoted))
    add("cap_add", capAdd.isEmpty ? nil : list(capAdd))
    add("cap_drop", capDrop.isEmpty ? nil : list(capDrop))
    add("read_only", readOnly ? "true" : nil)
    return text
  }
}

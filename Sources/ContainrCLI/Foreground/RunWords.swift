// What `containr run` was asked for, and the doing of it. Reads the usual words itself: the library's parser needs longer
// for them than the kernel for the container (docs/decisions/0001-synchronous-commands.md).
internal import ContainrHost
internal import ContainrSingle
internal import ContainrSpec
internal import ContainrSystem
internal import Glibc
internal import SystemPackage

/// The words of `containr run`.
package struct RunWords: Sendable, Hashable {
  /// Lowest first.
  package var layers: [String] = []
  /// With its arguments.
  package var command: [String] = []
  /// `NAME=value`, or `NAME` for the value that it has here.
  package var environment: [String] = []
  /// `--memory`.
  package var memory: String?
  /// `--cpus`.
  package var cpus: String?
  /// `--pids-limit`.
  package var pidsLimit: String?
  /// `--user`.
  package var user: String?
  /// `--workdir`.
  package var workdir: String?
  /// `--cap-add`, each.
  package var capAdd: [String] = []
  /// `--cap-drop`, each.
  package var capDrop: [String] = []
  /// `--read-only`.
  package var readOnly = false

  /// None.
  package init() {}

  /// The words after `run`; nil if any of them is not plain, which the parser then explains or understands. Values that
  /// look like options are plain only if the parser has been over them (`isParsed`).
  package static func plain(_ arguments: ArraySlice<String>, isParsed: Bool = false) -> RunWords? {
    var words = RunWords()
    var rest = arguments
    while let word = rest.popFirst() {
      if word == "--" {
        words.command = Array(rest)
        return words.layers.isEmpty || words.command.isEmpty ? nil : words
      }
      if word == "--rm" { continue }
      if word == "--read-only" {
        words.readOnly = true
        continue
      }
      guard let value = rest.popFirst(), isParsed || !value.hasPrefix("-") else { return nil }
      switch word {
      case "--layer": words.layers.append(value)
      case "-e", "--env": words.environment.append(value)
      case "-m", "--memory": words.memory = value
      case "--cpus": words.cpus = value
      case "--pids-limit": words.pidsLimit = value
      case "-u", "--user": words.user = value
      case "-w", "--workdir": words.workdir = value
      case "--cap-add": words.capAdd.append(value)
      case "--cap-drop": words.capDrop.append(value)
      case "--network" where value == "none": continue
      default: return nil
      }
    }
    return nil
  }

  /// The same as `plain` reads it, with `isParsed`.
  package var arguments: [String] {
    func option(_ name: String, _ values: [String]) -> [String] { values.flatMap { [name, $0] } }
    func option(_ name: String, _ value: String?) -> [String] { value.map { [name, $0] } ?? [] }
    return option("--layer", layers) + option("--env", environment) + option("--memory", memory)
      + option("--cpus", cpus) + option("--pids-limit", pidsLimit) + option("--user", user)
      + option("--workdir", workdir) + option("--cap-add", capAdd) + option("--cap-drop", capDrop)
      + (readOnly ? ["--read-only"] : []) + ["--"] + command
  }

  /// Runs it; always ends by throwing, with the program's code or a reason. Only in the program `containr-run`.
  func run() throws {
    // First of all, so that it works while we read. Without root it is not begun, and the reason comes below.
    let beginning = geteuid() == 0 ? Result { () throws(EngineError) in try SingleRun.begin() } : nil
    // From before the start, so that whoever interrupts it finds everything cleared away.
    let signals = try Interrupt.listen()
    try Kernel.ignore(signal: 13)  // SIGPIPE: who reads our output may go before the container does
    let context = try CommandContext()
    try context.requireRoot()
    guard let beginning else { throw CommandExit(.runFailed) }
    let plan = try plan(context)
    let settings = try context.surroundings.hostSettings()
    let container: SingleRun
    do throws(EngineError) {
      container = try SingleRun(plan, settings: settings, try beginning.get())
    } catch {
      throw CommandExit(.runFailed, error.message)
    }
    throw CommandExit(passing: try ForegroundRun(container: container, context: context).run(signals: signals.raw))
  }

  private func plan(_ context: CommandContext) throws -> ServicePlan {
    if let plan = simplePlan(context.surroundings) { return plan }
    let text = text(context.surroundings)
    let result = load(text, context.surroundings)
    context.errors.write(
      DiagnosticRenderer.render(
        text.named(result.diagnostics), sources: result.sources, colour: context.errorInk.isOn))
    guard let service = result.plan?.services.first else { throw CommandExit(.runFailed) }
    return service
  }

  /// What the loader would say of words that leave it nothing to say: directories and a command, all else as it is
  /// without a word. Loading takes as long as a quarter of the container; a test holds both to the same plan.
  func simplePlan(_ surroundings: Surroundings) -> ServicePlan? {
    var others = self
    (others.layers, others.command, others.readOnly) = ([], [], false)
    guard others == RunWords(), command.first?.isEmpty == false else { return nil }
    var plan = ServicePlan(name: Self.service, location: SourceLocation(file: CommandLineText.file, line: 2, column: 3))
    for layer in layers {
      let path = surroundings.absolute(layer)
      // By its name it might be an archive.
      guard let name = path.lastComponent?.string, !name.utf8.contains(UInt8(ascii: ".")) else { return nil }
      plan.layers.append(LayerPlan(path: path.string, kind: .directory))
    }
    plan.command = command
    plan.readOnly = readOnly
    return plan
  }

  private static let service = "run"

  /// The words as a stack file with one service.
  func load(_ surroundings: Surroundings) -> LoaderResult { load(text(surroundings), surroundings) }

  private func load(_ text: CommandLineText, _ surroundings: Surroundings) -> LoaderResult {
    StackLoader.load(
      LoaderInput(
        file: CommandLineText.file, bytes: Array(text.text.utf8), absolutePath: "/\(CommandLineText.file)",
        projectDirectory: surroundings.workingDirectory.string, projectName: "run"))
  }

  /// The words as they mean something in a file.
  func text(_ surroundings: Surroundings) -> CommandLineText {
    var text = CommandLineText(service: Self.service)
    func add(_ key: String, _ value: String?, _ option: String) {
      text.add(key, value.map(CommandLineText.quoted), of: value.map { "\(option) \($0)" })
    }
    text.add("layers", layers.map { (surroundings.absolute($0).string, "--layer \($0)") })
    text.add("command", CommandLineText.list(command))
    // A bare NAME takes the value that it has here, as everywhere. Values may be secrets.
    text.add(
      "environment",
      environment.map { word in
        let name = String(word.prefix { $0 != "=" })
        return (word.contains("=") ? word : "\(word)=\(surroundings.environment[word] ?? "")", "-e \(name)")
      })
    add("mem_limit", memory, "-m")
    add("cpus", cpus, "--cpus")
    add("pids_limit", pidsLimit, "--pids-limit")
    add("user", user, "-u")
    add("working_dir", workdir, "-w")
    text.add("cap_add", capAdd, of: "--cap-add")
    text.add("cap_drop", capDrop, of: "--cap-drop")
    if readOnly { text.add("read_only", "true") }
    return text
  }
}

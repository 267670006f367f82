// `containr config`: the stack as it is understood, in canonical form, and what can be asked about it. Touches nothing.
internal import ArgumentParser
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Prints a stack in canonical form: merged, interpolated, short forms written out.",
    discussion: "What this version does not honour is not said here: see `containr check` and `containr compat`.",
    aliases: ["convert"])

  enum Format: String, ExpressibleByArgument, CaseIterable { case yaml, json }

  @OptionGroup var stack: StackOptions
  @Argument(
    help: "Stack files, if words end in .yaml or .yml; services: only these and what they need.")
  var words: [String] = []

  @Option(help: ArgumentHelp("How it is written.", valueName: "yaml|json")) var format: Format?
  @Option(
    name: .shortAndLong, help: ArgumentHelp("Write to this file instead of standard output.", valueName: "file"))
  var output: String?
  @Flag(name: .shortAndLong, help: "Print nothing: only errors and the exit code.") var quiet = false

  @Flag(help: "Print the names of the services.") var services = false
  @Flag(help: "Print the images.") var images = false
  @Flag(help: "Print the keys of the volumes.") var volumes = false
  @Flag(help: "Print the keys of the networks.") var networks = false
  @Flag(help: "Print the profiles, active or not.") var profiles = false
  @Flag(help: "Print the AI models.") var models = false
  @Flag(help: "Print the variables that the files ask for.") var variables = false
  @Flag(help: "Print the variables that the files can use, NAME=VALUE.") var environment = false
  @Option(
    help: ArgumentHelp("Print a digest of the configuration of these services, or of all (*).", valueName: "services"))
  var hash: String?

  @Option(
    help: ArgumentHelp(
      "With --services: only those that fit, profile=NAME or label=KEY[=VALUE]; repeated: all have to.",
      valueName: "filter"))
  var filter: [String] = []

  @Flag(help: "Leave $VARIABLES as they are written.") var noInterpolate = false
  @Flag(help: "Do not write out what is implied.") var noNormalize = false
  @Flag(help: "Leave relative paths as they are written.") var noPathResolution = false
  @Flag(help: "Leave env_file and variables without a value as they are written.") var noEnvResolution = false
  @Flag(help: "Do not check whether what is named is there.") var noConsistency = false
  @Flag(help: "Refused: no registry is asked here; containr lock writes the digests.") var resolveImageDigests = false
  @Flag(help: "Refused: no registry is asked here; containr lock writes the digests.") var lockImageDigests = false

  func validate() throws {
    for (isGiven, name) in [
      (resolveImageDigests, "--resolve-image-digests"), (lockImageDigests, "--lock-image-digests"),
    ] where isGiven {
      throw ValidationError(
        "\(name): no registry is asked here; containr lock writes the digests of all images beside the stack file")
    }
    if !filter.isEmpty, !services { throw ValidationError("--filter is for --services") }
    let questions = questions
    if questions.count > 1 {
      throw ValidationError("\(questions.prefix(2).joined(separator: " and ")) cannot be asked at once")
    }
    if let question = questions.first, format == .yaml || format == .json && question != "--variables" {
      throw ValidationError("\(question) prints lines; --format is for the whole stack and for --variables as json")
    }
    if hash == "" { throw ValidationError("--hash takes services, separated by commas, or '*'") }
  }

  private var questions: [String] {
    let flags = [
      ("--services", services), ("--images", images), ("--volumes", volumes), ("--networks", networks),
      ("--profiles", profiles), ("--models", models), ("--variables", variables), ("--environment", environment),
      ("--hash", hash != nil),
    ]
    return flags.filter(\.1).map(\.0)
  }

  func run() throws {
    let context = try CommandContext()
    let words = MixedWords(self.words, files: stack.files)
    var choice = stack.naming.choice(words.files)
    if profiles || variables { choice.profiles = ["*"] }
    var reader = try choice.reader(context)
    let settings = reader.settings
    reader.purpose = .check
    reader.options = options
    let model = try load(try input(reader, words.services), context)
    let text = try ConfigReport(
      model: try StackSelection(model).selecting(words.services), environment: settings.interpolation,
      escapesDollars: !noInterpolate, filter: try ServiceFilter(filter)
    ).text(question, format ?? .yaml)
    try write(text, context)
  }

  /// What is asked for; nil: the stack itself.
  private var question: ConfigReport.Question {
    if let hash { return .hash(hash == "*" ? nil : hash.split(separator: ",").map(String.init)) }
    let flags: [(Bool, ConfigReport.Question)] = [
      (services, .services), (images, .images), (volumes, .volumes), (networks, .networks), (profiles, .profiles),
      (models, .models), (variables, .variables), (environment, .environment),
    ]
    return flags.first(where: \.0)?.1 ?? .stack
  }

  private var options: ModelOptions {
    var options = ModelOptions()
    options.interpolates = !noInterpolate && !variables
    options.normalises = !noNormalize && !variables
    options.resolvesPaths = !noPathResolution && !variables
    options.resolvesEnvironment = !noEnvResolution && !variables
    options.checksConsistency = !noConsistency && !variables
    return options
  }

  /// A service that is named is meant, whatever its profiles: as in Compose, they become active.
  private func input(_ reader: StackReader, _ services: [String]) throws -> LoaderInput {
    var input = try reader.input()
    guard !services.isEmpty, !input.activeProfiles.contains("*") else { return input }
    var everything = input
    everything.activeProfiles = ["*"]
    guard let all = StackLoader.load(everything).model?["services"] else { return input }
    for service in services {
      let profiles = all[service]?["profiles"]?.texts ?? []
      if Set(profiles).isDisjoint(with: input.activeProfiles) { input.activeProfiles += profiles }
    }
    return input
  }

  private func load(_ input: LoaderInput, _ context: CommandContext) throws -> ModelValue {
    let result = StackLoader.load(input)
    // What a key comes to on this host is no part of what the file says, and a question is not about warnings.
    let codes = [DiagnosticCode.notHonoured, .cannotHonour].map(\.rawValue)
    let findings = result.diagnostics.filter { finding in
      finding.severity == .error || (questions.isEmpty && !codes.contains(finding.code))
    }
    context.errors.write(
      DiagnosticRenderer.render(findings, sources: result.sources, colour: context.errorInk.isOn))
    guard let model = result.model else { throw CommandExit(.refused) }
    return model
  }

  private func write(_ text: String, _ context: CommandContext) throws {
    if quiet { return }
    guard let output else { return context.output.write(text) }
    do throws(SyscallError) { try FileReplacement.write(text, to: context.surroundings.absolute(output)) } catch {
      throw CommandExit(.failure, "\(output) cannot be written: \(error.reason)")
    }
  }
}

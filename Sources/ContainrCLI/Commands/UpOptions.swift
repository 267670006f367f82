// The words of `up`, for `containr up` and `containr-up` alike.
internal import ArgumentParser
internal import ContainrForeground
internal import ContainrSpec

struct UpOptions: ParsableArguments {
  @OptionGroup var stack: StackOptions

  @Argument(
    help: ArgumentHelp(
      "The stack file (.yaml, .yml, or - for standard input), or a plan saved by 'containr plan -o FILE.json'; services, which then are brought up with what they depend on, and nothing else.",
      valueName: "file or service"))
  var words: [String] = []

  @OptionGroup var scale: ScaleOptions

  @Option(help: ArgumentHelp("A page for browsers: what was done, and what took how long.", valueName: "file"))
  var report: String?

  @Flag(name: [.customShort("d"), .customLong("detach")], help: "Return when everything is started.") var detach = false

  @Flag(help: "Return when everything runs, is healthy or has completed; implies -d.") var wait = false

  @Flag(help: "Make containers and start none; implies -d.") var noStart = false

  @OptionGroup var making: MakingOptions

  @Option(help: ArgumentHelp("How long --wait waits at most; 0 is without end.", valueName: "seconds"))
  var waitTimeout: Int?

  @OptionGroup var abort: AbortOptions

  @OptionGroup var attaching: AttachOptions

  @Flag(help: "Leave what the named services depend on alone, and wait for nothing of it.") var noDeps = false

  @Flag(help: "Make the containers again of what the named services depend on.") var alwaysRecreateDeps = false

  @OptionGroup var dry: DryRunOption

  @Option(
    name: [.customShort("t"), .customLong("timeout")],
    help: ArgumentHelp(
      "Between a container's stop signal and SIGKILL, instead of the file's: when it is made again, and when an attached up ends.",
      valueName: "seconds")) var timeout: Int?

  @Flag(help: "Print the plan and change nothing; exit codes as of 'containr plan'.") var plan = false

  @Flag(help: "With --plan: say of every change why it costs what it costs, and what follows.") var explain = false

  @Flag(help: "Plan and outcome as JSON on standard output; implies -d.") var json = false

  @Option(
    help: ArgumentHelp("The document of --json as a file, beside the words for people.", valueName: "file"))
  var outcome: String?

  @Flag(
    name: [.customShort("V"), .customLong("renew-anon-volumes")],
    help: "Containers that are made again begin with new anonymous volumes.") var renewAnonVolumes = false

  @Flag(help: "Publish on free ports of this host instead of those that the file names, for this up.")
  var freePorts = false

  @Flag(help: "Refuse layers that are not in stack.lock, and a stack without one.") var frozen = false

  @Flag(help: "Show the time of each log line.") var timestamps = false

  @Flag(help: "No names before log lines.") var noLogPrefix = false

  @Option(
    help: ArgumentHelp(
      "If applying fails: rollback takes the whole stack back to its last applied revision (the default where there is one), keep leaves what was done, stop stops what was started."
    )) var onFailure: OnFailure?

  @OptionGroup var orphans: OrphanOptions

  @Flag(help: "Take over a stack of this name that came from another file: this checkout, before it was moved.")
  var adopt = false

  @Flag(help: "No colours.") var noColor = false

  /// A file that stands without `-f`; nil: none does.
  var file: String? { words.first(where: Self.isFile) }

  /// What else stands there.
  var services: [String] { words.filter { $0 != file } }

  /// As in `MixedWords`, and what has a directory in it or is a saved plan.
  private static func isFile(_ word: String) -> Bool {
    word == "-" || word.contains("/") || [".yaml", ".yml", ".json"].contains { word.hasSuffix($0) }
  }

  /// How long --wait waits; nil: as long as the health checks themselves go on.
  var patience: Int? { waitTimeout.flatMap { $0 > 0 ? $0 : nil } }

  /// Which stack is meant.
  var choice: StackChoice {
    var choice = stack.choice(file)
    choice.scale = scale.counts
    choice.isFrozen = frozen
    choice.freesPorts = freePorts
    choice.pull = making.pull?.policy
    return choice
  }

  func validate() throws {
    if let waitTimeout, !(0...1_000_000_000).contains(waitTimeout) {
      throw ValidationError("--wait-timeout takes a number of seconds from 0")
    }
    if let timeout, !(0...1_000_000).contains(timeout) {
      throw ValidationError("-t takes a number of seconds from 0 to 1000000")
    }
    if explain && !plan { throw ValidationError("--explain needs --plan") }
    if waitTimeout != nil && !wait { throw ValidationError("--wait-timeout needs --wait") }
    if wait && noStart { throw ValidationError("--no-start leaves nothing that --wait could wait for") }
    if alwaysRecreateDeps {
      if noDeps { throw ValidationError("--no-deps and --always-recreate-deps contradict each other") }
      if making.noRecreate { throw ValidationError("--no-recreate and --always-recreate-deps contradict each other") }
    }
    if dry.dryRun, plan { throw ValidationError("--plan changes nothing either: leave one of the two out") }
    for (isGiven, word) in [
      (detach, "-d"), (wait, "--wait"), (noStart, "--no-start"), (json, "--json"), (plan, "--plan"),
    ] where isGiven {
      try abort.forbid(word)
      try attaching.forbid(word)
    }
  }
}

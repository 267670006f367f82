// Compose's options before the command (`containr -f FILE -p NAME up`): which stack is meant goes to the command, by its long name and
// only if the command takes it, or is left out where it can mean nothing; how all commands look goes where the environment says it
// otherwise. Pure.
internal import ArgumentParser
internal import ContainrForeground
internal import ContainrSpec

/// The options before the command's name, and the words from it on.
struct GlobalWords: Sendable, Hashable {
  /// One that is the command's.
  struct Passed: Sendable, Hashable {
    /// `--file`: the short one means something else in some commands.
    var name: String
    /// nil: a flag.
    var value: String?
  }

  /// In the order in which they stand.
  var passed: [Passed] = []
  /// Compose's variables in whose place an option stands.
  var environment: [String: String] = [:]
  /// The command and what is behind it.
  var rest: [String]

  /// Those with a value that the command takes; short names first, as they are written.
  private static let valued = [
    "-f": "--file", "--file": "--file", "-p": "--project-name", "--project-name": "--project-name",
    "--profile": "--profile", "--env-file": "--env-file", "--project-directory": "--project-directory",
  ]
  private static let flags = ["--dry-run"]
  /// Those that stand for a variable.
  static let variables = [
    "--ansi": "COMPOSE_ANSI", "--progress": "COMPOSE_PROGRESS", "--parallel": "COMPOSE_PARALLEL_LIMIT",
  ]
  /// Those of Compose that there are not, and why.
  private static let refused = [
    "--all-resources": "what no service uses is never made here; containr volume create and containr network create do",
    "--compatibility": "containers are named STACK-SERVICE-N, and never with underscores",
    "--verbose": "there is no output to be had beyond this; containr plan --explain tells why something is done",
    "--no-ansi": "write --ansi never", "--workdir": "write --project-directory",
  ]
  /// Commands of Compose that are about no stack: it leaves out there what says which one is meant. Commands of our own are told,
  /// so that nobody takes `containr -p shop volume ls` for a list of that stack's volumes.
  private static var aboutNoStack: [any ParsableCommand.Type] { [StacksCommand.self, VersionCommand.self] }
  /// Commands that only look, whatever else they are told: a dry run of them is a run.
  private static var looking: [any ParsableCommand.Type] {
    [
      StatusCommand.self, PsCommand.self, LogsCommand.self, TopCommand.self, StatsCommand.self, EventsCommand.self,
      PortCommand.self, StacksCommand.self, StackImagesCommand.self, StackVolumesCommand.self, HistoryCommand.self,
      DiffCommand.self, VersionCommand.self, PlanCommand.self, CheckCommand.self, ExplainCommand.self,
      DoctorCommand.self,
    ]
  }

  /// Takes the words of a command line apart; an option that is none ends the command.
  init(_ words: [String]) throws {
    rest = words
    while let word = rest.first, word.hasPrefix("-"), word != "-", !Self.isOfParser(word) {
      rest.removeFirst()
      let (name, attached) = Self.split(word)
      if let why = Self.refused[name] { throw CommandExit(.failure, "\(name) is not taken", help: why) }
      if Self.flags.contains(name) {
        guard attached == nil else { throw CommandExit(.failure, "\(name) takes no value") }
        passed.append(Passed(name: name))
        continue
      }
      let variable = Self.variables[name]
      guard let long = Self.valued[name] ?? variable else { throw Self.unknown(word, name) }
      guard let value = attached ?? rest.first else { throw CommandExit(.failure, "\(name) needs a value") }
      if attached == nil { rest.removeFirst() }
      if variable == nil { passed.append(Passed(name: long, value: value)) } else { try set(name, long, value) }
    }
    // As in Compose; the parser knows the long one.
    if rest == ["-v"] { rest = ["--version"] }
  }

  /// What there is nothing to put in front of.
  private static func isOfParser(_ word: String) -> Bool {
    ["-h", "--help", "--version", "-v", "--"].contains(word) || word.hasPrefix("--generate-completion-script")
      || word.hasPrefix("--experimental-dump-help")
  }

  /// `--file=F`, `-fF`, `-f=F`.
  private static func split(_ word: String) -> (name: String, value: String?) {
    if word.hasPrefix("--") {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      return (parts[0], parts.count == 2 ? parts[1] : nil)
    }
    let name = String(word.prefix(2))
    guard valued[name] != nil, word.count > 2 else { return (word, nil) }
    let value = word.dropFirst(2)
    return (name, String(value.first == "=" ? value.dropFirst() : value))
  }

  private mutating func set(_ name: String, _ variable: String, _ value: String) throws {
    let words: [String]? =
      switch name {
      case "--ansi": ComposeSwitches.Colour.allCases.map(\.rawValue)
      case "--progress": ComposeSwitches.Progress.allCases.map(\.rawValue)
      default: nil
      }
    if let words, !words.contains(value) {
      throw CommandExit(.failure, "\(name) is '\(value)'", help: "write one of \(words.joined(separator: ", "))")
    }
    if words == nil, Int(value) == nil {
      throw CommandExit(.failure, "\(name) is '\(value)', which is no whole number", help: "-1 is no limit of yours")
    }
    environment[variable] = value
  }

  private static func unknown(_ word: String, _ name: String) -> CommandExit {
    let known = Array(valued.keys) + flags + Array(variables.keys)
    let near = NearestName.suggestion(for: name, among: known.sorted())
    return CommandExit(
      .failure, "there is no option '\(word)' before a command",
      help: near.map { "did you mean '\($0)'?" }
        ?? "options of a command stand behind its name: containr COMMAND \(word)")
  }

  /// The words as the command wants them: its name, what was said before it, and the rest.
  func placed() throws -> [String] {
    if passed.isEmpty { return rest }
    guard let name = rest.first else {
      throw CommandExit(
        .failure, "there is no command behind \(passed[passed.count - 1].name)", help: "containr --help lists them")
    }
    let words = ContainrProgram.serviceRun(rest)
    var command: any ParsableCommand.Type = RootCommand.self
    var depth = 0
    while depth < words.count, let next = Self.subcommand(words[depth], of: command) {
      command = next
      depth += 1
    }
    // What is no command is told of by who knows all of them.
    let isUnknown = !command.configuration.subcommands.isEmpty && depth < words.count && !words[depth].hasPrefix("-")
    if isUnknown || name.hasPrefix("-") { return rest }
    let own = Set(try CommandInfo(command).arguments.flatMap(\.names))
    let meant = passed.filter { own.contains($0.name) || !Self.means($0.name, nothingTo: command) }
    if let strange = meant.first(where: { !own.contains($0.name) }) {
      throw CommandExit(
        .failure, "containr \(rest.prefix(depth).joined(separator: " ")) takes no \(strange.name)",
        help: strange.name == "--dry-run"
          ? "what it does cannot be shown beforehand: leave it out, and it is done"
          : command == FmtCommand.self
            ? "its files stand behind it: containr fmt FILE"
            : own.isDisjoint(with: Self.valued.values) ? "it is not about one stack" : "leave it out")
    }
    return words.prefix(depth) + meant.flatMap { [$0.name] + ($0.value.map { [$0] } ?? []) } + words.dropFirst(depth)
  }

  /// Whether the command does the same with the option as without it.
  private static func means(_ name: String, nothingTo command: any ParsableCommand.Type) -> Bool {
    (flags.contains(name) ? looking : aboutNoStack).contains { $0 == command }
  }

  private static func subcommand(
    _ word: String, of command: any ParsableCommand.Type
  ) -> (any ParsableCommand.Type)? {
    command.configuration.subcommands.first { kind in
      kind.configuration.commandName == word || kind.configuration.aliases.contains(word)
    }
  }
}

/// The same as the parser would have them, for help, manual and completions: nothing is parsed by it.
struct GlobalOptions: ParsableArguments {
  @OptionGroup var stack: StackOptions
  @Flag(help: "Have the command print what it would do, and change nothing.") var dryRun = false
  @Option(help: ArgumentHelp("Colours: auto, never or always.", valueName: "when")) var ansi: String?
  @Option(help: ArgumentHelp("Progress: auto, tty, plain, json or quiet.", valueName: "how")) var progress: String?
  @Option(help: ArgumentHelp("How many changes are made at once; -1 is no limit of yours.", valueName: "number"))
  var parallel: Int?
}

/// `containr` with the options that stand before its commands.
struct DescribedRootCommand: ParsableCommand {
  static let configuration = RootCommand.configuration
  @OptionGroup(title: "Before the command, for the command") var global: GlobalOptions
}

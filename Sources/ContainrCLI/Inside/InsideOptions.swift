// What `exec` and `run` have in common: how a command inside differs from the container's own, and its terminal.
internal import ArgumentParser
internal import ContainrForeground

struct InsideOptions: ParsableArguments {
  @Option(
    name: [.customShort("e"), .customLong("env")],
    help: ArgumentHelp("A variable; without a value it is ours. Repeated.", valueName: "name=value"))
  var environment: [String] = []
  @Option(name: .shortAndLong, help: ArgumentHelp("As whom, by name or number.", valueName: "user[:group]")) var user:
    String?
  @Option(name: .shortAndLong, help: ArgumentHelp("Where it begins.", valueName: "directory")) var workdir: String?
  @Flag(
    name: [.customShort("T"), .customLong("no-tty"), .customLong("no-TTY")],
    help: "No terminal, also where ours are one.") var noTerminal = false
  @Flag(
    name: [.customShort("t"), .customLong("tty")], help: "A terminal, also where our output is none.")
  var terminal = false
  @Flag(name: .shortAndLong, help: "Accepted for habit: standard input is passed on unless --no-interactive.")
  var interactive = false
  @Flag(help: "Standard input is not passed on; also --interactive=false.") var noInteractive = false
  @Option(
    name: .customLong("detach-keys"),
    help: ArgumentHelp("The keys that leave it to itself.", valueName: "keys")) var keys = DetachKeys.usual

  func validate() throws { if let problem = words.problem { throw ValidationError(problem) } }

  var words: InsideWords {
    InsideWords(
      environment: environment, user: user, workdir: workdir, noTerminal: noTerminal, terminal: terminal,
      noInput: noInteractive,
      keys: keys)
  }
}

/// The same as plain values.
struct InsideWords: Sendable, Hashable {
  /// `NAME=value`, or `NAME` for the value that it has here.
  var environment: [String] = []
  var user: String?
  var workdir: String?
  var noTerminal = false
  var terminal = false
  /// Nothing is passed on of what stands on our standard input.
  var noInput = false
  var keys = DetachKeys.usual

  /// What cannot be meant, in words.
  var problem: String? {
    if noTerminal, terminal { return "-t and -T contradict each other" }
    if noInput, terminal { return "-t and --no-interactive contradict each other: a terminal has keys" }
    if let name = environment.first(where: { $0.hasPrefix("=") || $0.isEmpty }) {
      return "-e \(name): a variable has a name"
    }
    if let workdir, !workdir.hasPrefix("/") { return "-w takes an absolute path, not \(workdir)" }
    return nil
  }

  /// A terminal that was asked for has keys. From a pipe or a file nobody presses any, and a program in a terminal never
  /// hears of such an input's end: it would wait for ever.
  func checkTerminal(isDetached: Bool) throws {
    if !terminal || isDetached || Prompt.inputIsTerminal { return }
    throw CommandExit(
      .runFailed, "-t: the input device is not a TTY",
      help: "leave -t out, or write -T: without a terminal the input is passed on as it is, to its end")
  }

  /// As in Compose: if a person sits at both ends.
  var wantsTerminal: Bool {
    terminal || (!noTerminal && !noInput && Prompt.inputIsTerminal && Output.standard.isTerminal)
  }

  /// A name alone has our value, and is left out if we have none.
  func variables(_ surroundings: Surroundings) -> [(name: String, value: String)] {
    environment.compactMap { word in
      guard let sign = word.firstIndex(of: "=") else { return surroundings.environment[word].map { (word, $0) } }
      return (String(word[..<sign]), String(word[word.index(after: sign)...]))
    }
  }
}

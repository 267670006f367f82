// The way into the command line: parses, runs, and turns every ending into words on stderr and an exit code.
internal import ArgumentParser
internal import ContainrDoctor
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrSpec
internal import ContainrSystem

/// The programs. The mains call these and nothing else.
public enum ContainrProgram {
  /// `containr`, with all subcommands.
  public static func containr() -> Never {
    fillStandardStreams()
    // Who takes archives apart builds walls before there could be a thread, and takes no words but these.
    if let code = UnpackProcess.serve(Array(CommandLine.arguments.dropFirst())) { ProgramEnd.leave(code) }
    if let code = HostTrial.serve(Array(CommandLine.arguments.dropFirst())) { ProgramEnd.leave(code) }
    ProgramEnd.of {
      let words = try words(Array(CommandLine.arguments.dropFirst()))
      if [["--help"], ["-h"], ["help"]].contains(words) {
        return Output.standard.write(DescribedRootCommand.helpMessage() + "\n")
      }
      run(RootCommand.self, words, wrongUse: wrongUse(words)) {
        let plain = try FlagValues.plain(words)
        var command = try leaf(plain) ?? RootCommand.parseAsRoot(plain)
        try command.run()
      }
    }
  }

  /// The words of a command line with the command first.
  private static func words(_ arguments: [String]) throws -> [String] {
    var name: [String] = []
    do {
      let global = try GlobalWords(arguments)
      name = global.rest
      let words = serviceRun(try global.placed())
      Surroundings.give(global.environment)
      return words
    } catch let exit as CommandExit {
      var exit = exit
      exit.code = wrongUse(name)
      throw exit
    }
  }

  /// What a command that is passed on says must not be taken for what we say of our words.
  private static func wrongUse(_ words: [String]) -> Int32 {
    switch words.first {
    case TestCommand.name: TestEnd.failure.rawValue
    case "exec", "run", ServiceRunCommand.name: ContainrForeground.ExitCode.runFailed.rawValue
    default: ContainrForeground.ExitCode.failure.rawValue
    }
  }

  /// The command that the first word names, if the rest makes sense to it: the parser needs milliseconds to go through all the
  /// others before. What does not make sense is for the whole, which explains it as a part of the whole.
  static func leaf(_ words: [String]) -> (any ParsableCommand)? {
    guard let name = words.first,
      let kind = RootCommand.configuration.subcommands.first(where: { $0.configuration.commandName == name }),
      kind.configuration.subcommands.isEmpty, !words.contains(where: { $0.hasPrefix("--generate-completion") })
    else { return nil }
    do {
      let command = try kind.parseAsRoot(Array(words.dropFirst()))
      // `--help` is a command of the parser's own.
      return type(of: command) == kind ? command : nil
    } catch { return nil }
  }

  /// `run` without layers is about a service of a stack, and has words of its own.
  static func serviceRun(_ words: [String]) -> [String] {
    guard words.first == "run" else { return words }
    let options = words.prefix { $0 != "--" }
    if options.contains(where: { $0 == "--layer" || $0.hasPrefix("--layer=") }) { return words }
    return [ServiceRunCommand.name] + words.dropFirst()
  }

  /// `containr-up`.
  public static func up() -> Never { run(UpProgram.self) }
  /// `containr-down`.
  public static func down() -> Never { run(DownProgram.self) }

  /// Before anything is opened, which else would be taken for a standard stream that the caller has closed.
  private static func fillStandardStreams() { ProgramEnd.expecting { try Kernel.ensureStandardDescriptors() } }

  private static func run(_ root: any ParsableCommand.Type) -> Never {
    let words = Array(CommandLine.arguments.dropFirst())
    run(root, words) {
      var command = try root.parseAsRoot(words)
      try command.run()
    }
  }

  private static func run(
    _ root: any ParsableCommand.Type, _ words: [String],
    wrongUse: Int32 = ContainrForeground.ExitCode.failure.rawValue,
    _ body: () throws -> Void
  ) -> Never {
    fillStandardStreams()
    ProgramEnd.of {
      // What has been read of a pipe is gone when the command begins anew.
      if words.contains("-") { try CommandContext().requireRoot() }
      try body()
    } explain: { error in
      // Help and version are "errors" of the parser with code 0; everything else of it is wrong use.
      let code = root.exitCode(for: error)
      var text = root.fullMessage(for: error)
      while text.last == "\n" { text.removeLast() }
      if code == .success {
        Output.standard.write(text + "\n")
        ProgramEnd.leave(.done)
      }
      if let unknown = unknownCommand(words, of: root) {
        Output.error.write(unknown.text(ProgramEnd.ink))
        ProgramEnd.leave(unknown.code)
      }
      // The parser's word, written as all our findings write it.
      if text.hasPrefix("Error: ") { text = "\(ProgramEnd.ink.paint("error", .red)): \(text.dropFirst(7))" }
      Output.error.write(text + "\n" + misplaced(words, text))
      ProgramEnd.leave(wrongUse)
    }
  }

  /// A line for an option that stands behind the command and has to stand before it.
  private static func misplaced(_ words: [String], _ text: String) -> String {
    guard let name = GlobalWords.variables.keys.sorted().first(where: { text.contains("Unknown option '\($0)'") })
    else { return "" }
    return "  = help: \(name) stands before the command: containr \(name) \(words.first ?? "COMMAND")\n"
  }

  /// The parser would call a mistyped command an unexpected argument; of commands of a command as well.
  static func unknownCommand(_ words: [String], of root: any ParsableCommand.Type) -> CommandExit? {
    var (command, above) = (root, "")
    for word in words {
      let commands = command.configuration.subcommands.filter { $0.configuration.shouldDisplay }
      if commands.isEmpty || word.hasPrefix("-") || word == "help" { return nil }
      let isWord = { (kind: any ParsableCommand.Type) in
        kind.configuration.commandName == word || kind.configuration.aliases.contains(word)
      }
      if let next = command.configuration.subcommands.first(where: isWord) {
        (command, above) = (next, above + word + " ")
        continue
      }
      if above.isEmpty, let absent = AbsentCommand.exit(words) { return absent }
      let names = commands.flatMap { ($0.configuration.commandName.map { [$0] } ?? []) + $0.configuration.aliases }
      let near = NearestName.suggestion(for: word, among: names)
      return CommandExit(
        .failure, "there is no command '\(above)\(word)'",
        help: near.map { "did you mean '\(above)\($0)'?" } ?? "there are \(names.joined(separator: ", "))")
    }
    return nil
  }
}

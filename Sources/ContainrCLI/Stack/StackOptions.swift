// The options that say which stack is meant, shared by the commands.
internal import ArgumentParser

/// `-f`, and what else names a stack.
struct StackOptions: ParsableArguments {
  @Option(
    name: [.customShort("f"), .customLong("file")],
    help: ArgumentHelp(
      "The stack file; - is standard input. Repeated: later files override earlier ones.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var files: [String] = []

  @OptionGroup var naming: NamingOptions

  /// `argument` is the file that stands without `-f`.
  func choice(_ argument: String? = nil) -> StackChoice { naming.choice(files + (argument.map { [$0] } ?? [])) }
}

/// What names a stack beside its file; for commands in which `-f` means something else.
struct NamingOptions: ParsableArguments {
  @Option(
    name: [.customShort("p"), .customLong("project-name")], help: ArgumentHelp("The stack's name.", valueName: "name"))
  var projectName: String?

  @Option(name: .customLong("profile"), help: ArgumentHelp("Activates a profile; * is all.", valueName: "profile"))
  var profiles: [String] = []

  @Option(
    name: .customLong("env-file"),
    help: ArgumentHelp("Variables for the stack file, instead of .env beside it; later files win.", valueName: "file"),
    completion: .file())
  var envFiles: [String] = []

  @Option(
    name: .customLong("project-directory"),
    help: ArgumentHelp("What relative paths in the stack file count from.", valueName: "directory"),
    completion: .directory)
  var projectDirectory: String?

  func choice(_ files: [String]) -> StackChoice {
    StackChoice(
      files: files, projectName: projectName, profiles: profiles, envFiles: envFiles, projectDirectory: projectDirectory
    )
  }
}

extension CompletionKind {
  /// The services of the stack file that is found here.
  static var services: CompletionKind { .shellCommand("containr config --services 2>/dev/null") }
}

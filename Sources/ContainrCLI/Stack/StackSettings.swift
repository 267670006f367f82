// What is known of a stack before its file is read: the words of the command line, the environment, and the environment
// files, in which the COMPOSE_ variables may stand as well.
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

/// The settings of one command's stack, by Compose's rules: the command line, then the environment, then `.env`.
struct StackSettings: Sendable {
  let choice: StackChoice
  let surroundings: Surroundings
  /// nil if no file is named and none is found.
  let source: StackSource?
  /// Files of variables; later ones win.
  let envFiles: [LoaderFile]
  private let fileValues: [String: String]

  /// Finds the stack file and reads the environment files; throws if a named one cannot be read.
  init(_ choice: StackChoice, surroundings: Surroundings) throws {
    self.choice = choice
    self.surroundings = surroundings
    let files = EnvFileReader(surroundings: surroundings)
    var envFiles: [LoaderFile]
    if let named = try files.named(choice.envFiles) {
      envFiles = named
    } else {
      // COMPOSE_FILE may stand in a `.env`, so one is read before it is known where the stack file is.
      envFiles = try files.dotEnv(in: Self.firstDirectory(choice, surroundings), shown: nil)
    }
    var values = EnvironmentFiles.values(envFiles, environment: surroundings.environment)
    func variable(_ name: String) -> String? { Self.variable(name, surroundings, values) }
    var finder = StackFinder(surroundings: surroundings)
    finder.composeFile = variable("COMPOSE_FILE")
    finder.separator = variable("COMPOSE_PATH_SEPARATOR") ?? ":"
    source = try finder.find(files: choice.files, directory: choice.projectDirectory)
    if let source, !files.areNamed(choice.envFiles) {
      // What stands where the command was given is stronger than what stands beside a file that was found elsewhere.
      let beside = try files.dotEnv(in: source.directory, shown: source.shown(beside: ".env"))
      envFiles = beside + envFiles.filter { known in !beside.contains { $0.absolutePath == known.absolutePath } }
      values = EnvironmentFiles.values(envFiles, environment: surroundings.environment)
    }
    self.envFiles = envFiles
    fileValues = values
  }

  /// The stack's name, if somebody gives it before the file does.
  var projectName: String? { choice.projectName ?? variable("COMPOSE_PROJECT_NAME") }

  /// The active profiles; as in Compose, `--profile` stands in the place of COMPOSE_PROFILES.
  var profiles: [String] {
    if !choice.profiles.isEmpty { return choice.profiles }
    return (variable("COMPOSE_PROFILES") ?? "").split(separator: ",").map { name in
      String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }.filter { !$0.isEmpty }
  }

  /// The variables that `$NAME` in the file can mean.
  var interpolation: [String: String] { fileValues.merging(surroundings.environment) { _, process in process } }

  /// A variable that is set to something. What the environment sets to nothing hides what a file says.
  private func variable(_ name: String) -> String? { Self.variable(name, surroundings, fileValues) }

  private static func variable(_ name: String, _ surroundings: Surroundings, _ values: [String: String]) -> String? {
    let value = surroundings.environment[name] ?? values[name]
    return value == "" ? nil : value
  }

  private static func firstDirectory(_ choice: StackChoice, _ surroundings: Surroundings) -> FilePath {
    if let directory = choice.projectDirectory { return surroundings.absolute(directory) }
    return StackFinder(surroundings: surroundings).directory(named: choice.files)
  }
}

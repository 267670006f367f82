import ContainrSpec
import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrCLI
@testable import ContainrForeground

@Suite struct StackReaderTests {
  private static let stack = "services: {web: {layers: [/], command: [\"${WORD:-none}\"]}}\n"

  private func reader(
    _ folder: ScratchDirectory, _ environment: [String: String] = [:], in sub: String = "",
    choice: StackChoice = StackChoice(files: ["stack.yaml"])
  ) throws -> StackReader {
    let surroundings = Surroundings(
      environment: environment, workingDirectory: FilePath(folder.path).appending(sub), executable: "/bin/containr",
      uid: 0)
    let settings = try StackSettings(choice, surroundings: surroundings)
    return StackReader(settings: settings, source: try #require(settings.source))
  }

  private func word(_ reader: StackReader) throws -> String? { try reader.load().plan?.services.first?.command.first }

  @Test("variables come from .env beside the file, and the environment is stronger")
  func dotEnv() throws {
    let folder = try ScratchDirectory()
    try folder.write(Self.stack, to: "stack.yaml")
    #expect(try word(reader(folder)) == "none")
    try folder.write("WORD=file\n", to: ".env")
    #expect(try word(reader(folder)) == "file")
    #expect(try word(reader(folder, ["WORD": "environment"])) == "environment")
  }

  @Test("--env-file stands in the place of .env, later ones win, and each has to be there")
  func envFile() throws {
    let folder = try ScratchDirectory()
    try folder.write(Self.stack, to: "stack.yaml")
    try folder.write("WORD=file\n", to: ".env")
    try folder.write("WORD=other\n", to: "other.env")
    try folder.write("MORE=1\nWORD=${WORD}-more\n", to: "more.env")
    var choice = StackChoice(files: ["stack.yaml"], envFiles: ["other.env"])
    #expect(try word(reader(folder, choice: choice)) == "other")
    choice.envFiles = ["other.env", "more.env"]
    #expect(try word(reader(folder, choice: choice)) == "other-more")
    choice.envFiles = ["more.env", "other.env"]
    #expect(try word(reader(folder, choice: choice)) == "other")
    choice.envFiles = ["missing.env"]
    let exit = #expect(throws: CommandExit.self) { try reader(folder, choice: choice) }
    #expect(exit?.message == "the environment file missing.env cannot be read: No such file or directory")
  }

  @Test("COMPOSE_ENV_FILES is --env-file, and COMPOSE_DISABLE_ENV_FILE leaves .env alone")
  func envFileVariables() throws {
    let folder = try ScratchDirectory()
    try folder.write(Self.stack, to: "stack.yaml")
    try folder.write("WORD=file\n", to: ".env")
    try folder.write("WORD=other\n", to: "other.env")
    #expect(try word(reader(folder, ["COMPOSE_ENV_FILES": ".env,other.env"])) == "other")
    let choice = StackChoice(files: ["stack.yaml"], envFiles: [".env"])
    #expect(try word(reader(folder, ["COMPOSE_ENV_FILES": "other.env"], choice: choice)) == "file")
    #expect(try word(reader(folder, ["COMPOSE_DISABLE_ENV_FILE": "true"])) == "none")
    #expect(try word(reader(folder, ["COMPOSE_DISABLE_ENV_FILE": "0"])) == "file")
    #expect(throws: CommandExit.self) { try reader(folder, ["COMPOSE_DISABLE_ENV_FILE": "perhaps"]) }
  }

  @Test("a .env that is a directory or a dangling link is none") func noDotEnv() throws {
    let folder = try ScratchDirectory()
    try folder.write(Self.stack, to: "stack.yaml")
    try run("ln", ["-s", "nowhere", "\(folder.path)/.env"]).succeeding()
    #expect(try word(reader(folder)) == "none")
    try run("rm", ["\(folder.path)/.env"]).succeeding()
    try folder.write("", to: ".env/inside")
    #expect(try word(reader(folder)) == "none")
  }

  @Test("of a stack found above, .env here wins over .env there") func twoDotEnvs() throws {
    let folder = try ScratchDirectory()
    try folder.write("services: {web: {layers: [/], command: [\"${A}${B}\"]}}\n", to: "stack.yaml")
    try folder.write("A=above\nB=above\n", to: ".env")
    try folder.write("A=here\n", to: "sub/.env")
    #expect(try word(reader(folder, in: "sub", choice: StackChoice())) == "hereabove")
    // A file that is named has its own .env only.
    #expect(try word(reader(folder, in: "sub", choice: StackChoice(files: ["../stack.yaml"]))) == "aboveabove")
  }

  @Test("--project-directory moves .env and relative paths") func projectDirectory() throws {
    let folder = try ScratchDirectory()
    try folder.write(Self.stack, to: "stack.yaml")
    try folder.write("WORD=beside\n", to: ".env")
    try folder.write("WORD=project\n", to: "project/.env")
    let reader = try reader(folder, choice: StackChoice(files: ["stack.yaml"], projectDirectory: "project"))
    #expect(try word(reader) == "project")
    #expect(try reader.input().projectDirectory == "\(folder.path)/project")
    #expect(try reader.input().files[0].absolutePath == "\(folder.path)/stack.yaml")
  }

  @Test("the name is -p, else COMPOSE_PROJECT_NAME, else .env's, else the file's, else the directory's")
  func names() throws {
    let folder = try ScratchDirectory("My-Project")
    try folder.write(Self.stack, to: "stack.yaml")
    let byDirectory = try #require(try reader(folder).load().plan?.name)
    #expect(byDirectory.hasPrefix("containr-my-project"))
    try folder.write("name: infile\n" + Self.stack, to: "stack.yaml")
    #expect(try reader(folder).load().plan?.name == "infile")
    try folder.write("COMPOSE_PROJECT_NAME=dotenv\n", to: ".env")
    #expect(try reader(folder).load().plan?.name == "dotenv")
    let environment = ["COMPOSE_PROJECT_NAME": "fromenv"]
    #expect(try reader(folder, environment).load().plan?.name == "fromenv")
    let choice = StackChoice(files: ["stack.yaml"], projectName: "option")
    #expect(try reader(folder, environment, choice: choice).load().plan?.name == "option")
    // Set to nothing, it hides .env's and says nothing itself.
    #expect(try reader(folder, ["COMPOSE_PROJECT_NAME": ""]).load().plan?.name == "infile")
  }

  @Test("profiles come from the options, else from COMPOSE_PROFILES, which .env may hold as well")
  func profiles() throws {
    let folder = try ScratchDirectory()
    try folder.write(
      "name: p\nservices:\n  a: {layers: [/], command: [x], profiles: [one]}\n"
        + "  b: {layers: [/], command: [x], profiles: [two]}\n  c: {layers: [/], command: [x]}\n", to: "stack.yaml")
    func services(_ environment: [String: String] = [:], _ profiles: [String] = []) throws -> [String]? {
      let choice = StackChoice(files: ["stack.yaml"], profiles: profiles)
      return try reader(folder, environment, choice: choice).load().plan?.services.map(\.name)
    }
    #expect(try services() == ["c"])
    #expect(try services(["COMPOSE_PROFILES": "one, two"]) == ["a", "b", "c"])
    #expect(try services(["COMPOSE_PROFILES": "one"], ["two"]) == ["b", "c"])
    try folder.write("COMPOSE_PROFILES=one\n", to: ".env")
    #expect(try services() == ["a", "c"])
    #expect(try services(["COMPOSE_PROFILES": "two"]) == ["b", "c"])
  }

  @Test("COMPOSE_FILE may stand in .env, with a separator of its own") func composeFileInDotEnv() throws {
    let folder = try ScratchDirectory()
    try folder.write("COMPOSE_FILE=a/one.yaml;b/two.yaml\nCOMPOSE_PATH_SEPARATOR=;\nWORD=here\n", to: ".env")
    try folder.write("WORD=there\nOTHER=there\n", to: "a/.env")
    try folder.write(Self.stack, to: "a/one.yaml")
    try folder.write("services: {}\n", to: "b/two.yaml")
    let reader = try reader(folder, choice: StackChoice())
    #expect(reader.source.files.map(\.shown) == ["a/one.yaml", "b/two.yaml"])
    #expect(try reader.input().projectDirectory == "\(folder.path)/a")
    #expect(reader.settings.interpolation["WORD"] == "here")
    #expect(reader.settings.interpolation["OTHER"] == "there")
    // The command line is stronger.
    #expect(
      try self.reader(folder, choice: StackChoice(files: ["a/one.yaml"])).source.files.map(\.shown) == ["a/one.yaml"])
  }

  @Test("a directory in the place of the file is said, not read")
  func directory() throws {
    let folder = try ScratchDirectory()
    try folder.write("", to: "stack.yaml/inside")
    let exit = #expect(throws: CommandExit.self) { try reader(folder).load() }
    #expect(exit?.message == "the stack file stack.yaml cannot be read: Is a directory")
  }
}

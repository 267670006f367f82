import ContainrSpec
import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrCLI

@Suite struct StackReaderTests {
  private static let stack = "services: {web: {layers: [/], command: [\"${WORD:-none}\"]}}\n"

  private func reader(_ folder: ScratchDirectory, _ environment: [String: String] = [:]) throws -> StackReader {
    let surroundings = Surroundings(
      environment: environment, workingDirectory: FilePath(folder.path), executable: "/bin/containr", uid: 0)
    let source = try #require(try StackFinder(surroundings: surroundings).find(files: ["stack.yaml"], directory: nil))
    return StackReader(surroundings: surroundings, source: source)
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

  @Test("--env-file stands in the place of .env, and has to be there")
  func envFile() throws {
    let folder = try ScratchDirectory()
    try folder.write(Self.stack, to: "stack.yaml")
    try folder.write("WORD=file\n", to: ".env")
    try folder.write("WORD=other\n", to: "other.env")
    var reader = try reader(folder)
    reader.envFile = "other.env"
    #expect(try word(reader) == "other")
    reader.envFile = "missing.env"
    #expect(throws: CommandExit.self) { try reader.load() }
  }

  @Test("the name is -p, else COMPOSE_PROJECT_NAME, else the file's, else the directory's")
  func names() throws {
    let folder = try ScratchDirectory("My-Project")
    try folder.write(Self.stack, to: "stack.yaml")
    let byDirectory = try #require(try reader(folder).load().plan?.name)
    #expect(byDirectory.hasPrefix("containr-my-project"))
    try folder.write("name: infile\n" + Self.stack, to: "stack.yaml")
    #expect(try reader(folder).load().plan?.name == "infile")
    var named = try reader(folder, ["COMPOSE_PROJECT_NAME": "fromenv"])
    #expect(try named.load().plan?.name == "fromenv")
    named.projectName = "option"
    #expect(try named.load().plan?.name == "option")
  }

  @Test("profiles come from the options and from COMPOSE_PROFILES")
  func profiles() throws {
    let folder = try ScratchDirectory()
    try folder.write(
      "name: p\nservices:\n  a: {layers: [/], command: [x], profiles: [one]}\n"
        + "  b: {layers: [/], command: [x], profiles: [two]}\n  c: {layers: [/], command: [x]}\n", to: "stack.yaml")
    var reader = try reader(folder, ["COMPOSE_PROFILES": "one"])
    #expect(try reader.load().plan?.services.map(\.name) == ["a", "c"])
    reader.profiles = ["two"]
    #expect(try reader.load().plan?.services.map(\.name) == ["a", "b", "c"])
  }

  @Test("a directory in the place of the file is said, not read")
  func directory() throws {
    let folder = try ScratchDirectory()
    try folder.write("", to: "stack.yaml/inside")
    let exit = #expect(throws: CommandExit.self) { try reader(folder).load() }
    #expect(exit?.message == "the stack file stack.yaml cannot be read: Is a directory")
  }
}

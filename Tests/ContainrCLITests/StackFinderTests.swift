import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrCLI

@Suite struct StackFinderTests {
  private func finder(_ folder: ScratchDirectory, in sub: String = "", _ environment: [String: String] = [:])
    -> StackFinder
  {
    StackFinder(
      surroundings: Surroundings(
        environment: environment, workingDirectory: FilePath(folder.path).appending(sub), executable: "/bin/containr",
        uid: 0))
  }

  @Test("our name is preferred to Compose's, and the others are named") func preference() throws {
    let folder = try ScratchDirectory()
    for name in ["docker-compose.yml", "compose.yaml", "stack.yaml"] { try folder.write("", to: name) }
    let source = try #require(try finder(folder).find(files: [], directory: nil))
    #expect(source.shown == "stack.yaml")
    #expect(source.path == FilePath(folder.path).appending("stack.yaml"))
    #expect(source.directory == FilePath(folder.path))
    #expect(source.ignored == ["compose.yaml", "docker-compose.yml"])
  }

  @Test("directories above are searched, and the name says which") func upward() throws {
    let folder = try ScratchDirectory()
    try folder.write("", to: "compose.yml")
    try folder.write("", to: "a/b/other")
    let source = try #require(try finder(folder, in: "a/b").find(files: [], directory: nil))
    #expect(source.shown == "../../compose.yml")
    #expect(source.path == FilePath(folder.path).appending("compose.yml"))
    #expect(source.directory == FilePath(folder.path))
  }

  @Test("a named file is taken as it is, relative to where we are") func named() throws {
    let folder = try ScratchDirectory()
    let source = try #require(try finder(folder).find(files: ["sub/../x.yaml"], directory: nil))
    #expect(source.shown == "sub/../x.yaml")
    #expect(source.path == FilePath(folder.path).appending("x.yaml"))
    let moved = try #require(try finder(folder).find(files: ["x.yaml"], directory: "p"))
    #expect(moved.directory == FilePath(folder.path).appending("p"))
  }

  @Test("- is standard input, with the working directory as the project's") func standardInput() throws {
    let folder = try ScratchDirectory()
    let source = try #require(try finder(folder).find(files: ["-"], directory: nil))
    #expect(source.place == .standardInput)
    #expect(source.directory == FilePath(folder.path))
  }

  @Test("COMPOSE_FILE names the file unless the command line does") func environment() throws {
    let folder = try ScratchDirectory()
    try folder.write("", to: "stack.yaml")
    let finder = finder(folder, ["COMPOSE_FILE": "env.yaml"])
    #expect(try finder.find(files: [], directory: nil)?.shown == "env.yaml")
    #expect(try finder.find(files: ["arg.yaml"], directory: nil)?.shown == "arg.yaml")
  }

  @Test("several files are refused, because override files are not merged") func several() throws {
    let folder = try ScratchDirectory()
    #expect(throws: CommandExit.self) { try finder(folder).find(files: ["a", "b"], directory: nil) }
    #expect(throws: CommandExit.self) { try finder(folder, ["COMPOSE_FILE": "a:b"]).find(files: [], directory: nil) }
  }
}

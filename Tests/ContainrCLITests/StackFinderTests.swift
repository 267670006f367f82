import SystemPackage
import Testing

@testable import ContainrCLI

@Suite struct StackFinderTests {
  private func finder(
    _ folder: TemporaryFolder, in sub: String = "", _ environment: [String: String] = [:]
  ) -> StackFinder {
    StackFinder(
      surroundings: Surroundings(
        environment: environment, workingDirectory: folder.path.appending(sub),
        executable: "/bin/containr", uid: 0))
  }

  @Test("our name is preferred to Compose's, and the others are named")
  func preference() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    for name in ["docker-compose.yml", "compose.yaml", "stack.yaml"] { try folder.write(name, "") }
    let source = try #require(try finder(folder).find(files: [], directory: nil))
    #expect(source.shown == "stack.yaml")
    #expect(source.path == folder.path.appending("stack.yaml"))
    #expect(source.directory == folder.path)
    #expect(source.ignored == ["compose.yaml", "docker-compose.yml"])
  }

  @Test("directories above are searched, and the name says which")
  func upward() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write("compose.yml", "")
    try folder.write("a/b/other", "")
    let source = try #require(try finder(folder, in: "a/b").find(files: [], directory: nil))
    #expect(source.shown == "../../compose.yml")
    #expect(source.path == folder.path.appending("compose.yml"))
    #expect(source.directory == folder.path)
  }

  @Test("a named file is taken as it is, relative to where we are")
  func named() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let source = try #require(try finder(folder).find(files: ["sub/../x.yaml"], directory: nil))
    #expect(source.shown == "sub/../x.yaml")
    #expect(source.path == folder.path.appending("x.yaml"))
    let moved = try #require(try finder(folder).find(files: ["x.yaml"], directory: "p"))
    #expect(moved.directory == folder.path.appending("p"))
  }

  @Test("- is standard input, with the working directory as the project's")
  func standardInput() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let source = try #require(try finder(folder).find(files: ["-"], directory: nil))
    #expect(source.place == .standardInput)
    #expect(source.directory == folder.path)
  }

  @Test("COMPOSE_FILE names the file unless the command line does")
  func environment() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write("stack.yaml", "")
    let finder = finder(folder, ["COMPOSE_FILE": "env.yaml"])
    #expect(try finder.find(files: [], directory: nil)?.shown == "env.yaml")
    #expect(try finder.find(files: ["arg.yaml"], directory: nil)?.shown == "arg.yaml")
  }

  @Test("several files are refused, because override files are not merged")
  func several() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    #expect(throws: CommandExit.self) {
      try finder(folder).find(files: ["a", "b"], directory: nil)
    }
    #expect(throws: CommandExit.self) {
      try finder(folder, ["COMPOSE_FILE": "a:b"]).find(files: [], directory: nil)
    }
  }
}

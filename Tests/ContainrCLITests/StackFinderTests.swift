import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrCLI
@testable import ContainrForeground

@Suite struct StackFinderTests {
  private func finder(_ folder: ScratchDirectory, in sub: String = "", composeFile: String? = nil) -> StackFinder {
    StackFinder(
      surroundings: Surroundings(
        environment: [:], workingDirectory: FilePath(folder.path).appending(sub), executable: "/bin/containr", uid: 0),
      composeFile: composeFile)
  }

  private func shown(_ source: StackSource?) -> [String]? { source?.files.map(\.shown) }

  @Test("our name is preferred to Compose's, and the others are named") func preference() throws {
    let folder = try ScratchDirectory()
    for name in ["docker-compose.yml", "compose.yaml", "stack.yaml"] { try folder.write("", to: name) }
    let source = try #require(try finder(folder).find(files: [], directory: nil))
    #expect(shown(source) == ["stack.yaml"])
    #expect(source.path == FilePath(folder.path).appending("stack.yaml"))
    #expect(source.directory == FilePath(folder.path))
    #expect(source.rivals.map(\.left) == ["compose.yaml", "docker-compose.yml"])
  }

  @Test("docker-compose.yml comes before docker-compose.yaml, as in Compose") func oldNames() throws {
    let folder = try ScratchDirectory()
    for name in ["docker-compose.yaml", "docker-compose.yml"] { try folder.write("", to: name) }
    #expect(shown(try finder(folder).find(files: [], directory: nil)) == ["docker-compose.yml"])
  }

  @Test("directories above are searched, and the name says which") func upward() throws {
    let folder = try ScratchDirectory()
    try folder.write("", to: "compose.yml")
    try folder.write("", to: "a/b/other")
    let source = try #require(try finder(folder, in: "a/b").find(files: [], directory: nil))
    #expect(shown(source) == ["../../compose.yml"])
    #expect(source.path == FilePath(folder.path).appending("compose.yml"))
    #expect(source.directory == FilePath(folder.path))
  }

  @Test("an override file beside a file that was found is taken along, also further up") func override() throws {
    let folder = try ScratchDirectory()
    for name in ["compose.yaml", "compose.override.yaml"] { try folder.write("", to: name) }
    try folder.write("", to: "a/other")
    #expect(shown(try finder(folder).find(files: [], directory: nil)) == ["compose.yaml", "compose.override.yaml"])
    let source = try #require(try finder(folder, in: "a").find(files: [], directory: nil))
    #expect(shown(source) == ["../compose.yaml", "../compose.override.yaml"])
    #expect(source.path == FilePath(folder.path).appending("compose.yaml"))
  }

  @Test("any of Compose's override names fits any of its file names, and a second one is named") func names() throws {
    let folder = try ScratchDirectory()
    for name in ["compose.yaml", "docker-compose.override.yml", "compose.override.yaml", "compose.override.yml"] {
      try folder.write("", to: name)
    }
    let source = try #require(try finder(folder).find(files: [], directory: nil))
    #expect(shown(source) == ["compose.yaml", "compose.override.yml"])
    #expect(source.rivals.map(\.left) == ["compose.override.yaml", "docker-compose.override.yml"])
    #expect(source.rivals.allSatisfy { $0.taken == "compose.override.yml" })
  }

  @Test("stack.yaml has override files of its own, and Compose's leave it alone") func ownOverride() throws {
    let folder = try ScratchDirectory()
    for name in ["stack.yaml", "compose.override.yaml"] { try folder.write("", to: name) }
    #expect(shown(try finder(folder).find(files: [], directory: nil)) == ["stack.yaml"])
    try folder.write("", to: "stack.override.yml")
    #expect(shown(try finder(folder).find(files: [], directory: nil)) == ["stack.yaml", "stack.override.yml"])
  }

  @Test("a named file is taken as it is, without override files, relative to where we are") func named() throws {
    let folder = try ScratchDirectory()
    try folder.write("", to: "x.override.yaml")
    try folder.write("", to: "compose.override.yaml")
    let source = try #require(try finder(folder).find(files: ["sub/../x.yaml"], directory: nil))
    #expect(shown(source) == ["sub/../x.yaml"])
    #expect(source.path == FilePath(folder.path).appending("x.yaml"))
    let moved = try #require(try finder(folder).find(files: ["x.yaml"], directory: "p"))
    #expect(moved.directory == FilePath(folder.path).appending("p"))
    #expect(moved.path == FilePath(folder.path).appending("x.yaml"))
  }

  @Test("several files stay in their order, and the first one's directory is the project's") func several() throws {
    let folder = try ScratchDirectory()
    let source = try #require(try finder(folder).find(files: ["a/x.yaml", "b/y.yaml"], directory: nil))
    #expect(shown(source) == ["a/x.yaml", "b/y.yaml"])
    #expect(source.path == FilePath(folder.path).appending("a/x.yaml"))
    #expect(source.directory == FilePath(folder.path).appending("a"))
  }

  @Test("- is standard input, with the working directory as the project's") func standardInput() throws {
    let folder = try ScratchDirectory()
    let source = try #require(try finder(folder).find(files: ["-"], directory: nil))
    #expect(source.files[0].place == .standardInput)
    #expect(source.directory == FilePath(folder.path))
    #expect(source.path == FilePath(folder.path).appending("<stdin>"))
    let mixed = try #require(try finder(folder).find(files: ["-", "b/y.yaml"], directory: nil))
    #expect(mixed.directory == FilePath(folder.path).appending("b"))
    #expect(throws: CommandExit.self) { try finder(folder).find(files: ["-", "-"], directory: nil) }
  }

  @Test("COMPOSE_FILE names files unless the command line does") func environment() throws {
    let folder = try ScratchDirectory()
    try folder.write("", to: "stack.yaml")
    var finder = finder(folder, composeFile: "env.yaml:b/more.yaml")
    #expect(shown(try finder.find(files: [], directory: nil)) == ["env.yaml", "b/more.yaml"])
    #expect(shown(try finder.find(files: ["arg.yaml"], directory: nil)) == ["arg.yaml"])
    finder.separator = "::"
    finder.composeFile = "one:two::three"
    #expect(shown(try finder.find(files: [], directory: nil)) == ["one:two", "three"])
    finder.composeFile = ""
    #expect(shown(try finder.find(files: [], directory: nil)) == ["stack.yaml"])
  }

  @Test("an address of another host is refused, not taken for a path") func remote() throws {
    let folder = try ScratchDirectory()
    let exit = #expect(throws: CommandExit.self) {
      try finder(folder).find(files: ["https://example.org/stack.git"], directory: nil)
    }
    #expect(exit?.message == "the stack file https://example.org/stack.git is not on this host")
  }
}

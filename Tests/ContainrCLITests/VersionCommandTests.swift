// `containr version` in its forms.
import ContainrTestSupport
import Testing

@testable import ContainrCLI

@Suite("The version")
struct VersionCommandTests {
  @Test("is a line, a number, or JSON, and not something else")
  func forms() throws {
    func version(_ words: String...) throws -> CommandResult {
      try run(try BuiltPrograms.path("containr"), ["version"] + words)
    }
    let number = VersionCommand.version
    #expect(try version().output == "containr \(number)\n")
    #expect(try version("--short").output == "\(number)\n")
    #expect(try version("--format", "json").output == "{\"version\":\"\(number)\"}\n")
    #expect(try version("-f", "pretty").output == "containr \(number)\n")
    #expect(try version("-f", "xml").code == 1)
  }
}

// The manual and the completions: made of what the commands say of themselves.
@testable import ContainrCLI
import ContainrForeground
import ContainrTestSupport
import Foundation
import Testing

@Suite("The manual")
struct ManualTests {
  @Test("There is a page for every command that is shown, with its synopsis, options and exit codes")
  func pages() throws {
    let pages = try ManualCommand.pages()
    let names = pages.map(\.name)
    for name in ["containr", "containr-up", "containr-down", "containr-image-ls", "containr-exec", "containr-doctor"] {
      #expect(names.contains(name))
    }
    #expect(Set(names).count == names.count, "each file is written once")
    #expect(!names.contains { $0.contains("supervise") }, "what is not shown has no page")
    for page in pages {
      let lines = page.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      #expect(lines[1].hasPrefix(".TH \"\(page.name.uppercased())\" 1"))
      for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS"] {
        #expect(lines.contains(".SH \(section)"), "\(page.name) has no \(section)")
      }
      #expect(!page.text.contains("Not described."), "\(page.name): an option without a word")
    }
    func codes(_ name: String) throws -> String {
      let page = try #require(pages.first { $0.name == name })
      return page.exitCodes.map { "\($0.code) \($0.meaning)" }.joined(separator: "\n")
    }
    #expect(try codes("containr-exec").contains("127 ") && !(try codes("containr-attach").contains("125 ")))
    #expect(try codes("containr-plan").contains("2 There are changes."))
    #expect(try codes("containr-up").contains("3 With --plan"))
    // No code that docs/cli.md does not have: those of ours are all in one place.
    let ours = Set(ExitCode.allCases.map { "\($0.rawValue)" }).union(["126", "127", "128+n", "other"])
      .union(TestEnd.allCases.map { "\($0.rawValue)" })
    for page in pages { for code in page.exitCodes { #expect(ours.contains(code.code), "\(page.name): \(code.code)") } }
    let down = try #require(pages.first { $0.name == "containr-down" }).text
    #expect(down.contains("\\fB\\-\\-volumes\\fR") && down.contains("\\fIfile\\fR"))
  }

  @Test("Text means itself: backslashes, hyphens, and lines that would be requests")
  func plain() {
    #expect(ManualPage.plain("a\\b --c") == "a\\eb \\-\\-c")
    #expect(ManualPage.plain(".env beside it") == "\\&.env beside it")
    #expect(ManualPage.plain("'quoted'") == "\\&'quoted'")
  }

  @Test(
    "man(1)'s formatter takes every page without a warning",
    .enabled(if: Requirement.hasProgram("groff"), "groff-base is not installed"))
  func formatter() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      "containr-manual-\(UUID().uuidString)")
    defer { do { try FileManager.default.removeItem(at: directory) } catch {} }
    try run(try BuiltPrograms.path("containr-cli"), ["manual", directory.path]).succeeding()
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    #expect(files.count == (try ManualCommand.pages()).count)
    let end = try run(
      "groff", ["-man", "-Tutf8", "-ww", "-z"] + files.map { directory.appendingPathComponent($0).path }
    ).succeeding()
    #expect(end.errors == "", "\(end.errors)")
  }

  @Test("Each shell reads its completions, which lead to files and services", arguments: ["bash", "zsh", "fish"])
  func completions(shell: String) throws {
    for program in ["containr", "containr-up", "containr-down"] {
      let script = try run(
        try BuiltPrograms.path("containr-cli"), ["completion", "--program", program, shell]
      ).succeeding().output
      #expect(script.contains(program))
      if program == "containr" { #expect(script.contains("config --services")) }
      // The others are not on every machine.
      if shell == "bash" { try run("bash", ["-n"], input: script).succeeding() }
    }
    #expect(try run(try BuiltPrograms.path("containr-cli"), ["completion", "csh"]).code == 1)
  }
}

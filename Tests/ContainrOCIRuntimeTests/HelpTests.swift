// `containr-runtime --help`, and that of each command: every option has its line.
@testable import ContainrOCIRuntime
import ContainrTestSupport
import Testing

@Suite("The runtime's help")
struct HelpTests {
  /// What a command must be told of, beside what the pages are made of.
  private static let known = [
    "run": ["--bundle", "--detach", "--keep", "--pid-file"], "exec": ["--tty", "--process", "--cap"],
    "delete": ["--force"], "list": ["--quiet", "table|json"], "update": ["--memory", "--pids-limit"],
  ]

  @Test("Each command has a page with a line for each of its options, and what it does")
  func pages() throws {
    for command in CommandForms.commands {
      let page = try #require(HelpPage.text(command))
      #expect(page.hasPrefix("containr-runtime \(command): "), "\(page)")
      for form in CommandForms.of(command) {
        let name = String(form.prefix { $0 != "," && $0 != "=" })
        let (value, what) = HelpPage.option(name, of: command)
        #expect(!what.isEmpty, "\(command) --\(name)")
        #expect(value.isEmpty == !form.hasSuffix("="), "\(command) --\(name): a value is named where there is one")
        #expect(page.split(separator: "\n").contains { $0.contains("--\(name)") && $0.hasSuffix(what) }, "\(page)")
      }
      for word in Self.known[command] ?? [] { #expect(page.contains(word), "\(command) \(word)") }
    }
    #expect(HelpPage.text("nothing") == nil)
  }

  @Test("The page of the program names all commands and global options")
  func program() throws {
    let page = try #require(HelpPage.text())
    for command in CommandForms.commands { #expect(page.contains("\n  \(command) "), "\(command)") }
    for form in RuntimeContext.forms {
      let name = String(form.prefix { $0 != "," && $0 != "=" })
      #expect(page.contains("--\(name)") && !HelpPage.option(name, of: "").what.isEmpty, "\(name)")
    }
  }

  @Test("The built program prints them, and says of what is no command where they are told")
  func built() throws {
    let program = try BuiltPrograms.path("containr-runtime")
    for words in [["kill", "--help"], ["help", "kill"], ["--help", "kill"], ["kill", "-h"]] {
      let result = try run(program, words).succeeding()
      #expect(result.output == HelpPage.text("kill"), "\(words)")
    }
    #expect(try run(program, ["--help"]).succeeding().output == HelpPage.text())
    for words in [["nothing"], ["help", "nothing"]] {
      let result = try run(program, words)
      #expect(result.code == 1 && result.errors.contains("containr-runtime --help"), "\(result)")
    }
    let refused = try run(program, ["kill", "--regex", "a.*"])
    #expect(refused.code == 1 && refused.errors.contains("--regex is not supported"), "\(refused)")
  }
}

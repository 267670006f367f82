// A command that is parsed by itself is the one that the whole would have found.
import ArgumentParser
import Testing

@testable import ContainrCLI

@Suite("Commands parsed by themselves")
struct LeafTests {
  @Test(
    "are what the whole makes of the same words",
    arguments: [
      ["exec", "-p", "s", "-T", "web", "true"],
      ["exec", "--index", "2", "-e", "A=b", "web", "--", "sh", "-c", "exit 3"],
      ["exec", "web", "ls", "--help"], ["ps", "--json"], ["logs", "-f", "-n", "3", "web"], ["version"],
      ["up", "-d", "stack.yaml"], ["stop", "-t", "3"], ["kill", "-s", "HUP", "a", "b"],
    ])
  func same(words: [String]) throws {
    let leaf = try #require(ContainrProgram.leaf(words))
    let whole = try RootCommand.parseAsRoot(words)
    #expect("\(leaf)" == "\(whole)" && type(of: leaf) == type(of: whole))
  }

  @Test(
    "are left to the whole where that has something to say",
    arguments: [
      [], ["nothing"], ["--help"], ["--version"], ["exec"], ["exec", "--help"], ["ps", "--no-such-option"],
      ["volume", "ls"], ["help", "exec"], ["ps", "--generate-completion-script", "bash"],
    ])
  func left(words: [String]) { #expect(ContainrProgram.leaf(words).map { "\($0)" } == nil) }
}

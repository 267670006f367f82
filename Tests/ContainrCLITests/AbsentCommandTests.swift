// Commands that there are not: why, and what there is for them.
import ArgumentParser
import ContainrForeground
import Testing

@testable import ContainrCLI

@Suite("Commands that there are not")
struct AbsentCommandTests {
  private func told(_ words: String...) -> CommandExit? { ContainrProgram.unknownCommand(words, of: RootCommand.self) }

  @Test("of Compose and Docker say why, and what to do instead", arguments: AbsentCommand.all.keys.sorted())
  func absent(name: String) throws {
    let exit = try #require(told(name))
    #expect(exit.code == 1 && exit.message?.hasPrefix("there is no command '\(name)': ") == true)
    #expect(exit.help?.isEmpty == false)
  }

  @Test("All commands of Compose are there, or told of")
  func complete() {
    let compose = [
      "attach", "bridge", "build", "commit", "config", "convert", "cp", "create", "down", "events", "exec", "export",
      "images", "kill", "logs", "ls", "pause", "port", "ps", "publish", "pull", "push", "restart", "rm", "run", "scale",
      "start", "stats", "stop", "top", "unpause", "up", "version", "volumes", "wait", "watch",
    ]
    let own = RootCommand.configuration.subcommands.flatMap {
      ($0.configuration.commandName.map { [$0] } ?? []) + $0.configuration.aliases
    }
    for name in compose {
      #expect(own.contains(name) != (AbsentCommand.all[name] != nil), "\(name) is there or told of, and not both")
    }
    for name in AbsentCommand.all.keys { #expect(!own.contains(name), "\(name)") }
  }

  @Test("A misspelt one is told with the one that was meant; one behind alpha is told of as well")
  func near() {
    #expect(told("strat")?.help == "did you mean 'start'?")
    #expect(told("alpha", "viz")?.message?.hasPrefix("there is no command 'viz'") == true)
    #expect(told("xylophone")?.help?.hasPrefix("there are up, down") == true)
    #expect(told("up")?.message == nil && told("--nothing")?.message == nil)
    #expect(told("up", "web")?.message == nil && told("volume")?.message == nil)
    #expect(told("volume", "ls", "x")?.message == nil && told("volume", "--help")?.message == nil)
    #expect(told("volume", "lss")?.help == "did you mean 'volume ls'?")
    #expect(told("image", "pul", "x")?.message == "there is no command 'image pul'")
    #expect(told("network", "xylophone")?.help?.hasPrefix("there are ls, ") == true)

  }
}

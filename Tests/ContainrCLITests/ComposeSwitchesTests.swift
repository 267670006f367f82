import SystemPackage
import Testing

@testable import ContainrCLI
@testable import ContainrForeground

@Suite struct ComposeSwitchesTests {
  private func surroundings(_ environment: [String: String]) -> Surroundings {
    Surroundings(environment: environment, workingDirectory: "/", executable: "/bin/containr", uid: 0)
  }

  @Test("the variables are read, and what is empty is not set") func values() throws {
    let switches = try ComposeSwitches(
      surroundings(["COMPOSE_ANSI": "never", "COMPOSE_PROGRESS": "plain", "COMPOSE_PARALLEL_LIMIT": "3"]))
    #expect(switches.colour == .never)
    #expect(switches.progress == .plain)
    #expect(switches.parallelLimit == 3)
    let none = try ComposeSwitches(surroundings(["COMPOSE_ANSI": "", "COMPOSE_PARALLEL_LIMIT": "-1"]))
    #expect(none.colour == .auto)
    #expect(none.parallelLimit == nil)
  }

  @Test("a value that means nothing is said, with what there is") func nonsense() {
    let exit = #expect(throws: CommandExit.self) {
      try ComposeSwitches(surroundings(["COMPOSE_ANSI": "sometimes"]))
    }
    #expect(exit?.help == "write one of auto, never, always")
    #expect(throws: CommandExit.self) { try ComposeSwitches(surroundings(["COMPOSE_PARALLEL_LIMIT": "many"])) }
  }

  @Test("COMPOSE_ANSI stands in the place of the terminal, and NO_COLOR is stronger") func colours() {
    func isOn(_ colour: ComposeSwitches.Colour, terminal: Bool, _ environment: [String: String] = [:]) -> Bool {
      Ink(isTerminal: terminal, surroundings: surroundings(environment), colour: colour).isOn
    }
    #expect(isOn(.always, terminal: false))
    #expect(!isOn(.never, terminal: true))
    #expect(isOn(.auto, terminal: true))
    #expect(!isOn(.auto, terminal: false))
    #expect(!isOn(.always, terminal: true, ["NO_COLOR": "1"]))
  }
}

import ContainrSystem
import SystemPackage
import Testing

@testable import ContainrCLI
@testable import ContainrForeground

@Suite struct CommandExitTests {
  private func surroundings(uid: UInt32) -> Surroundings {
    Surroundings(environment: [:], workingDirectory: "/", executable: "/usr/bin/containr-up", uid: uid)
  }

  @Test("who is not root and has no home is told so, and what to do; nothing else is tried") func notRoot() throws {
    var context = try CommandContext(noColour: true)
    context.surroundings = surroundings(uid: 1000)
    let exit = #expect(throws: CommandExit.self) { try context.requireRoot() }
    #expect(exit?.code == 2)
    #expect(
      exit?.text(Ink(isOn: false)) == """
        error: there is no place for the containers of uid 1000: HOME is not set
          = help: set HOME, or XDG_DATA_HOME and XDG_RUNTIME_DIR; as root it needs neither

        """)
    context.surroundings = surroundings(uid: 0)
    try context.requireRoot()
  }

  @Test("exit codes are those of docs/cli.md") func codes() {
    #expect(ExitCode.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 6, 7, 8, 125, 130])
  }

  @Test("colour is for terminals, and off where NO_COLOR or a dumb terminal says so") func colour() {
    var around = surroundings(uid: 0)
    #expect(Ink(isTerminal: true, surroundings: around).isOn)
    #expect(!Ink(isTerminal: false, surroundings: around).isOn)
    #expect(!Ink(isTerminal: true, forbidden: true, surroundings: around).isOn)
    around.environment["NO_COLOR"] = "1"
    #expect(!Ink(isTerminal: true, surroundings: around).isOn)
    around.environment = ["TERM": "dumb"]
    #expect(!Ink(isTerminal: true, surroundings: around).isOn)
  }
}

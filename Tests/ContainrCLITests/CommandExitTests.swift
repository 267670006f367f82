import ContainrSystem
import SystemPackage
import Testing

@testable import ContainrCLI
@testable import ContainrForeground

@Suite struct CommandExitTests {
  private func surroundings(uid: UInt32) -> Surroundings {
    Surroundings(environment: [:], workingDirectory: "/", executable: "/usr/bin/containr-up", uid: uid)
  }

  @Test("who is not root is told so, why, and what to do; nothing else is tried") func notRoot() throws {
    var context = try CommandContext(noColour: true)
    context.surroundings = surroundings(uid: 1000)
    let exit = #expect(throws: CommandExit.self) { try context.requireRoot("containr-up") }
    #expect(exit?.code == 2)
    #expect(
      exit?.text(Ink(isOn: false)) == """
        error: containr-up must run as root: namespaces, cgroups and nftables are the kernel's, and it asks for root
          = note: you are uid 1000; rootless stacks are not in this version
          = help: sudo containr-up …   (a stack file alone can be checked without: containr check FILE)

        """)
    context.surroundings = surroundings(uid: 0)
    try context.requireRoot("containr-up")
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

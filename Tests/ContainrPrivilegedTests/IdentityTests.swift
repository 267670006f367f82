// Two checkouts with the same directory name, one that was moved, and links to one.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Identity of a stack", .serialized, .asRoot)
struct IdentityTests {
  private static let stack = """
    services:
      a: { layers: [/LAYER], command: [sleep, "100000"], stop_signal: SIGKILL }
    networks: { default: { internal: true } }
    """

  /// `one/t/stack.yaml` is up as `t`; `two/t/stack.yaml` says the same, word by word.
  private func use(_ body: (Bed) throws -> Void) throws {
    try Bed.use { bed in
      let text = Self.stack.replacingOccurrences(of: "/LAYER", with: bed.path + "/base")
      for checkout in ["one", "two"] { try bed.sandbox.directory.write(text, to: "\(checkout)/t/stack.yaml") }
      try bed.run("containr-up", ["-d", "-f", bed.path + "/one/t/stack.yaml"]).succeeding()
      try body(bed)
    }
  }

  private func expectRefused(
    _ result: CommandResult, _ bed: Bed, code: Int32 = 2, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      result.code == code && result.errors.contains(bed.path + "/one/t/stack.yaml"), "\(result)",
      sourceLocation: sourceLocation)
  }

  @Test("a second checkout of the same name touches nothing of the first, whatever the command, and names its file")
  func twoCheckouts() throws {
    try use { bed in
      let pids = try bed.pids()
      let other = bed.path + "/two/t/stack.yaml"
      // Even where nothing would have to be done.
      expectRefused(try bed.run("containr-up", ["-d", "-f", other]), bed)
      expectRefused(try bed.run("containr", ["plan", "-f", other]), bed, code: 3)
      for command in [
        ["down", "-y", "-v"], ["ps"], ["history"], ["diff"], ["rollback", "-y"], ["exec", "a", "--", "true"],
      ] {
        let words =
          command.count > 2 && command[1] == "a" ? ["exec", "-f", other, "a", "--", "true"] : command + ["-f", other]
        // What is Containr's own fault is 125 for who runs a command inside.
        expectRefused(try bed.run("containr", words), bed, code: command[0] == "exec" ? 125 : 2)
      }
      expectRefused(try bed.run("containr", ["logs", "--file", other]), bed)
      expectRefused(try bed.run("containr-down", ["-f", other]), bed)
      // A name from the environment is not more than the file that is named.
      expectRefused(try bed.run("containr-down", ["-f", other], environment: ["COMPOSE_PROJECT_NAME": "t"]), bed)
      #expect(try bed.pids() == pids)
      // By its name it is meant, wherever one stands.
      try bed.run("containr", ["ps", "-p", "t", "-f", other]).succeeding()
      try bed.run("containr-down", ["-p", "t", "-f", other]).succeeding()
      try bed.run("containr-up", ["-d", "-f", other]).succeeding()
      #expect(try bed.ps().count == 1)
    }
  }

  @Test("another name makes two stacks of two checkouts, and each down takes its own")
  func twoNames() throws {
    try use { bed in
      let other = bed.path + "/two/t/stack.yaml"
      try bed.run("containr-up", ["-d", "-p", "u", "-f", other]).succeeding()
      let pids = try bed.pids()
      // The file is known by its path: no -p is needed.
      try bed.run("containr-down", ["-f", other]).succeeding()
      #expect(try bed.pids() == pids)
      #expect(try bed.run("containr", ["ps", "--all-stacks", "-q"]).output == "t-a-1\n")
    }
  }

  @Test("a checkout that was moved is refused with a way out, and adopted if that is asked for, without a restart")
  func moved() throws {
    try use { bed in
      let pids = try bed.pids()
      try FileManager.default.moveItem(atPath: bed.path + "/one", toPath: bed.path + "/moved")
      let file = bed.path + "/moved/t/stack.yaml"
      let refused = try bed.run("containr-up", ["-d", "-f", file])
      expectRefused(refused, bed)
      #expect(refused.errors.contains("that file is gone") && refused.errors.contains("--adopt"), "\(refused)")
      expectRefused(try bed.run("containr-down", ["-f", file]), bed)
      try bed.run("containr", ["plan", "--adopt", "-f", file]).succeeding()
      try bed.run("containr-up", ["-d", "--adopt", "-f", file]).succeeding()
      #expect(try bed.pids() == pids)
      let history = try bed.run("containr", ["history", "--json", "-f", file]).succeeding().output
      #expect(history.contains("\"file\": \"\(file)\""), "\(history)")
      try bed.run("containr-down", ["-f", file]).succeeding()
    }
  }

  @Test("a link to the directory is the same stack")
  func link() throws {
    try use { bed in
      try FileManager.default.createSymbolicLink(
        atPath: bed.path + "/link", withDestinationPath: bed.path + "/one")
      let file = bed.path + "/link/t/stack.yaml"
      let up = try bed.run("containr-up", ["-d", "-f", file]).succeeding()
      #expect(up.output.hasPrefix("nothing to do"), "\(up)")
      try bed.run("containr-down", ["-f", file]).succeeding()
      bed.expectNothingLeft()
    }
  }
}

// The soak in short: random kills of containers, shims, supervisors and commands, and nothing is left wrong or left behind.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Soak", .serialized, .asRoot)
struct SoakTests {
  @Test("a stack under random kills is as its file says after each of them, and leaves nothing")
  func short() throws {
    let script = BuiltPrograms.repository.appendingPathComponent("scripts/soak.py").path
    // Another seed each time; a failure prints it, and `scripts/soak.py --seed` does the same again.
    let result = try run(
      "python3", [script, BuiltPrograms.directory.path, "--seconds", "20"],
      environment: ["CONTAINR_TEST_PACE": "\(max(2, TestPace.factor))"], timeout: 400)
    #expect(result.code == 0 && result.output.contains("the host is as it was"), "\(result)")
  }
}

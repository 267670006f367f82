// Flags with a value, as Compose's users write them.
import Testing

@testable import ContainrCLI

@Suite("Flags with a value")
struct FlagValuesTests {
  @Test(
    "are there, negated, or not there",
    arguments: [
      ("attach --sig-proxy=false web", "attach --no-sig-proxy web"),
      ("attach --sig-proxy=true --no-stdin=false web", "attach --sig-proxy web"),
      ("exec --interactive=false -T=true web true", "exec --no-interactive -T web true"),
      ("exec -i=false -u x=true web true", "exec --no-interactive -u x=true web true"),
      ("run-service --rm=1 -e -d=true web tool --rm=false", "run-service --rm -e -d=true web tool --rm=false"),
      ("exec web tool --privileged=false", "exec web tool --privileged=false"),
      ("up --remove-orphans=false -d=true", "up --no-remove-orphans -d"), ("events --json=f", "events"),
      ("kill --no-such=true web", "kill --no-such=true web"), ("stop -- --dry-run=true", "stop -- --dry-run=true"),
      ("nothing --json=true", "nothing --json=true"),
    ])
  func plain(line: String, result: String) throws {
    func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }
    #expect(try FlagValues.plain(words(line)) == words(result))
  }
}

// The words of `containr exec`, read without the parser.
import ArgumentParser
import Testing

@testable import ContainrCLI

@Suite("Words of exec")
struct ExecWordsTests {
  private func plain(_ line: String) -> ExecWords? { ExecWords.plain(line.split(separator: " ").map(String.init)[...]) }
  private func parsed(_ line: String) throws -> ExecWords {
    try ExecCommand.parse(line.split(separator: " ").map(String.init)).words
  }

  @Test(
    "the short way and the parser understand the same words",
    arguments: [
      "web true", "-T web sh -c --index", "-p shop -f a.yaml --file b.yaml web ls -l -- x", "-i -d web sleep 1",
      "-e A=1 --env B -u app:users --workdir /tmp --privileged --index 3 web id -u", "--tty web top",
      "--project-name s --no-tty --interactive --detach --user 0 -w / web true", "web sh -- -c",
    ])
  func same(line: String) throws { #expect(plain(line) == (try parsed(line))) }

  @Test(
    "what is not plain is for the parser",
    arguments: [
      "", "web", "-T web", "--index x web true", "--index=2 web true", "-Tu app web true", "--no-such web true",
      "-u -T web true", "-f - web true", "-w tmp web true", "-e =x web true", "-t -T web true", "--help",
      "--detach-keys ctrl-a web true", "--profile x web true", "web -- true", "web --help", "-p",
    ])
  func left(line: String) { #expect(plain(line) == nil) }
}

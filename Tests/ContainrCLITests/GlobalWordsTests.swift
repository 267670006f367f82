// Options of Compose before the command: which command gets them, and which refuses them.
import ArgumentParser
import ContainrForeground
import Testing

@testable import ContainrCLI

@Suite("Options before the command")
struct GlobalWordsTests {
  private func placed(_ words: String...) throws -> [String] { try GlobalWords(words).placed() }

  private func refusal(_ words: String...) -> CommandExit? {
    #expect(throws: CommandExit.self) { try GlobalWords(words).placed() }
  }

  @Test("are the command's, by their long names, however they are written")
  func forms() throws {
    let wanted = ["ps", "--file", "a.yaml", "--project-name", "s", "-q"]
    #expect(try placed("-f", "a.yaml", "-p", "s", "ps", "-q") == wanted)
    #expect(try placed("--file=a.yaml", "--project-name=s", "ps", "-q") == wanted)
    #expect(try placed("-fa.yaml", "-p=s", "ps", "-q") == wanted)
    #expect(try placed("-f", "-", "config") == ["config", "--file", "-"])
    #expect(
      try placed("--profile", "x", "--env-file", "e", "--project-directory", "d", "--dry-run", "up", "-d")
        == ["up", "--profile", "x", "--env-file", "e", "--project-directory", "d", "--dry-run", "-d"])
  }

  @Test("go to the command also where -f means something else there, and to commands of commands")
  func places() throws {
    #expect(try placed("-f", "a.yaml", "logs", "-f", "web") == ["logs", "--file", "a.yaml", "-f", "web"])
    #expect(try placed("-f", "a.yaml", "rm", "-f") == ["rm", "--file", "a.yaml", "-f"])
    #expect(try placed("-p", "s", "systemd", "print") == ["systemd", "print", "--project-name", "s"])
    #expect(try placed("-f", "a", "lock", "--check") == ["lock", "--file", "a", "--check"])
    #expect(try placed("-f", "a", "lock", "update", "x") == ["lock", "update", "--file", "a", "x"])
    let run = try placed("-f", "a", "-p", "s", "run", "-p", "80", "web", "ls")
    #expect(run == [ServiceRunCommand.name, "--file", "a", "--project-name", "s", "-p", "80", "web", "ls"])
    let command = try #require(ContainrProgram.leaf(run) as? ServiceRunCommand)
    #expect(command.files == ["a"] && command.projectName == "s" && command.words.publish == ["80"])
  }

  @Test("that say how all commands look stand in the place of Compose's variables")
  func variables() throws {
    let words = try GlobalWords(["--ansi", "never", "--progress=plain", "--parallel", "3", "version"])
    #expect(
      words.environment
        == ["COMPOSE_ANSI": "never", "COMPOSE_PROGRESS": "plain", "COMPOSE_PARALLEL_LIMIT": "3"])
    #expect(try words.placed() == ["version"])
    #expect(refusal("--ansi", "sometimes", "up")?.help == "write one of auto, never, always")
    #expect(refusal("--parallel", "many", "up")?.message == "--parallel is 'many', which is no whole number")
  }

  @Test(
    "that can mean nothing to a command of Compose are left out: a stack to ls and version, a dry run to what only looks"
  )
  func leftOut() throws {
    let stack = ["-f", "a.yaml", "-p", "s", "--profile", "x", "--env-file", "e", "--project-directory", "d"]
    #expect(try GlobalWords(stack + ["--dry-run", "ls", "-a"]).placed() == ["ls", "-a"])
    #expect(try GlobalWords(stack + ["version", "-f", "json"]).placed() == ["version", "-f", "json"])
    #expect(try placed("--dry-run", "-p", "s", "ps", "-q") == ["ps", "--project-name", "s", "-q"])
    for name in ["status", "logs", "top", "stats", "events", "port", "images", "volumes", "history", "diff"] {
      #expect(try placed("--dry-run", name) == [name])
    }
    // Behind the command they are none of it, in Compose neither.
    #expect(ContainrProgram.leaf(["ls", "--project-name", "s"]) == nil)
  }

  @Test("that the command does not take, and that would mean something, are refused by name")
  func refused() {
    for name in ["exec", "attach", "cp", "wait", "commit", "export", "config", "lock", "test"] {
      #expect(refusal("--dry-run", name)?.message == "containr \(name) takes no --dry-run")
    }
    #expect(
      refusal("--dry-run", "exec")?.help == "what it does cannot be shown beforehand: leave it out, and it is done")
    #expect(refusal("-f", "a.yaml", "image", "ls")?.message == "containr image ls takes no --file")
    #expect(refusal("-f", "a.yaml", "fmt")?.help == "its files stand behind it: containr fmt FILE")
    #expect(refusal("-f", "a.yaml", "doctor")?.help == "it is not about one stack")
    #expect(refusal("-p", "s", "volume", "ls")?.message == "containr volume ls takes no --project-name")
    #expect(refusal("--compatibility", "up")?.message == "--compatibility is not taken")
    #expect(refusal("--projct-name", "s", "up")?.help == "did you mean '--project-name'?")
    #expect(refusal("--detach", "up")?.help == "options of a command stand behind its name: containr COMMAND --detach")
    #expect(refusal("-f")?.message == "-f needs a value")
    #expect(refusal("-f", "a.yaml")?.message == "there is no command behind --file")
    #expect(refusal("--dry-run=true", "up")?.message == "--dry-run takes no value")
  }

  @Test("Words that begin with a command, and those of the parser, stay as they are")
  func untouched() throws {
    for words in [
      [], ["up", "-f", "x"], ["--help"], ["--version"], ["help", "up"], ["nothing"], ["ps", "--ansi", "never"],
      ["exec", "web", "--dry-run"],
    ] {
      let global = try GlobalWords(words)
      #expect(try global.placed() == words && global.environment.isEmpty)
    }
    #expect(try placed("-f", "x", "nothing") == ["nothing"])
    #expect(try placed("-f", "x", "up", "--help") == ["up", "--file", "x", "--help"])
    #expect(try placed("-v") == ["--version"])
  }

  @Test("The help, the manual and the completions of containr name each of them")
  func described() throws {
    let help = DescribedRootCommand.helpMessage()
    let page = try #require(try ManualCommand.pages().first { $0.name == "containr" }).text
    let names = ["--file", "--project-name", "--profile", "--env-file", "--project-directory", "--dry-run"]
    for name in names + GlobalWords.variables.keys {
      #expect(help.contains(name), "\(name)")
      #expect(page.contains(ManualPage.plain(name)), "\(name)")
      #expect(DescribedRootCommand.completionScript(for: .bash).contains(name), "\(name)")
    }
  }
}

// `containr manual` and `containr completion`: what the command line says of itself, for man(1) and for shells.
internal import ArgumentParser
internal import ContainrForeground
internal import ContainrSystem
internal import SystemPackage

struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Writes the pages of the manual into a directory.",
    discussion: "A page a command, for man(1). `make install` does this; man -l FILE shows one.")
  @Argument(help: "The directory; it is made if it is not there.") var directory: String

  func run() throws {
    let target = FilePath(directory)
    do throws(SyscallError) { _ = try Kernel.makeDirectories(target) } catch {
      throw CommandExit(.failure, "make \(directory): \(error)")
    }
    for page in try Self.pages() {
      let file = target.appending(page.fileName)
      do throws(SyscallError) { try Kernel.replace(file, with: Array(page.text.utf8), mode: 0o644) } catch {
        throw CommandExit(.failure, "write \(file): \(error)")
      }
    }
  }

  /// Those of all programs. `containr up` and `containr-up` are one page.
  static func pages() throws -> [ManualPage] {
    let roots: [any ParsableCommand.Type] = [UpProgram.self, DownProgram.self, DescribedRootCommand.self]
    var pages: [ManualPage] = []
    for info in try roots.flatMap({ try CommandInfo($0).all }) {
      let page = ManualPage(command: info, version: VersionCommand.version, exitCodes: exitCodes(info.words))
      if !pages.contains(where: { $0.name == page.name }) { pages.append(page) }
    }
    return pages
  }

  /// docs/cli.md says the same.
  private static func exitCodes(_ words: [String]) -> [(code: String, meaning: String)] {
    let name = words.last ?? ""
    if ["run", "exec"].contains(name), words.count == 2 {
      return [
        ("125", "containr itself failed."), ("126", "The program cannot be executed."),
        ("127", "There is no such program."),
        ("128+n", "The program was ended by signal n."), ("other", "The program's own code."),
      ]
    }
    if name == TestCommand.name {
      return TestEnd.allCases.map { ("\($0.rawValue)", $0.meaning) } + [("other", "The command's own code.")]
    }
    var codes: [(code: String, meaning: String)] = [
      ("0", "Done, or nothing to do."),
      ("1", "The command line is wrong, or something failed that no other code names."),
      ("2", "The file, or the host as it is, does not allow it. Nothing was touched."),
    ]
    if name == "attach" { codes.append(("other", "The code of the program that was attached to.")) }
    // These answer a question: with changes the code is 2.
    if ["plan", "rollback"].contains(name) {
      if name == "plan" {
        codes[2].meaning = "There are changes."
      } else {
        codes[2].meaning += " With --dry-run: there are changes."
      }
      codes.append(("3", "The file, or the host as it is, does not allow it (rollback: with --dry-run)."))
    }
    if ["diff", "fmt"].contains(name), words.count == 2 {
      codes[2].meaning += " Or there are changes (fmt: with --check)."
    }
    if ["up", "down", "containr-up", "containr-down", "create", "rollback"].contains(name) {
      codes.append(("4", "Applying went wrong half way. The next up goes on, down takes away what there is."))
    }
    if ["up", "containr-up"].contains(name) {
      codes[2].meaning += " With --plan: there are changes."
      codes += [
        ("3", "With --plan: the file, or the host as it is, does not allow it."),
        ("6", "Everything started, but something did not become healthy or did not complete well."),
        ("7", "Applying went wrong, and the stack is back at the revision that it was at."),
        ("8", "A saved plan no longer fits what is there. Nothing was touched."),
      ]
    }
    return codes + [("130", "Ended by Ctrl-C before it was done.")]
  }
}

struct CompletionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completion", abstract: "Prints a script that completes commands and options in a shell.",
    discussion: """
      bash:  source <(containr completion bash)
      zsh:   containr completion zsh > "${fpath[1]}/_containr"
      fish:  containr completion fish > ~/.config/fish/completions/containr.fish
      """)
  @Option(help: ArgumentHelp("For containr-up or containr-down instead.", valueName: "program"))
  var program = "containr"
  @Argument(help: "bash, zsh or fish.") var shell: String

  func run() throws {
    guard let known = CompletionShell(rawValue: shell) else {
      throw CommandExit(.failure, "there are no completions for '\(shell)'", help: "bash, zsh or fish")
    }
    let roots: [String: any ParsableCommand.Type] = [
      "containr": DescribedRootCommand.self, "containr-up": UpProgram.self, "containr-down": DownProgram.self,
    ]
    guard let root = roots[program] else {
      throw CommandExit(.failure, "there is no program '\(program)'", help: "containr, containr-up or containr-down")
    }
    Output.standard.write(root.completionScript(for: known) + "\n")
  }
}

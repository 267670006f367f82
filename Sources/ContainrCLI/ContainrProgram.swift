// The way into the command line: parses, runs, and turns every ending into words on stderr and an exit code.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrSystem
internal import Glibc

/// The programs. The mains call these and nothing else.
public enum ContainrProgram {
  /// `containr`, with all subcommands.
  public static func containr() -> Never {
    // The unpacker builds its walls before there could be a thread, and takes no words but its name.
    if CommandLine.arguments.dropFirst().elementsEqual([UnpackProcess.subcommand]) { leave(UnpackProcess.serve()) }
    run(RootCommand.self)
  }
  /// `containr-run`: what of `containr run` needs no parser.
  public static func foreground() -> Never {
    end { () throws in
      try RunProgram.begin()
      if let words = try RunProgram.words() { try words.run() } else { try RunProgram.becomeParser() }
    }
  }
  /// `containr-up`.
  public static func up() -> Never { run(UpProgram.self) }
  /// `containr-down`.
  public static func down() -> Never { run(DownProgram.self) }

  private static func run(_ root: any ParsableCommand.Type) -> Never {
    run(root) {
      var command = try root.parseAsRoot()
      try command.run()
    }
  }

  private static func run(_ root: any ParsableCommand.Type, _ body: () throws -> Void) -> Never {
    end(body) { error in
      // Help and version are "errors" of the parser with code 0; everything else of it is wrong use.
      let code = root.exitCode(for: error)
      var text = root.fullMessage(for: error)
      while text.last == "\n" { text.removeLast() }
      if code == .success {
        Output.standard.write(text + "\n")
        end(.done)
      }
      // The parser's word, written as all our findings write it.
      if text.hasPrefix("Error: ") { text = "\(errorInk.paint("error", .red)): \(text.dropFirst(7))" }
      Output.error.write(text + "\n")
      end(.failure)
    }
  }

  /// Runs a command to its end; `explain` is for the errors that are not ours.
  private static func end(
    _ body: () throws -> Void,
    explain: (any Error) -> Never = { error in
      Output.error.write(CommandExit(.failure, "\(error)").text(errorInk))
      end(.failure)
    }
  ) -> Never {
    do {
      try body()
      end(.done)
    } catch let exit as CommandExit {
      if exit.message != nil { Output.error.write(exit.text(Self.errorInk)) }
      leave(exit.code)
    } catch let error as SyscallError {
      Output.error.write(CommandExit(.failure, error.description).text(Self.errorInk))
      end(.failure)
    } catch {
      explain(error)
    }
  }

  private static var errorInk: Ink { do { return try CommandContext().errorInk } catch { return Ink(isOn: false) } }

  private static func end(_ code: ExitCode) -> Never { leave(code.rawValue) }

  /// Nothing is buffered by us, and nobody waits for destructors.
  private static func leave(_ code: Int32) -> Never { _exit(code) }
}

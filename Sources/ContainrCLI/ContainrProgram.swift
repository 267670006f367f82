// The way into the command line: parses, runs, and turns every ending into words on stderr and an exit code.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground

/// The programs. The mains call these and nothing else.
public enum ContainrProgram {
  /// `containr`, with all subcommands.
  public static func containr() -> Never {
    // The unpacker builds its walls before there could be a thread, and takes no words but its name.
    if CommandLine.arguments.dropFirst().elementsEqual([UnpackProcess.subcommand]) {
      ProgramEnd.leave(UnpackProcess.serve())
    }
    run(RootCommand.self)
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
    ProgramEnd.of(body) { error in
      // Help and version are "errors" of the parser with code 0; everything else of it is wrong use.
      let code = root.exitCode(for: error)
      var text = root.fullMessage(for: error)
      while text.last == "\n" { text.removeLast() }
      if code == .success {
        Output.standard.write(text + "\n")
        ProgramEnd.leave(.done)
      }
      // The parser's word, written as all our findings write it.
      if text.hasPrefix("Error: ") { text = "\(ProgramEnd.ink.paint("error", .red)): \(text.dropFirst(7))" }
      Output.error.write(text + "\n")
      ProgramEnd.leave(.failure)
    }
  }
}

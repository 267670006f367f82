// The way into `containr-run`.

/// The program.
public enum ForegroundProgram {
  /// Runs the container that its words ask for; what is not plain is for the parser, in another program.
  public static func main() -> Never {
    ProgramEnd.of {
      try RunProgram.begin()
      if let words = try RunProgram.words() { try words.run() } else { try RunProgram.becomeParser() }
    }
  }
}

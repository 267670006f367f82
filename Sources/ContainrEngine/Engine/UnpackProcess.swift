// The processes that take archives apart, as the CLI starts them: the engine's word for what the images' room does.
internal import ContainrImages

/// The lives of `containr unpack-layer` and its like.
public enum UnpackProcess {
  /// Does what the words of a hidden subcommand say and answers the exit code; nil if they are none. To be called before
  /// any thread exists.
  public static func serve(_ words: [String]) -> Int32? {
    ConfinedProcess.serve(words)
  }
}

// The unpacking process as the CLI starts it: the engine's word for what the images' room does.
internal import ContainrImages

/// The life of `containr unpack-layer`.
public enum UnpackProcess {
  /// The hidden subcommand's name.
  public static let subcommand = LayerUnpacker.subcommand

  /// Unpacks what the descriptors say and answers the exit code; to be called before any thread exists.
  public static func serve() -> Int32 { LayerUnpacker.serve() }
}

// The processes that take archives apart behind walls, and the one that waits for the disk: their one way in.

/// What the hidden subcommands do.
public enum ConfinedProcess {
  /// Does what the words say and answers the exit code; nil if they are no words of ours. To be called before any thread
  /// exists.
  public static func serve(_ words: [String]) -> Int32? {
    switch words {
    case [LayerUnpacker.subcommand]: LayerUnpacker.serve(isPlain: false)
    case [LayerUnpacker.plainSubcommand]: LayerUnpacker.serve(isPlain: true)
    case [LayerUnpacker.volumeSubcommand]: LayerUnpacker.serve(isPlain: false, isVolume: true)
    case [ArchiveList.subcommand]: ArchiveList.serve()
    case let words where words.count == 2 && words[0] == LayerSettler.subcommand: LayerSettler.serve(words[1])
    case let words where words.count == 2 && words[0] == LayerInflater.subcommand: LayerInflater.serve(words[1])
    default: nil
    }
  }
}

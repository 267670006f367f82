// The processes that take archives apart behind walls, and the one that waits for the disk: their one way in.
internal import ContainrSystem
internal import SystemPackage

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

  /// One that runs, and the pipe that it reports on.
  struct Started: ~Copyable {
    let child: ChildProcess
    let report: OwnedFD

    /// Waits for its end; answers what it reported, at most `limit` bytes, and how it ended.
    consuming func end(limit: Int) throws(SyscallError) -> (text: String, status: ExitStatus?) {
      let text = String(decoding: try report.readAll(limit: limit), as: UTF8.self)
      return (text, try child.wait())
    }
  }

  /// Starts one: its descriptors are /dev/null, the report, our errors, then `files`, which are borrowed.
  static func start(_ program: FilePath, _ subcommand: String, _ files: [CInt]) throws(SyscallError) -> Started {
    let null = try Kernel.open("/dev/null", .readWrite)
    let pipe = try Kernel.pipe().release()
    let reading = OwnedFD(taking: pipe.read)
    // Ours goes at once: the report ends with its process.
    let writing = OwnedFD(taking: pipe.write)
    let child = try ChildProcess.spawn(
      program, arguments: ["containr", subcommand], descriptors: [null.raw, writing.raw, 2] + files)
    return Started(child: child, report: reading)
  }
}

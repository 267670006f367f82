// `containr volume backup` and `restore`: data of volumes as tar streams.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem
internal import Glibc
internal import SystemPackage

struct VolumeBackupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Writes the data of a volume as a tar archive.")

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Where to; - is standard output, which is what it is without -o if that is no terminal.", valueName: "file"))
  var output: String?
  @Argument(help: "The volume.") var name: String

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    if output == nil || output == "-" {
      guard !Output.standard.isTerminal else {
        throw CommandExit(.failure, "an archive is nothing for a terminal", help: "-o FILE, or a pipe")
      }
      return tell(
        try context.attempt { () throws(EngineError) in try engine.backUpVolume(name, to: STDOUT_FILENO) }, context)
    }
    let path = FilePath(output ?? "")
    let temporary = Kernel.unfinished(path)
    do throws(SyscallError) {
      // Data of a volume is for whoever may read the volume.
      let file = try Kernel.open(temporary, [.writeOnly, .create, .truncate, .noFollow], mode: 0o600)
      let skipped: [String]
      do {
        skipped = try context.attempt { () throws(EngineError) in try engine.backUpVolume(name, to: file.raw) }
      } catch {
        try Kernel.remove(temporary)
        throw SyscallError(errno: 5, operation: "backup", detail: "\((error as? CommandExit)?.message ?? "\(error)")")
      }
      try Kernel.rename(temporary, to: path)
      tell(skipped, context)
    } catch {
      throw CommandExit(
        .failure, error.operation == "backup" ? error.detail : "\(path) cannot be written: \(error.reason)")
    }
  }

  private func tell(_ skipped: [String], _ context: CommandContext) {
    for words in skipped { context.warn("left out: \(words)") }
  }
}

struct VolumeRestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Puts an archive in place of a volume's data, whole or not at all; makes the volume if there is none.")

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The archive (tar, also gzip, zstd or xz); - is standard input.", valueName: "file"))
  var input: String?
  @Option(help: ArgumentHelp("A snapshot instead: its time, VOLUME@TIME, or last.", valueName: "time")) var snapshot:
    String?
  @Argument(help: "The volume.") var name: String

  func validate() throws {
    if input != nil && snapshot != nil { throw ValidationError("-i and --snapshot are two sources") }
    if input == nil && snapshot == nil {
      throw ValidationError("-i FILE, -i - or --snapshot TIME says what to restore")
    }
  }

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    if let snapshot {
      let wanted = try VolumeSnapshotCommand.find(snapshot, of: name, engine, context)
      return tell(
        try context.attempt { () throws(EngineError) in try engine.restoreVolume(name, from: wanted) }, context)
    }
    if input == "-" {
      return tell(
        try context.attempt { () throws(EngineError) in try engine.restoreVolume(name, from: STDIN_FILENO) }, context)
    }
    let file: SharedFD
    do throws(SyscallError) {
      file = SharedFD(try Kernel.open(FilePath(input ?? ""), [.readOnly, .nonBlocking]))
    } catch {
      throw CommandExit(.refused, "\(input ?? "") cannot be read: \(error.reason)")
    }
    tell(try context.attempt { () throws(EngineError) in try engine.restoreVolume(name, from: file.raw) }, context)
  }

  private func tell(_ omitted: [String], _ context: CommandContext) {
    for words in omitted { context.warn("left out: \(words)") }
  }
}

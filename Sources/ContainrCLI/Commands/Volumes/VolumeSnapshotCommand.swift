// `containr volume snapshot`: states of volumes that are kept on this host, to come back to.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost

struct VolumeSnapshotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot", abstract: "Keeps the data of volumes as it is now, and lists and removes what was kept.",
    subcommands: [Create.self, List.self, Remove.self], defaultSubcommand: Create.self)

  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "create", abstract: "Keeps volumes as they are now.")
    @Argument(help: "The volumes.") var names: [String]

    func run() throws {
      let context = try CommandContext()
      let engine = try context.engine()
      for name in names {
        let made = try context.attempt { () throws(EngineError) in try engine.snapshotVolume(name) }
        context.output.write(made.id + "\n")
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "Lists what was kept.")
    @Flag(name: .shortAndLong, help: "VOLUME@TIME only.") var quiet = false
    @Argument(help: "Of this volume.") var name: String?

    func run() throws {
      let context = try CommandContext()
      let engine = try context.engine()
      let all = try context.attempt { () throws(EngineError) in try engine.snapshots(of: name) }
      if quiet { return context.output.write(all.map { $0.id + "\n" }.joined()) }
      var table = Table([("VOLUME", .left), ("SNAPSHOT", .left), ("SIZE", .right)])
      table.rows = all.map { [$0.volume, $0.time, Displayed.bytes($0.size)] }
      context.output.write(table.text(context.ink))
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rm", abstract: "Removes what was kept.")
    @Argument(help: "VOLUME@TIME.") var ids: [String]

    func run() throws {
      let context = try CommandContext()
      let engine = try context.engine()
      let all = try context.attempt { () throws(EngineError) in try engine.snapshots() }
      for id in ids {
        guard let one = all.first(where: { $0.id == id }) else {
          throw CommandExit(.failure, "there is no snapshot \(id)", help: "containr volume snapshot ls")
        }
        try context.attempt { () throws(EngineError) in try engine.removeSnapshot(one) }
        context.output.write(id + "\n")
      }
    }
  }

  /// Before data is lost. What holds nothing of ours is not kept.
  static func keep(_ volume: VolumeStatus, _ engine: StackEngine, _ context: CommandContext) throws {
    if !volume.options.isEmpty { return }
    let made = try context.attempt { () throws(EngineError) in try engine.snapshotVolume(volume.name) }
    context.errors.write("kept as \(made.id)\n")
  }

  /// `last`, a time, or VOLUME@TIME of another volume.
  static func find(
    _ text: String, of name: String, _ engine: StackEngine, _ context: CommandContext
  ) throws -> VolumeSnapshot {
    let all = try context.attempt { () throws(EngineError) in try engine.snapshots() }
    let own = all.filter { $0.volume == name }
    if let found = text == "last"
      ? own.last : own.first(where: { $0.time == text }) ?? all.first(where: { $0.id == text })
    {
      return found
    }
    throw CommandExit(
      .failure, "there is no snapshot \(text) of volume \(name)",
      help: own.isEmpty ? nil : "there are \(own.map(\.time).joined(separator: ", "))")
  }
}

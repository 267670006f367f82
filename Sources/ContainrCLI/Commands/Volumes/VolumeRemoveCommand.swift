// `containr volume rm` and `prune`: what no container has goes, with its data.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost

struct VolumeRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rm", abstract: "Removes volumes and their data; those that a container has stay.",
    aliases: ["remove"])

  @Flag(name: .shortAndLong, help: "One that is not there is no error.") var force = false
  @Flag(help: "Keep the data as a snapshot first.") var snapshot = false
  @Argument(help: "The volumes.") var names: [String]

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    var failures: [String] = []
    let all = snapshot ? try context.attempt { () throws(EngineError) in try engine.volumes() } : []
    for name in names {
      // One that stays needs no copy.
      if snapshot, let volume = all.first(where: { $0.name == name }), volume.users.isEmpty {
        try VolumeSnapshotCommand.keep(volume, engine, context)
      }
      let refusal = try context.attempt { () throws(EngineError) in try engine.removeVolume(name) }
      switch refusal {
      case nil: context.output.write(name + "\n")
      case .missing: if !force { failures.append("there is no volume \(name)") }
      case .inUse(let users): failures.append("volume \(name) is in use by container \(users.joined(separator: ", "))")
      }
    }
    guard let first = failures.first else { return }
    throw CommandExit(
      .failure, failures.count == 1 ? first : "\(failures.count) volumes are not removed",
      notes: failures.count == 1 ? [] : failures)
  }
}

struct VolumePruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Removes anonymous volumes that no container has.")

  @Flag(name: .shortAndLong, help: "Those with a name as well.") var all = false
  @Flag(name: .shortAndLong, help: "Do not ask.") var force = false
  @Flag(help: "Keep the data as snapshots first.") var snapshot = false
  @Option(help: "label=KEY[=VALUE].") var filter: [String] = []

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    let filter = try ListFilter(filter, only: ["label"])
    if !force {
      let what = all ? "all volumes" : "all anonymous volumes"
      guard Prompt.isPossible else {
        throw CommandExit(.refused, "data would be lost, and there is nobody to ask", help: "-f says that it may")
      }
      guard Prompt.confirm("\(what) that no container has are removed, with their data. Go on?") else {
        throw CommandExit(.refused, "nothing was removed")
      }
    }
    let volumes = try context.attempt { () throws(EngineError) in try engine.volumes() }
    var removed: [String] = []
    var bytes: UInt64 = 0
    for volume in volumes where volume.users.isEmpty && (all || volume.isAnonymous) && filter.holds(volume) {
      let size = try context.attempt { () throws(EngineError) in try engine.volumeSize(volume) }
      if snapshot { try VolumeSnapshotCommand.keep(volume, engine, context) }
      // Somebody may have begun to use it just now.
      let refusal = try context.attempt { () throws(EngineError) in try engine.removeVolume(volume.name) }
      if refusal != nil { continue }
      removed.append(volume.name)
      bytes += size
    }
    if !removed.isEmpty {
      context.output.write("Deleted Volumes:\n" + removed.map { $0 + "\n" }.joined() + "\n")
    }
    context.output.write("Total reclaimed space: \(Displayed.bytes(bytes))\n")
  }
}

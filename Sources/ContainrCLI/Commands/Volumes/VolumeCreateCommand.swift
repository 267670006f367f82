// `containr volume create`: makes a volume and prints its name.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec

struct VolumeCreateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Makes a volume and prints its name; one of the same options may be there already."
  )

  @Option(name: .shortAndLong, help: "The driver: local.") var driver = "local"
  @Option(help: ArgumentHelp("A label.", valueName: "key=value")) var label: [String] = []
  @Option(
    name: [.customShort("o"), .customLong("opt")],
    help: ArgumentHelp("An option of the driver: type, o, device.", valueName: "key=value")) var opt: [String] = []
  @Argument(help: "Its name; one that nobody has if left out.") var name: String?

  func validate() throws {
    if driver != "local" {
      throw ValidationError("there is no driver \(driver): volumes are those of the driver local")
    }
  }

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    let options = Self.pairs(opt)
    let labels = Self.pairs(label)
    let made = try context.attempt { () throws(EngineError) in
      try engine.createVolume(name, options: options, labels: labels)
    }
    context.output.write(made + "\n")
  }

  /// The last one of a name counts.
  private static func pairs(_ words: [String]) -> [EnvironmentPlan] {
    var values: [String: String] = [:]
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      values[parts[0]] = parts.count > 1 ? parts[1] : ""
    }
    return values.sorted { $0.key < $1.key }.map { EnvironmentPlan(name: $0.key, value: $0.value) }
  }
}

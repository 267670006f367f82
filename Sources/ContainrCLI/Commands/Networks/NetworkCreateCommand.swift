// `containr network create`: makes a network that belongs to no stack, and prints its name.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec

struct NetworkCreateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Makes a network and prints its name; stack files join it with 'external: true'.")

  @Option(name: .shortAndLong, help: "bridge, macvlan or ipvlan.") var driver = "bridge"
  @Option(help: ArgumentHelp("A subnet; one of each family.", valueName: "cidr")) var subnet: [String] = []
  @Option(help: ArgumentHelp("The host's address in a subnet.", valueName: "address")) var gateway: [String] = []
  @Option(name: .customLong("ip-range"), help: ArgumentHelp("Where addresses are taken from.", valueName: "cidr"))
  var range: [String] = []
  @Option(
    name: .customLong("aux-address"),
    help: ArgumentHelp("An address that somebody else has.", valueName: "name=address"))
  var reserved: [String] = []
  @Flag(help: "No way out of the host.") var `internal` = false
  @Flag(help: "Containers of any stack may be connected; those of no stack always may.") var attachable = false
  @Flag(name: .customLong("ipv6"), inversion: .prefixedNo, help: "IPv6; if left out, where the host has it.") var ipv6:
    Bool?
  @Flag(name: .customLong("ipv4"), inversion: .prefixedNo, help: "IPv4.") var ipv4 = true
  @Option(help: ArgumentHelp("A label.", valueName: "key=value")) var label: [String] = []
  @Option(
    name: [.customShort("o"), .customLong("opt")],
    help: ArgumentHelp("An option of the driver.", valueName: "key=value")) var opt: [String] = []
  @Argument(help: "Its name.") var name: String

  func run() throws {
    let context = try CommandContext()
    let plan = try plan()
    let engine = try context.engine()
    try context.attempt { () throws(EngineError) in try engine.createNetwork(plan) }
    context.output.write(name + "\n")
  }

  /// The words are those of a stack file, and so is what is wrong with them.
  private func plan() throws -> NetworkPlan {
    do throws(NetworkWords.Problem) {
      return try NetworkWords(
        name: name, driver: driver, subnets: subnet, gateways: gateway, ranges: range, reserved: Self.pairs(reserved),
        isInternal: `internal`, isAttachable: attachable, hasIPv4: ipv4, hasIPv6: ipv6, labels: Self.pairs(label),
        options: Self.pairs(opt)
      ).plan()
    } catch {
      throw CommandExit(.refused, error.message, help: error.help)
    }
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

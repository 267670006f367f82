// `containr network connect`: a container joins a network, while it runs or before it starts again.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec

struct NetworkConnectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "connect", abstract: "Connects a container to a network, until the next containr-up.")

  @Option(help: ArgumentHelp("A further name there.", valueName: "name")) var alias: [String] = []
  @Option(help: ArgumentHelp("A fixed IPv4 address.", valueName: "address")) var ip: String?
  @Option(help: ArgumentHelp("A fixed IPv6 address.", valueName: "address")) var ip6: String?
  @Option(name: .customLong("link-local-ip"), help: ArgumentHelp("A further link-local address.", valueName: "address"))
  var linkLocal: [String] = []
  @Option(name: .customLong("gw-priority"), help: "The network of the highest one gives the default route.")
  var gatewayPriority: Int?
  @Argument(help: "The network.") var network: String
  @Argument(help: "The container.") var container: String

  func run() throws {
    let context = try CommandContext()
    let place: AttachmentPlan
    do throws(NetworkWords.Problem) {
      place = try NetworkWords.place(
        aliases: alias, ipv4: ip, ipv6: ip6, linkLocal: linkLocal, gatewayPriority: gatewayPriority)
    } catch {
      throw CommandExit(.refused, error.message, help: error.help)
    }
    let engine = try context.engine()
    try context.attempt { () throws(EngineError) in try engine.connect(container, to: network, as: place) }
  }
}

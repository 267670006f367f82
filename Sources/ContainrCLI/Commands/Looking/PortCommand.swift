// `containr port`: where a port of a service is published.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost

struct PortCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "port", abstract: "Prints where a container's port is published on this host.")
  @OptionGroup var stack: StackOptions
  @Option(help: ArgumentHelp("Which container of the service.", valueName: "number")) var index = 1
  @Option(name: .customLong("protocol"), help: "tcp, udp or sctp.") var transport = "tcp"
  @Argument(help: "The service.", completion: .services) var service: String
  @Argument(help: "The container's port; without it, all that are published.") var port: UInt16?

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    let name = try StackNaming(choice: stack.choice(), context: context).name(engine)
    let container = try ContainerChoice.one(service, index: index, of: name, engine, context)
    guard let port else {
      return context.output.write(container.ports.map { $0 + "\n" }.joined())
    }
    let suffix = "->\(port)/\(transport.lowercased())"
    let places = container.ports.filter { $0.hasSuffix(suffix) }.map { $0.dropLast(suffix.count) }
    guard !places.isEmpty else {
      throw CommandExit(
        .failure, "port \(port)/\(transport.lowercased()) of \(container.name) is not published",
        help: container.ports.isEmpty ? "it publishes none" : "it publishes \(container.ports.joined(separator: ", "))")
    }
    context.output.write(places.map { $0 + "\n" }.joined())
  }
}

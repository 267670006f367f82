// `containr top`: the processes in the containers of a stack.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost

struct TopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "Shows the processes in containers, as this host sees them.")
  @OptionGroup var stack: StackOptions
  @Flag(help: "As JSON.") var json = false
  @Argument(help: "Services; none is all of the stack.", completion: .services) var services: [String] = []

  func run() throws {
    let context = try CommandContext()
    let engine = try context.engine()
    let name = try StackNaming(choice: stack.choice(), context: context).nameToLook(engine)
    let running = try ContainerChoice(services, of: name, engine, context).containers.filter { $0.pid != nil }
    let all = try running.map { container in
      let processes = try context.attempt { () throws(EngineError) in try engine.processes(of: container) }
      return (container, processes)
    }
    if json {
      let items = all.flatMap { container, processes in processes.map { Self.json(container, $0) } }
      return context.output.write(items.isEmpty ? "[]\n" : "[\n\(items.joined(separator: ",\n"))\n]\n")
    }
    var table = Table([
      ("CONTAINER", .left), ("UID", .right), ("PID", .right), ("PPID", .right), ("STATE", .left), ("TIME", .right),
      ("RSS", .right), ("COMMAND", .left),
    ])
    table.rows = all.flatMap { container, processes in
      processes.map { process in
        [
          container.name, "\(process.uid)", "\(process.pid)", "\(process.parent)", process.state,
          Self.time(process.processorTime), Displayed.bytes(process.residentMemory),
          process.command.joined(separator: " "),
        ]
      }
    }
    context.output.write(table.text(context.ink))
  }

  /// `0:00.25`.
  private static func time(_ milliseconds: UInt64) -> String {
    func two(_ value: UInt64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(milliseconds / 60_000):\(two(milliseconds / 1000 % 60)).\(two(milliseconds / 10 % 100))"
  }

  private static func json(_ container: ContainerStatus, _ process: ContainerProcess) -> String {
    "  {\"container\": \(JSONText.quoted(container.name)), \"pid\": \(process.pid), \"ppid\": \(process.parent), "
      + "\"uid\": \(process.uid), \"state\": \(JSONText.quoted(process.state)), "
      + "\"cpu_milliseconds\": \(process.processorTime), \"rss\": \(process.residentMemory), "
      + "\"command\": \(JSONText.list(process.command))}"
  }
}

// `containr ls`: the stacks of this host.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost

struct StacksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "Lists the stacks of this host.",
    discussion: "Stacks of which nothing runs are left out without -a.")

  @Flag(name: .shortAndLong, help: "Those of which nothing runs as well.") var all = false
  @Flag(name: .shortAndLong, help: "Names only.") var quiet = false
  @Option(help: "table or json.") var format: StackListFormat = .table
  @Option(help: ArgumentHelp("name=PART: only stacks whose name holds it.", valueName: "filter")) var filter: [String] =
    []

  func run() throws {
    let context = try CommandContext()
    let parts = try filter.map { filter in
      guard filter.hasPrefix("name=") else {
        throw CommandExit(.refused, "'\(filter)' is no filter", help: "name=PART is the only one")
      }
      return String(filter.dropFirst(5))
    }
    let engine = try context.engine()
    let stacks = try context.attempt { () throws(EngineError) in try engine.stacks() }.filter { stack in
      (all || stack.running > 0) && (parts.isEmpty || parts.contains { stack.name.contains($0) })
    }
    if quiet { return context.output.write(stacks.map { $0.name + "\n" }.joined()) }
    switch format {
    case .table: context.output.write(Self.table(stacks).text(context.ink))
    case .json: context.output.write(Self.json(stacks))
    }
  }

  private static func status(_ stack: StackSummary) -> String {
    let ended = stack.containers - stack.running
    let parts = [stack.running > 0 ? "running(\(stack.running))" : nil, ended > 0 ? "exited(\(ended))" : nil]
    return parts.compactMap { $0 }.joined(separator: ", ")
  }

  private static func table(_ stacks: [StackSummary]) -> Table {
    var table = Table([("NAME", .left), ("STATUS", .left), ("CONFIG FILES", .left)])
    table.rows = stacks.map { [$0.name, status($0), $0.file] }
    return table
  }

  /// Compose's members, and our own.
  private static func json(_ stacks: [StackSummary]) -> String {
    let items = stacks.map { stack in
      "{\"Name\":\(JSONText.quoted(stack.name)),\"Status\":\(JSONText.quoted(status(stack))),"
        + "\"ConfigFiles\":\(JSONText.quoted(stack.file)),\"Running\":\(stack.running),"
        + "\"Containers\":\(stack.containers),\"Supervised\":\(stack.supervised)}"
    }
    return "[\(items.joined(separator: ","))]\n"
  }
}

/// The forms of `ls`.
enum StackListFormat: String, ExpressibleByArgument, CaseIterable, Sendable { case table, json }

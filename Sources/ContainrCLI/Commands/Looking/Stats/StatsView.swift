// The use of containers as a table, as JSON and by Docker's fields. Pure. The words are Docker's, the numbers beside them plain.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost

enum StatsView {
  /// `more`: what a live screen has room for.
  static func table(_ uses: [StackUse], more: Bool = false) -> Table {
    var table = Table([
      ("NAME", .left), ("CPU %", .right), ("MEM USAGE / LIMIT", .right), ("MEM %", .right), ("NET I/O", .right),
      ("BLOCK I/O", .right), ("PIDS", .right),
    ])
    if more { table.headings += [("LOG/S", .right), ("HEALTH", .left)] }
    table.rows = uses.map { use in
      let row = [use.name, processors(use), memory(use), memoryShare(use), network(use), block(use), pids(use)]
      guard more else { return row }
      return row + [use.logRate.map { Displayed.bytes(UInt64(max(0, $0))) } ?? "-", use.health ?? "-"]
    }
    return table
  }

  /// By the fields of a template, under Docker's headings where these begin with `table`.
  static func text(_ uses: [StackUse], _ template: FieldTemplate, isTable: Bool, _ ink: Ink) throws -> String {
    func cells(_ fields: [(name: String, text: String, json: String)]) throws -> [String] {
      try template.text(fields).split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    if !isTable { return try uses.map { try template.text(fields($0)) + "\n" }.joined() }
    let headings = try cells(fields(nil))
    var table = Table(headings.map { ($0, .left) })
    table.rows = try uses.map { use in
      let row = try cells(fields(use))
      // A value with a tab in it is still one line of so many columns.
      return Array((row + Array(repeating: "", count: headings.count)).prefix(headings.count))
    }
    return table.text(ink)
  }

  /// Docker's fields; nil: their headings.
  private static func fields(_ use: StackUse?) -> [(name: String, text: String, json: String)] {
    let all: [(String, String, (StackUse) -> String)] = [
      ("Container", "CONTAINER", \.name), ("ID", "CONTAINER ID", \.name), ("Name", "NAME", \.name),
      ("CPUPerc", "CPU %", processors), ("MemUsage", "MEM USAGE / LIMIT", memory), ("MemPerc", "MEM %", memoryShare),
      ("NetIO", "NET I/O", network), ("BlockIO", "BLOCK I/O", block), ("PIDs", "PIDS", pids),
      ("Service", "SERVICE", \.service), ("Health", "HEALTH", { $0.health ?? "-" }),
    ]
    return all.map { name, heading, value in
      let text = use.map(value) ?? heading
      return (name, text, JSONText.quoted(text))
    }
  }

  /// Of one processor, as Docker counts.
  private static func processors(_ use: StackUse) -> String {
    if !use.isRunning { return "--" }
    return use.processors.map { hundredths($0 * 100) + "%" } ?? "-"
  }
  private static func memory(_ use: StackUse) -> String {
    if !use.isRunning { return "-- / --" }
    return "\(bytes(use.memory)) / \(use.memoryLimit.map { Displayed.bytes($0) } ?? "-")"
  }
  private static func memoryShare(_ use: StackUse) -> String {
    if !use.isRunning { return "--" }
    guard let memory = use.memory, let limit = use.memoryLimit else { return "-" }
    return hundredths(Double(memory) * 100 / Double(max(limit, 1))) + "%"
  }
  private static func block(_ use: StackUse) -> String {
    use.isRunning ? "\(bytes(use.bytesRead)) / \(bytes(use.bytesWritten))" : "--"
  }
  private static func pids(_ use: StackUse) -> String { use.isRunning ? use.pids.map { "\($0)" } ?? "-" : "--" }

  /// `-` is what nobody counts.
  private static func bytes(_ count: UInt64?) -> String { count.map { Displayed.bytes($0) } ?? "-" }

  /// What goes through the network of somebody else is counted there, and of the host's there is no count of its own.
  private static func network(_ use: StackUse) -> String {
    if !use.isRunning { return "--" }
    if use.networks.isEmpty, let mode = use.networkMode { return "(\(mode))" }
    return "\(Displayed.bytes(use.received.bytes)) / \(Displayed.bytes(use.sent.bytes))"
  }

  static func hundredths(_ value: Double) -> String {
    let whole = UInt64(max(0, min(value, 1e12)) * 100 + 0.5)
    let rest = whole % 100
    return "\(whole / 100).\(rest < 10 ? "0" : "")\(rest)"
  }

  /// One line.
  static func json(_ use: StackUse) -> String {
    func text(_ name: String, _ value: String) -> String { "\(JSONText.quoted(name)):\(JSONText.quoted(value))" }
    func number(_ name: String, _ value: (some CustomStringConvertible)?) -> String {
      "\(JSONText.quoted(name)):\(value?.description ?? "null")"
    }
    let networks = use.networks.map { network in
      "{" + text("network", network.network) + "," + text("interface", network.interface) + ","
        + count("rx", network.received) + "," + count("tx", network.sent) + "}"
    }
    var fields = [
      text("Name", use.name), text("CPUPerc", processors(use)), text("MemUsage", memory(use)),
      text("MemPerc", memoryShare(use)), text("NetIO", network(use)), text("BlockIO", block(use)),
      text("PIDs", pids(use)), text("service", use.service), number("containers", use.containers),
      number("running", use.isRunning),
      number("cpu_thousandths", use.processors.map { Int(($0 * 1000).rounded()) }), number("memory", use.memory),
      number("memory_limit", use.memoryLimit), number("pids", use.pids), number("block_read", use.bytesRead),
      number("block_written", use.bytesWritten),
      use.networkMode.map { text("network_mode", $0) } ?? number("network_mode", Int?.none),
      "\"networks\":[\(networks.joined(separator: ","))]",
      use.health.map { text("health", $0) } ?? number("health", Int?.none),
      number("log_bytes_per_second", use.logRate.map { Int($0.rounded()) }),
    ]
    fields += use.counts.map { number($0.name, $0.value) }
    return "{\(fields.joined(separator: ","))}\n"
  }

  private static func count(_ way: String, _ count: TrafficCount) -> String {
    "\"\(way)_bytes\":\(count.bytes),\"\(way)_packets\":\(count.packets),\"\(way)_errors\":\(count.errors),\"\(way)_drops\":\(count.drops)"
  }
}

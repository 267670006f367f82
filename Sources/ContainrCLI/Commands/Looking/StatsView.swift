// The use of containers as a table and as JSON. Pure. The words are Docker's, the numbers beside them plain.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost

enum StatsView {
  static func table(_ uses: [StackUse]) -> Table {
    var table = Table([
      ("NAME", .left), ("CPU %", .right), ("MEM USAGE / LIMIT", .right), ("MEM %", .right), ("NET I/O", .right),
      ("BLOCK I/O", .right), ("PIDS", .right),
    ])
    table.rows = uses.map { use in
      [
        use.name, processors(use), memory(use), memoryShare(use), network(use),
        "\(Displayed.bytes(use.bytesRead)) / \(Displayed.bytes(use.bytesWritten))", "\(use.pids)",
      ]
    }
    return table
  }

  /// Of one processor, as Docker counts.
  private static func processors(_ use: StackUse) -> String { use.processors.map { hundredths($0 * 100) + "%" } ?? "-" }
  private static func memory(_ use: StackUse) -> String {
    "\(Displayed.bytes(use.memory)) / \(use.memoryLimit.map { Displayed.bytes($0) } ?? "-")"
  }
  private static func memoryShare(_ use: StackUse) -> String {
    use.memoryLimit.map { hundredths(Double(use.memory) * 100 / Double(max($0, 1))) + "%" } ?? "-"
  }

  /// What goes through the network of somebody else is counted there, and of the host's there is no count of its own.
  private static func network(_ use: StackUse) -> String {
    if use.networks.isEmpty, let mode = use.networkMode { return "(\(mode))" }
    return "\(Displayed.bytes(use.received.bytes)) / \(Displayed.bytes(use.sent.bytes))"
  }

  private static func hundredths(_ value: Double) -> String {
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
    let fields = [
      text("Name", use.name), text("CPUPerc", processors(use)), text("MemUsage", memory(use)),
      text("MemPerc", memoryShare(use)), text("NetIO", network(use)),
      text("BlockIO", "\(Displayed.bytes(use.bytesRead)) / \(Displayed.bytes(use.bytesWritten))"),
      text("PIDs", "\(use.pids)"), text("service", use.service), number("containers", use.containers),
      number("cpu_thousandths", use.processors.map { Int(($0 * 1000).rounded()) }), number("memory", use.memory),
      number("memory_limit", use.memoryLimit), number("pids", use.pids), number("block_read", use.bytesRead),
      number("block_written", use.bytesWritten),
      use.networkMode.map { text("network_mode", $0) } ?? number("network_mode", Int?.none),
      "\"networks\":[\(networks.joined(separator: ","))]",
    ]
    return "{\(fields.joined(separator: ","))}\n"
  }

  private static func count(_ way: String, _ count: TrafficCount) -> String {
    "\"\(way)_bytes\":\(count.bytes),\"\(way)_packets\":\(count.packets),\"\(way)_errors\":\(count.errors),\"\(way)_drops\":\(count.drops)"
  }
}

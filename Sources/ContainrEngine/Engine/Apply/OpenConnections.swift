// Who still talks to a container: the TCP tables of its network namespace as text → a count. Pure.

enum OpenConnections {
  private static let listening = "0A"
  /// ESTABLISHED, SYN_RECV, FIN_WAIT1, CLOSE_WAIT, LAST_ACK, CLOSING: something may still have to be read or sent. In
  /// FIN_WAIT2 and TIME_WAIT everything was said.
  private static let open: Set<Substring> = ["01", "03", "04", "08", "09", "0B"]

  /// Connections from outside to ports on which the container listens. `tables` are /proc/PID/net/tcp and tcp6.
  static func count(_ tables: [String]) -> Int {
    let rows = tables.flatMap(rows)
    let ports = Set(rows.filter { $0.state == listening }.map(\.port))
    return rows.count { open.contains($0.state) && ports.contains($0.port) && !$0.isInside }
  }

  private struct Row {
    var port: Substring
    var state: Substring
    /// Both ends are this container.
    var isInside: Bool
  }

  private static func rows(_ table: String) -> [Row] {
    table.split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: " ", maxSplits: 4)
      guard fields.count > 3 else { return nil }
      let local = fields[1].split(separator: ":")
      let remote = fields[2].split(separator: ":")
      guard local.count == 2, remote.count == 2 else { return nil }
      return Row(port: local[1], state: fields[3], isInside: local[0] == remote[0])
    }
  }
}

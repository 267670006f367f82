// In which order the lines of `containr stats` stand. Pure.
internal import ArgumentParser
internal import ContainrEngine

/// What the lines are sorted by: names upwards, all else downwards.
enum StatsOrder: String, CaseIterable, ExpressibleByArgument {
  case name, cpu, memory, net, block, pids, log

  /// Its key on the live screen.
  var key: Character {
    switch self {
    case .name: "n"
    case .cpu: "c"
    case .memory: "m"
    case .net: "i"
    case .block: "b"
    case .pids: "p"
    case .log: "l"
    }
  }

  /// Those that are equal stay in the order of their names.
  func sorted(_ uses: [StackUse]) -> [StackUse] {
    if self == .name { return uses.sorted { $0.name < $1.name } }
    return uses.map { ($0, weight($0)) }.sorted { ($1.1, $0.0.name) < ($0.1, $1.0.name) }.map(\.0)
  }

  private func weight(_ use: StackUse) -> Double {
    switch self {
    case .name: 0
    case .cpu: use.processors ?? 0
    case .memory: Double(use.memory ?? 0)
    case .net: Double(use.received.bytes) + Double(use.sent.bytes)
    case .block: Double(use.bytesRead ?? 0) + Double(use.bytesWritten ?? 0)
    case .pids: Double(use.pids ?? 0)
    case .log: use.logRate ?? 0
    }
  }
}

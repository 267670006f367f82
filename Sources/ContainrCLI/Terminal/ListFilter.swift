// `--filter` of the commands that list volumes and networks. Pure.
internal import ContainrForeground
internal import ContainrSpec

/// Values of one kind are alternatives, kinds and labels have all to fit.
struct ListFilter {
  private var isDangling: Bool?
  private var names: [String] = []
  private var drivers: [String] = []
  private var labels: [String] = []
  private var stacks: [String] = []

  /// `allowed` are the kinds that the command knows.
  init(_ words: [String], only allowed: [String]) throws {
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, allowed.contains(parts[0]) else {
        throw CommandExit(
          .failure, "--filter \(word) is not understood",
          help: "there are \(allowed.map { "\($0)=…" }.joined(separator: ", "))")
      }
      switch parts[0] {
      case "dangling":
        guard let value = ["true": true, "1": true, "false": false, "0": false][parts[1]] else {
          throw CommandExit(.failure, "--filter dangling takes true or false")
        }
        isDangling = value
      case "driver": drivers.append(parts[1])
      case "label": labels.append(parts[1])
      case "stack": stacks.append(parts[1])
      default: names.append(parts[1])
      }
    }
  }

  /// Whether something of this name is listed; `stack` nil: it belongs to none.
  func holds(
    _ name: String, isUsed: Bool, driver: String, stack: String? = nil, labels own: [EnvironmentPlan]
  ) -> Bool {
    if let isDangling, isUsed == isDangling { return false }
    if !drivers.isEmpty, !drivers.contains(driver) { return false }
    if !names.isEmpty, !names.contains(where: { name.contains($0) }) { return false }
    if !stacks.isEmpty, !stacks.contains(stack ?? "") { return false }
    return labels.allSatisfy { label in
      own.contains { label.contains("=") ? "\($0.name)=\($0.value)" == label : $0.name == label }
    }
  }
}

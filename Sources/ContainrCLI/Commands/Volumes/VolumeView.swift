// Volumes as a table, as JSON, as fields; and which of them a filter means. Pure. The words are Docker's.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec

enum VolumeView {
  /// The name, and every value as text and as JSON.
  typealias Field = (name: String, text: String, json: String)

  static func table(_ volumes: [VolumeStatus]) -> Table {
    var table = Table([("DRIVER", .left), ("VOLUME NAME", .left)])
    table.rows = volumes.map { ["local", $0.name] }
    return table
  }

  /// The fields of a list.
  static func fields(_ volume: VolumeStatus) -> [Field] {
    let labels = volume.labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
    return [
      text("Driver", "local"), text("Labels", labels), text("Mountpoint", volume.mountpoint),
      text("Name", volume.name), text("Scope", "local"), text("Stack", volume.stack ?? ""),
    ]
  }

  /// The fields of `inspect`.
  static func details(_ volume: VolumeStatus) -> [Field] {
    [
      text("CreatedAt", volume.createdAt.map(UTCTime.text) ?? ""), text("Driver", "local"),
      pairs("Labels", volume.labels), text("Mountpoint", volume.mountpoint), text("Name", volume.name),
      pairs("Options", volume.options), text("Scope", "local"),
      (name: "UsedBy", text: volume.users.joined(separator: ","), json: JSONText.list(volume.users)),
    ]
  }

  /// One line of JSON.
  static func line(_ fields: [Field]) -> String {
    "{" + fields.map { "\(JSONText.quoted($0.name)):\($0.json)" }.joined(separator: ",") + "}\n"
  }

  /// An array, a field a line.
  static func array(_ volumes: [VolumeStatus]) -> String {
    let items = volumes.map { volume in
      "    {\n"
        + details(volume).map { "        \(JSONText.quoted($0.name)): \($0.json)" }.joined(separator: ",\n") + "\n    }"
    }
    return items.isEmpty ? "[]\n" : "[\n\(items.joined(separator: ",\n"))\n]\n"
  }

  private static func text(_ name: String, _ value: String) -> Field { (name, value, JSONText.quoted(value)) }

  private static func pairs(_ name: String, _ pairs: [EnvironmentPlan]) -> Field {
    let json = pairs.map { "\(JSONText.quoted($0.name)): \(JSONText.quoted($0.value))" }.joined(separator: ", ")
    return (name, "map[\(pairs.map { "\($0.name):\($0.value)" }.joined(separator: " "))]", "{\(json)}")
  }
}

/// `--filter`: values of one kind are alternatives, kinds and labels have all to fit.
struct VolumeFilter {
  private var isDangling: Bool?
  private var names: [String] = []
  private var drivers: [String] = []
  private var labels: [String] = []

  init(_ words: [String], only allowed: [String] = ["dangling", "driver", "label", "name"]) throws {
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
      default: names.append(parts[1])
      }
    }
  }

  func holds(_ volume: VolumeStatus) -> Bool {
    if let isDangling, volume.users.isEmpty != isDangling { return false }
    if !drivers.isEmpty, !drivers.contains("local") { return false }
    if !names.isEmpty, !names.contains(where: { volume.name.contains($0) }) { return false }
    return labels.allSatisfy { label in
      volume.labels.contains { label.contains("=") ? "\($0.name)=\($0.value)" == label : $0.name == label }
    }
  }
}

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

extension ListFilter {
  static let volumeKinds = ["dangling", "driver", "label", "name"]

  func holds(_ volume: VolumeStatus) -> Bool {
    holds(volume.name, isUsed: !volume.users.isEmpty, driver: "local", labels: volume.labels)
  }
}

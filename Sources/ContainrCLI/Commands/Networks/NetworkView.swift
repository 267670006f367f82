// Networks as a table, as JSON, as fields; and which of them a filter means. Pure. The words are Docker's.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec

enum NetworkView {
  /// The name, and every value as text and as JSON.
  typealias Field = (name: String, text: String, json: String)

  static func table(_ networks: [NetworkStatus]) -> Table {
    var table = Table([
      ("NAME", .left), ("DRIVER", .left), ("STACK", .left), ("SUBNETS", .left), ("CONTAINERS", .right),
    ])
    table.rows = networks.map { network in
      let subnets = network.subnets.map(\.subnet).joined(separator: ", ")
      return [network.name, network.driver, network.stack ?? "-", subnets, String(network.members.count)]
    }
    return table
  }

  /// The fields of a list.
  static func fields(_ network: NetworkStatus) -> [Field] {
    let labels = network.labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
    return [
      text("CreatedAt", network.createdAt.map(UTCTime.text) ?? ""), text("Driver", network.driver),
      text("ID", network.name), text("IPv6", network.hasIPv6 ? "true" : "false"),
      text("Internal", network.isInternal ? "true" : "false"), text("Labels", labels), text("Name", network.name),
      text("Scope", "local"), text("Stack", network.stack ?? ""),
    ]
  }

  /// The fields of `inspect`.
  static func details(_ network: NetworkStatus) -> [Field] {
    let config = network.subnets.map { subnet in
      object([("Subnet", subnet.subnet), ("Gateway", subnet.gateway)].filter { !$0.1.isEmpty })
    }
    let members = network.members.map { member in
      JSONText.quoted(member.container) + ": "
        + object([
          ("Name", member.container), ("Interface", member.interface), ("MacAddress", member.mac),
          ("IPv4Address", member.address), ("IPv6Address", member.address6),
        ])
    }
    let ipam = "{\"Driver\": \"default\", \"Config\": [\(config.joined(separator: ", "))]}"
    return [
      text("Name", network.name), text("Id", network.name),
      text("Created", network.createdAt.map(UTCTime.text) ?? ""), text("Scope", "local"),
      text("Driver", network.driver), text("Interface", network.interface), number("MTU", network.mtu),
      flag("EnableIPv6", network.hasIPv6),
      flag("Internal", network.isInternal), flag("Attachable", network.isAttachable),
      (name: "IPAM", text: network.subnets.map(\.subnet).joined(separator: ","), json: ipam),
      (
        name: "Containers", text: network.members.map(\.container).joined(separator: ","),
        json: "{\(members.joined(separator: ", "))}"
      ),
      pairs("Options", network.options), pairs("Labels", network.labels),
    ]
  }

  /// One line of JSON.
  static func line(_ fields: [Field]) -> String {
    "{" + fields.map { "\(JSONText.quoted($0.name)):\($0.json)" }.joined(separator: ",") + "}\n"
  }

  /// An array, a field a line.
  static func array(_ networks: [NetworkStatus]) -> String {
    let items = networks.map { network in
      "    {\n"
        + details(network).map { "        \(JSONText.quoted($0.name)): \($0.json)" }.joined(separator: ",\n")
        + "\n    }"
    }
    return items.isEmpty ? "[]\n" : "[\n\(items.joined(separator: ",\n"))\n]\n"
  }

  private static func text(_ name: String, _ value: String) -> Field { (name, value, JSONText.quoted(value)) }
  private static func number(_ name: String, _ value: Int?) -> Field {
    (name, value.map { "\($0)" } ?? "", value.map { "\($0)" } ?? "null")
  }
  private static func flag(_ name: String, _ value: Bool) -> Field {
    (name, value ? "true" : "false", value ? "true" : "false")
  }

  private static func object(_ entries: [(String, String)]) -> String {
    "{" + entries.map { "\(JSONText.quoted($0.0)): \(JSONText.quoted($0.1))" }.joined(separator: ", ") + "}"
  }

  private static func pairs(_ name: String, _ pairs: [EnvironmentPlan]) -> Field {
    (
      name, "map[\(pairs.map { "\($0.name):\($0.value)" }.joined(separator: " "))]",
      object(pairs.map { ($0.name, $0.value) })
    )
  }
}

extension ListFilter {
  static let networkKinds = ["dangling", "driver", "label", "name", "stack"]

  func holds(_ network: NetworkStatus) -> Bool {
    holds(
      network.name, isUsed: !network.members.isEmpty, driver: network.driver, stack: network.stack,
      labels: network.labels)
  }
}

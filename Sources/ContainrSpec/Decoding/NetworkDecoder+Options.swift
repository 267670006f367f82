// `driver_opts` of a network. Each option belongs to one driver, and to another one it says nothing.

extension NetworkDecoder {
  private static let prefix = "com.docker.network."
  private static let bridgeName = prefix + "bridge.name"

  func decodeOptions(_ reader: ObjectReader, _ draft: inout NetworkDraft) {
    let options = reader["driver_opts"].flatMap {
      ObjectReader($0.value, .networkOptions, key: "driver_opts", context: context)
    }
    if let options {
      if let mtu = options[Self.prefix + "driver.mtu"] {
        draft.plan.mtu = context.integer(mtu.value, key: "mtu", NetworkOption.mtu).map { Int($0) }
        draft.origins["driver_opts.mtu"] = mtu.keySpan
      }
      var values: [EnvironmentPlan] = []
      for name in NetworkOption.names {
        guard let entry = options[name], let value = value(of: entry, name) else { continue }
        draft.origins["driver_opts.\(name)"] = entry.keySpan
        values.append(EnvironmentPlan(name: name, value: value))
        check(entry, name, draft)
      }
      draft.plan.options = values.sorted { $0.name < $1.name }
    }
    if let driver = draft.plan.driver, draft.plan.option("parent") == nil, draft.plan.isExternal != true {
      context.error(
        .missingKey, "a network with 'driver: \(driver.rawValue)' needs an interface of the host",
        at: draft.origins["driver"] ?? draft.span, label: "no 'parent'", help: "add 'driver_opts: {parent: eth0}'")
    }
  }

  private func value(of entry: YAMLEntry, _ name: String) -> String? {
    switch NetworkOption.form(of: name) {
    case .boolean: context.boolean(entry.value, key: name).map { $0 ? "true" : "false" }
    case let form:
      context.value(entry.value, key: name) { text throws(ValueProblem) in
        try form.check(text)
        return text
      }
    }
  }

  private func check(_ entry: YAMLEntry, _ name: String, _ draft: NetworkDraft) {
    let driver = draft.plan.driver ?? .bridge
    let wanted = NetworkOption.drivers(of: name)
    if wanted.contains(driver) { return }
    context.error(
      .conflict, "'\(name)' has no meaning with 'driver: \(driver.rawValue)'", at: entry.keySpan,
      label: "an option of \(wanted.map(\.rawValue).joined(separator: " and "))",
      secondary: draft.origins["driver"].map { [.init(span: $0, label: "the driver")] } ?? [], help: "remove it")
  }
}

/// The options of drivers that are acted on, as Docker names them.
enum NetworkOption {
  /// 68 is the least that IPv4 allows (RFC 791).
  static let mtu: ClosedRange<Int64> = 68...65_535

  /// But that of the MTU, which is a number of its own in the plan.
  static let names = [
    "com.docker.network.bridge.enable_icc", "com.docker.network.bridge.enable_ip_masquerade",
    "com.docker.network.bridge.name", "com.docker.network.container_iface_prefix", "ipvlan_flag", "ipvlan_mode",
    "macvlan_mode", "parent",
  ]

  static func form(of name: String) -> ScalarForm {
    switch name {
    case "com.docker.network.bridge.enable_icc", "com.docker.network.bridge.enable_ip_masquerade": .boolean
    case "com.docker.network.container_iface_prefix": .interfacePrefix
    case "ipvlan_flag": .oneOf(["bridge", "private", "vepa"])
    case "ipvlan_mode": .oneOf(["l2", "l3", "l3s"])
    case "macvlan_mode": .oneOf(["bridge", "private", "vepa", "passthru"])
    default: .interfaceName
    }
  }

  static func drivers(of name: String) -> [NetworkPlan.Driver] {
    switch name {
    case "com.docker.network.container_iface_prefix": NetworkPlan.Driver.allCases
    case "ipvlan_flag", "ipvlan_mode": [.ipvlan]
    case "macvlan_mode": [.macvlan]
    case "parent": [.macvlan, .ipvlan]
    default: [.bridge]
    }
  }
}

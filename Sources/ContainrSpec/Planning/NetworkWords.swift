// A network, or a place on one, out of words of a command line: the same checks as in a stack file, without a file.
internal import ContainrAddresses

/// What `containr network create` is told.
public struct NetworkWords: Sendable, Hashable {
  /// A word that does not fit.
  public struct Problem: Error, Sendable, Hashable {
    /// What is wrong.
    public var message: String
    /// A way out, if there is one to tell.
    public var help: String?
  }
  private let base: NetworkPlan
  private let subnets: [String]
  private let gateways: [String]
  private let ranges: [String]
  private let driver: String
  private let options: [EnvironmentPlan]

  /// All that was said; `hasIPv6` is nil where nothing was.
  public init(
    name: String, driver: String, subnets: [String], gateways: [String], ranges: [String], reserved: [EnvironmentPlan],
    isInternal: Bool, isAttachable: Bool, hasIPv4: Bool, hasIPv6: Bool?, labels: [EnvironmentPlan],
    options: [EnvironmentPlan]
  ) {
    var plan = NetworkPlan(key: name, name: name, isInternal: isInternal)
    plan.isAttachable = isAttachable ? true : nil
    plan.hasIPv4 = hasIPv4 ? nil : false
    plan.hasIPv6 = hasIPv6
    plan.labels = labels
    plan.reserved = reserved
    base = plan
    self.driver = driver
    self.subnets = subnets
    self.gateways = gateways
    self.ranges = ranges
    self.options = options
  }

  /// The plan, or the first thing that is wrong.
  public func plan() throws(Problem) -> NetworkPlan {
    var plan = base
    _ = try Self.checked { () throws(ValueProblem) in try NameText.object(plan.name, "network") }
    if ["host", "none"].contains(plan.name) {
      throw Problem(message: "the name \(plan.name) has a meaning of its own")
    }
    switch driver {
    case "bridge": break
    case "macvlan", "ipvlan": plan.driver = NetworkPlan.Driver(rawValue: driver)
    default: throw Problem(message: "there is no driver \(driver)", help: "bridge, macvlan or ipvlan")
    }
    if plan.hasIPv4 == false, plan.hasIPv6 == false { throw Problem(message: "the network has neither IPv4 nor IPv6") }
    let known = try addresses(&plan)
    for address in plan.reserved {
      let parsed = try Self.checked { () throws(ValueProblem) in try AddressText.any(address.value) }
      if !known.contains(where: { $0.contains(parsed) }) {
        throw Problem(message: "\(address.value) is in none of the subnets", help: "--subnet says which there are")
      }
    }
    try setOptions(&plan)
    return plan
  }

  private func addresses(_ plan: inout NetworkPlan) throws(Problem) -> [IPPrefix] {
    var known: [IPPrefix] = []
    for text in subnets {
      let subnet = try Self.checked { () throws(ValueProblem) in try AddressText.subnet(text) }
      if known.contains(where: { $0.family == subnet.family }) {
        throw Problem(
          message: "there are two subnets of \(subnet.family)", help: "one of each family is possible")
      }
      let isOff = subnet.family == .ipv4 ? plan.hasIPv4 == false : plan.hasIPv6 == false
      if isOff { throw Problem(message: "\(subnet) is of \(subnet.family), which is switched off") }
      known.append(subnet)
      if subnet.family == .ipv4 { plan.subnet = subnet.description } else { plan.subnet6 = subnet.description }
    }
    for text in gateways {
      let gateway = try Self.checked { () throws(ValueProblem) in try AddressText.any(text) }
      guard known.contains(where: { $0.isHost(gateway) }) else {
        throw Problem(
          message: "the gateway \(text) is no host address of a subnet", help: "--subnet says which there are")
      }
      if gateway.family == .ipv4 { plan.gateway = gateway.description } else { plan.gateway6 = gateway.description }
    }
    for text in ranges {
      let range = try Self.checked { () throws(ValueProblem) in try AddressText.subnet(text) }
      guard known.contains(where: { $0.contains(range.address) && range.length >= $0.length }) else {
        throw Problem(message: "the range \(text) is not inside a subnet", help: "--subnet says which there are")
      }
      if range.family == .ipv4 { plan.range = range.description } else { plan.range6 = range.description }
    }
    return known
  }

  private func setOptions(_ plan: inout NetworkPlan) throws(Problem) {
    let mtu = "com.docker.network.driver.mtu"
    for option in options {
      if option.name == mtu || option.name == "mtu" {
        let value = try Self.checked { () throws(ValueProblem) in
          try NumberText.integer(option.value, NetworkOption.mtu)
        }
        plan.mtu = Int(value)
        continue
      }
      guard NetworkOption.names.contains(option.name) else {
        throw Problem(
          message: "the option \(option.name) would not apply",
          help: "there are \(([mtu] + NetworkOption.names).joined(separator: ", "))")
      }
      let drivers = NetworkOption.drivers(of: option.name)
      guard drivers.contains(plan.driver ?? .bridge) else {
        throw Problem(message: "\(option.name) is an option of \(drivers.map(\.rawValue).joined(separator: " and "))")
      }
      let form = NetworkOption.form(of: option.name)
      if case .boolean = form, !["true", "false"].contains(option.value) {
        throw Problem(message: "\(option.name) takes true or false")
      }
      try Self.checked { () throws(ValueProblem) in try form.check(option.value) }
      plan.options.append(option)
    }
    plan.options.sort { $0.name < $1.name }
    if plan.driver != nil, plan.option("parent") == nil {
      throw Problem(message: "the driver \(driver) needs an interface of the host", help: "-o parent=eth0")
    }
  }

  /// A container's place on a network.
  public static func place(
    aliases: [String], ipv4: String?, ipv6: String?, linkLocal: [String], gatewayPriority: Int?
  ) throws(Problem) -> AttachmentPlan {
    var plan = AttachmentPlan(network: "")
    for alias in aliases {
      plan.aliases.append(try checked { () throws(ValueProblem) in try NameText.alias(alias) })
    }
    plan.aliases = Array(Set(plan.aliases)).sorted()
    if let ipv4 { plan.ipv4Address = try checked { () throws(ValueProblem) in try AddressText.ipv4(ipv4).description } }
    if let ipv6 { plan.ipv6Address = try checked { () throws(ValueProblem) in try AddressText.ipv6(ipv6).description } }
    for address in linkLocal {
      plan.linkLocalAddresses.append(try checked { () throws(ValueProblem) in try AddressText.linkLocal(address) })
    }
    plan.linkLocalAddresses.sort()
    if let gatewayPriority, Int32(exactly: gatewayPriority) == nil {
      throw Problem(message: "a priority of \(gatewayPriority) is out of range", help: "-2147483648 to 2147483647")
    }
    plan.gatewayPriority = gatewayPriority
    return plan
  }

  @discardableResult
  private static func checked<Value>(_ body: () throws(ValueProblem) -> Value) throws(Problem) -> Value {
    do throws(ValueProblem) { return try body() } catch { throw Problem(message: error.message, help: error.help) }
  }
}

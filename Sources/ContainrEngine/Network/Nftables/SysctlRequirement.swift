// The kernel parameters that the rules rely on: named purely, applied one by one.
internal import ContainrAddresses
public import ContainrSystem
public import SystemPackage

/// One parameter that must have a value.
public struct SysctlRequirement: Sendable, Hashable {
  /// Below /proc/sys.
  public var path: FilePath
  /// As it is read back.
  public var value: String
  /// For people.
  public var reason: String
  /// The file may be missing (IPv6 is not in every kernel).
  public var isOptional: Bool

  /// A requirement.
  public init(path: FilePath, value: String, reason: String, isOptional: Bool = false) {
    self.path = path
    self.value = value
    self.reason = reason
    self.isOptional = isOptional
  }

  /// What a plan needs, in order. `uplinks` are the host's ways out (`LinkDriver.defaultRouteInterfaces`).
  /// Forwarding is switched on per interface; of IPv6 only where the kernel can (Linux 6.17), which is asked.
  public static func required(
    for plan: FirewallPlan, uplinks: [String], uplinks6: [String] = [], forcesForwarding: Bool = true
  ) -> [SysctlRequirement] {
    var all: [SysctlRequirement] = []
    for bridge in plan.bridges.sorted(by: { $0.name < $1.name }) {
      let ipv4 = conf(4, bridge.name)
      let ipv6 = conf(6, bridge.name)
      all.append(
        SysctlRequirement(
          path: ipv6.appending("disable_ipv6"), value: bridge.prefix6 == nil ? "1" : "0",
          reason: bridge.prefix6 == nil ? "\(bridge.name) is an IPv4 network" : "\(bridge.name) has IPv6",
          isOptional: bridge.prefix6 == nil))
      all.append(
        SysctlRequirement(
          path: ipv6.appending("accept_ra"), value: "0", reason: "no member of \(bridge.name) may give us routes",
          isOptional: true))
      if bridge.prefix6 != nil, forcesForwarding {
        all.append(
          SysctlRequirement(
            path: ipv6.appending("force_forwarding"), value: "1", reason: "packets of \(bridge.name) are routed"))
      }
      guard let prefix = bridge.prefix else { continue }
      all.append(
        SysctlRequirement(
          path: ipv4.appending("forwarding"), value: "1", reason: "packets of \(bridge.name) are routed"))
      for (name, value, reason) in [
        ("send_redirects", "0", "members of \(bridge.name) reach nobody by another way"),
        ("accept_redirects", "0", "no member of \(bridge.name) may give us routes"),
        ("rp_filter", "1", "nobody comes in by \(bridge.name) who does not live there"),
        ("arp_ignore", "1", "members of \(bridge.name) are told of its own address alone"),
      ] {
        all.append(SysctlRequirement(path: ipv4.appending(name), value: value, reason: reason))
      }
      let reachable = plan.ports.contains { port in
        port.containerAddress.v4.map { prefix.contains($0) } == true && (port.boundAddress?.isLoopback ?? true)
      }
      if reachable {
        all.append(
          SysctlRequirement(
            path: ipv4.appending("route_localnet"), value: "1",
            reason: "ports of \(bridge.name) are published on 127.0.0.1"))
      }
    }
    if let handover = plan.handover { all += handingOver(plan, handover, forcesForwarding) }
    if plan.bridges.contains(where: { !$0.isInternal && $0.prefix != nil }) {
      for uplink in Set(uplinks).sorted() {
        all.append(
          SysctlRequirement(
            path: conf(4, uplink).appending("forwarding"), value: "1",
            reason: "replies to our containers come in by \(uplink)"))
      }
    }
    if plan.bridges.contains(where: { $0.prefix6 != nil && !$0.isInternal }) || plan.hasLoopback6 {
      all += forwarding6(Set(uplinks6).sorted(), forces: forcesForwarding)
    }
    return all
  }

  /// Of the links by which packets come in once more. They are made with the rules that name them.
  private static func handingOver(_ plan: FirewallPlan, _ link: HandoverLink, _ forces: Bool) -> [SysctlRequirement] {
    let reason = "what the host's rules let through comes in by \(link.into)"
    var all: [SysctlRequirement] = []
    if plan.hasGuards(.ipv4) {
      for (name, value) in [("forwarding", "1"), ("rp_filter", "0")] {
        all.append(
          SysctlRequirement(
            path: conf(4, link.into).appending(name), value: value, reason: reason, isOptional: true))
      }
    }
    guard plan.hasGuards(.ipv6) || plan.hasLoopback6 else { return all }
    for (name, value) in [("disable_ipv6", "0"), ("accept_ra", "0")] {
      for end in [link.out, link.into] {
        all.append(
          SysctlRequirement(path: conf(6, end).appending(name), value: value, reason: reason, isOptional: true))
      }
    }
    if forces {
      all.append(
        SysctlRequirement(
          path: conf(6, link.into).appending("force_forwarding"), value: "1", reason: reason, isOptional: true))
    }
    return all
  }

  private static func forwarding6(_ uplinks: [String], forces: Bool) -> [SysctlRequirement] {
    if forces {
      return uplinks.map { uplink in
        SysctlRequirement(
          path: conf(6, uplink).appending("force_forwarding"), value: "1",
          reason: "replies to our containers come in by \(uplink)")
      }
    }
    // A host that forwards stops to listen to its own router, and its default route would expire: 2 goes on listening.
    return uplinks.map { uplink in
      SysctlRequirement(
        path: conf(6, uplink).appending("accept_ra"), value: "2",
        reason: "\(uplink) goes on listening to its router while this host forwards")
    } + [
      SysctlRequirement(
        path: conf(6, "all").appending("forwarding"), value: "1",
        reason: "this kernel forwards IPv6 for all interfaces or none")
    ]
  }

  private static func conf(_ version: Int, _ interface: String) -> FilePath {
    FilePath("/proc/sys/net/ipv\(version)/conf").appending(interface)
  }
}

/// Reads and writes kernel parameters.
public struct SysctlWriter: Sendable {
  /// Without state.
  public init() {}

  /// The value now; nil if the file is missing.
  public func value(of path: FilePath) throws(SyscallError) -> String? {
    do { return try Kernel.text(of: path) } catch {
      if error.errno == 2 { return nil }
      throw error
    }
  }

  /// Applies one requirement; answers the value before, nil if nothing had to be written.
  @discardableResult
  public func apply(_ requirement: SysctlRequirement) throws(SyscallError) -> String? {
    let old = try value(of: requirement.path)
    if old == requirement.value || (old == nil && requirement.isOptional) { return nil }
    try Kernel.write(requirement.value, into: requirement.path)
    return old
  }
}

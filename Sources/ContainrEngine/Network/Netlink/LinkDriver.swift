// Makes, lists and deletes links by netlink. Everything may be asked for twice. Decides nothing: plans come in.
public import ContainrAddresses
internal import ContainrSystem

/// The links of one network namespace: the one its socket was opened in. Usable from many threads at once.
public struct LinkDriver: Sendable {
  private let socket: NetlinkSocket
  private static let exists: Int32 = 17, noDevice: Int32 = 19

  /// For the caller's network namespace.
  public init() throws(NetworkError) { socket = try kernel { () throws(SyscallError) in try NetlinkSocket() } }

  /// For the network namespace of a given socket.
  public init(_ socket: NetlinkSocket) { self.socket = socket }

  /// Makes a bridge with its address, up. One that is there under the same alias is brought to the plan; one with
  /// another alias is `foreign`.
  public func create(_ bridge: BridgePlan) throws(NetworkError) {
    try LinkRules.check(name: bridge.name)
    try LinkRules.check(group: bridge.group)
    try LinkRules.check(alias: bridge.alias)
    let replies = try socket.replies(to: [LinkRequests.createBridge(bridge), LinkRequests.get(name: bridge.name)])
    if let failure = replies[0].failure, failure.errno != Self.exists { throw .refused([failure]) }
    guard let link = try Self.link(replies[1]) else {
      throw .refused([NetlinkFailure(request: "look up link \(bridge.name)", errno: Self.noDevice)])
    }
    var requests: [NetlinkRequest] = []
    if replies[0].failure == nil {
      requests.append(LinkRequests.setAlias(bridge.alias, of: bridge.name))
      // Once more, or the bridge would take that of its smallest port, and 1500 when the last one goes.
      if bridge.mtu != nil { requests.append(LinkRequests.adjustBridge(bridge, index: link.index)) }
    } else {
      guard link.kind == "bridge", link.alias == bridge.alias || (link.alias == nil && link.group == bridge.group)
      else {
        throw .foreign(name: bridge.name, "\(link.kind ?? "device") with alias \(link.alias ?? "none")")
      }
      // A kill between making and naming leaves our group without alias.
      if link.alias == nil { requests.append(LinkRequests.setAlias(bridge.alias, of: bridge.name)) }
      requests.append(LinkRequests.adjustBridge(bridge, index: link.index))
    }
    if let address = bridge.address, let prefix = bridge.prefix {
      requests.append(
        LinkRequests.addAddress(
          address, prefixLength: prefix.length, index: link.index, name: bridge.name, replace: true))
    }
    requests.append(LinkRequests.setUp(index: link.index, name: bridge.name))
    try socket.perform(requests)
  }

  /// Gives a bridge its address of IPv6. Apart from the rest: where IPv6 is off for new interfaces it has to be switched
  /// on in between.
  public func addAddress(_ address: IPv6InterfaceAddress, toLink name: String) throws(NetworkError) {
    guard let link = try link(named: name) else {
      throw .refused([NetlinkFailure(request: "look up link \(name)", errno: Self.noDevice)])
    }
    try socket.perform([
      LinkRequests.addAddress(
        address.address, prefixLength: address.prefix.length, index: link.index, name: name)
    ])
  }

  /// Makes the pairs, far ends in the network namespace of `pid`, and configures them there through `netns`, a
  /// borrowed NETLINK_ROUTE socket that was opened in that namespace: lo and all interfaces up, addresses, routes.
  public func attach(_ veths: [VethPlan], pid: Int32, netns: CInt) throws(NetworkError) {
    let inside = try kernel { () throws(SyscallError) in try NetlinkSocket(borrowing: netns) }
    for veth in veths {
      try LinkRules.check(name: veth.hostName)
      try LinkRules.check(name: veth.containerName)
      try LinkRules.check(group: veth.group)
      try LinkRules.check(alias: veth.alias)
    }
    try connect(veths, pid: pid, inside: inside)
    try configure(veths, inside: inside)
    try limit(veths)
    // Last: a link without its alias is one whose maker was killed half way.
    try socket.perform(veths.filter { $0.subordinate == nil }.map { LinkRequests.finishVeth($0) })
  }

  /// Brings up lo and what is planned of `veths` inside; used alone for a container without networks.
  public func configureLoopback(netns: CInt) throws(NetworkError) {
    let inside = try kernel { () throws(SyscallError) in try NetlinkSocket(borrowing: netns) }
    try inside.perform([LinkRequests.setUp(index: 1, name: "lo")])
  }

  /// Leads the default routes inside out by this attachment, whichever had them before.
  public func setDefaultRoute(_ veth: VethPlan, netns: CInt) throws(NetworkError) {
    guard veth.leadsOut else { throw .invalid("\(veth.containerName) has no gateway") }
    let inside = try kernel { () throws(SyscallError) in try NetlinkSocket(borrowing: netns) }
    let index = try indexes(of: [veth.containerName], on: inside)[veth.containerName]!
    try inside.perform(Self.defaultRoutes(veth, index: index))
  }

  private static func defaultRoutes(_ veth: VethPlan, index: Int) -> [NetlinkRequest] {
    let name = veth.containerName
    if veth.subordinate?.hasNeighbours == false {
      return [(IPFamily.ipv4, veth.gateway != nil), (.ipv6, veth.gateway6 != nil)].filter(\.1).map {
        LinkRequests.addDefaultRoute($0.0, index: index, name: name)
      }
    }
    return (veth.gateway.map { [LinkRequests.addDefaultRoute(gateway: $0, index: index, name: name)] } ?? [])
      + (veth.gateway6.map { [LinkRequests.addDefaultRoute(gateway: $0, index: index, name: name)] } ?? [])
  }

  func perform(_ requests: [NetlinkRequest], tolerating tolerated: [Int32] = []) throws(NetworkError) {
    try socket.perform(requests, tolerating: tolerated)
  }

  func replies(to requests: [NetlinkRequest]) throws(NetworkError) -> [NetlinkReply] {
    try socket.replies(to: requests)
  }

  func list(_ request: NetlinkRequest) throws(NetworkError) -> [NetlinkMessage] { try socket.list(request) }

  private func connect(_ veths: [VethPlan], pid: Int32, inside: NetlinkSocket) throws(NetworkError) {
    let bridges = try states(of: Set(veths.map(\.bridge)).sorted(), on: socket)
    let veths = veths.map { $0.following(bridges[$0.bridge]!) }
    let replies = try socket.replies(to: veths.map { Self.creation($0, index: bridges[$0.bridge]!.index, pid: pid) })
    var failures: [NetlinkFailure] = []
    for (reply, veth) in zip(replies, veths) {
      guard let failure = reply.failure else { continue }
      if failure.errno == Self.exists, let link = veth.subordinate {
        try reconnect(veth, link, inside: inside)
      } else if failure.errno == Self.exists {
        try reconnect(veth, bridgeIndex: bridges[veth.bridge]!.index, pid: pid, inside: inside)
      } else {
        failures.append(failure)
      }
    }
    if !failures.isEmpty { throw .refused(failures) }
  }

  private static func creation(_ veth: VethPlan, index: Int, pid: Int32) -> NetlinkRequest {
    if let link = veth.subordinate {
      return LinkRequests.createSubordinate(veth, link, parentIndex: index, pid: pid)
    }
    return LinkRequests.createVeth(veth, bridgeIndex: index, pid: pid)
  }

  /// What has the name inside is what was made before, or nobody knows what.
  private func reconnect(_ veth: VethPlan, _ link: SubordinateLink, inside: NetlinkSocket) throws(NetworkError) {
    let there = try Self.link(try inside.replies(to: [LinkRequests.get(name: veth.containerName)])[0])
    guard let there, there.kind == link.kind else {
      throw .foreign(name: veth.containerName, there?.kind ?? "device")
    }
  }

  /// The host's name or the container's is taken: ours and complete is fine, ours and left over is made anew.
  private func reconnect(
    _ veth: VethPlan, bridgeIndex: Int, pid: Int32, inside: NetlinkSocket
  ) throws(NetworkError) {
    let there = try Self.link(try socket.replies(to: [LinkRequests.get(name: veth.hostName)])[0])
    let far = try Self.link(try inside.replies(to: [LinkRequests.get(name: veth.containerName)])[0])
    if let there {
      guard there.kind == "veth", there.alias == veth.alias || there.alias == nil, there.group == veth.group else {
        throw .foreign(name: veth.hostName, "\(there.kind ?? "device") with alias \(there.alias ?? "none")")
      }
      if let far, far.macAddress == veth.macAddress, there.master == bridgeIndex {
        // The near end last: by it is seen what is still to be done.
        if let mtu = veth.mtu, mtu != far.mtu || mtu != there.mtu {
          try inside.perform([LinkRequests.setMTU(mtu, index: far.index, name: veth.containerName)])
          try socket.perform([LinkRequests.setMTU(mtu, index: there.index, name: veth.hostName)])
        }
        return try socket.perform([LinkRequests.setUp(index: there.index, name: veth.hostName)])
      }
      try socket.perform([LinkRequests.delete(index: there.index)], tolerating: [Self.noDevice])
    } else if let far {
      throw .foreign(name: "\(veth.containerName) of process \(pid)", far.kind ?? "device")
    }
    try socket.perform([LinkRequests.createVeth(veth, bridgeIndex: bridgeIndex, pid: pid)])
  }

  private func configure(_ veths: [VethPlan], inside: NetlinkSocket) throws(NetworkError) {
    let indexes = try indexes(of: veths.map(\.containerName), on: inside)
    var requests = [LinkRequests.setUp(index: 1, name: "lo")]
    for veth in veths {
      let index = indexes[veth.containerName]!
      requests.append(LinkRequests.setUp(index: index, name: veth.containerName))
      if let address = veth.address {
        requests.append(
          LinkRequests.addAddress(
            address, prefixLength: veth.prefixLength, index: index, name: veth.containerName, replace: true))
      }
      if let ipv6 = veth.ipv6 {
        requests.append(
          LinkRequests.addAddress(
            ipv6.address, prefixLength: ipv6.prefix.length, index: index, name: veth.containerName))
      }
      requests += veth.linkLocal.map { LinkRequests.addLinkLocal($0, index: index, name: veth.containerName) }
    }
    for veth in veths { requests += Self.defaultRoutes(veth, index: indexes[veth.containerName]!) }
    try inside.perform(requests)
  }

  /// Takes interfaces inside a container away, by their names there; what is gone is fine.
  public func deleteInside(names: [String], netns: CInt) throws(NetworkError) {
    let inside = try kernel { () throws(SyscallError) in try NetlinkSocket(borrowing: netns) }
    try inside.perform(names.map { LinkRequests.delete(name: $0) }, tolerating: [Self.noDevice])
  }

  /// All links with their addresses, by index.
  public func links() throws(NetworkError) -> [LinkState] {
    var links: [Int: LinkState] = [:]
    for message in try socket.list(LinkRequests.allLinks) {
      guard let link = LinkState(message) else { throw .malformed("a link of the kernel's list") }
      links[link.index] = link
    }
    for message in try socket.list(LinkRequests.allAddresses) {
      let body = message.body
      // Beside those of the two families there may be others.
      guard let family = body.integer(UInt8.self, at: 0), IPFamily.allCases.contains(where: { $0.number == family })
      else { continue }
      guard let length = body.integer(UInt8.self, at: 1), let index = body.integer(UInt32.self, at: 4),
        let attributes = body.attributes(from: 8),
        let address = (attributes[2] ?? attributes[1]).flatMap({ IPAddress(octets: $0.bytes) })
      else { throw .malformed("an address of the kernel's list") }
      switch address {
      case .v4(let address):
        guard let whole = IPv4InterfaceAddress(address, prefixLength: Int(length)) else { continue }
        links[Int(index)]?.addresses.append(whole)
      case .v6(let address):
        guard let whole = IPv6InterfaceAddress(address, prefixLength: Int(length)) else { continue }
        links[Int(index)]?.addresses6.append(whole)
      }
    }
    return links.values.sorted { $0.index < $1.index }
  }

  /// One link by name; nil if there is none. Its addresses are not asked for.
  public func link(named name: String) throws(NetworkError) -> LinkState? {
    try Self.link(try socket.replies(to: [LinkRequests.get(name: name)])[0])
  }

  /// All unicast routes of a family, of all tables.
  public func routes(_ family: IPFamily = .ipv4) throws(NetworkError) -> [RouteState] {
    let routes = try socket.list(LinkRequests.allRoutes(family)).compactMap { RouteState($0) }
    let names = try names(of: Set(routes.flatMap(\.indexes)))
    return routes.map { $0.named(names) }
  }

  /// The names of links by index. Few are asked for one by one: a list of all is long where many containers run.
  private func names(of indexes: Set<Int>) throws(NetworkError) -> [Int: String] {
    var names: [Int: String] = [:]
    for reply in try socket.replies(to: indexes.sorted().map { LinkRequests.get(index: $0) }) {
      // One that went since is no failure.
      if let link = try Self.link(reply) { names[link.index] = link.name }
    }
    return names
  }

  /// The interfaces that default routes lead out of, sorted: the host's uplinks.
  public func defaultRouteInterfaces(_ family: IPFamily = .ipv4) throws(NetworkError) -> [String] {
    let routes = try socket.list(LinkRequests.allRoutes(family)).compactMap { RouteState($0) }
    return try names(of: Set(routes.filter { $0.prefix.length == 0 }.flatMap(\.indexes))).values.sorted()
  }

  /// The interface of the least MTU of those that default routes of either family lead out of; nil: none does.
  public func smallestUplink() throws(NetworkError) -> LinkState? {
    var indexes: Set<Int> = []
    for family in IPFamily.allCases {
      for message in try socket.list(LinkRequests.allRoutes(family)) where message.body.integer(UInt8.self, at: 1) == 0
      {
        indexes.formUnion(RouteState(message)?.indexes ?? [])
      }
    }
    var links: [LinkState] = []
    for reply in try socket.replies(to: indexes.sorted().map { LinkRequests.get(index: $0) }) {
      if let link = try Self.link(reply) { links.append(link) }
    }
    return links.min { ($0.mtu, $0.name) < ($1.mtu, $1.name) }
  }

  /// Deletes all links of a group (not 0) at once; none is fine.
  public func deleteLinks(group: UInt32) throws(NetworkError) {
    try LinkRules.check(group: group)
    try socket.perform([LinkRequests.delete(group: group)], tolerating: [Self.noDevice])
  }

  /// Deletes links by name in one batch; what is gone is fine.
  public func deleteLinks(names: [String]) throws(NetworkError) {
    try socket.perform(names.map { LinkRequests.delete(name: $0) }, tolerating: [Self.noDevice])
  }

  /// Deletes a link; gone is fine.
  public func deleteLink(name: String) throws(NetworkError) { try deleteLinks(names: [name]) }

  /// Deletes a link; gone is fine.
  public func deleteLink(index: Int) throws(NetworkError) {
    try socket.perform([LinkRequests.delete(index: index)], tolerating: [Self.noDevice])
  }

  private func states(of names: [String], on socket: NetlinkSocket) throws(NetworkError) -> [String: LinkState] {
    var states: [String: LinkState] = [:]
    for (name, reply) in zip(names, try socket.replies(to: names.map { LinkRequests.get(name: $0) })) {
      if let failure = reply.failure { throw .refused([failure]) }
      guard let link = reply.messages.compactMap({ LinkState($0) }).first else {
        throw .malformed("look up link \(name)")
      }
      states[name] = link
    }
    return states
  }

  private func indexes(of names: [String], on socket: NetlinkSocket) throws(NetworkError) -> [String: Int] {
    try states(of: names, on: socket).mapValues(\.index)
  }

  /// The link of a look-up; nil if there is none.
  private static func link(_ reply: NetlinkReply) throws(NetworkError) -> LinkState? {
    if let failure = reply.failure {
      if failure.errno == noDevice { return nil }
      throw .refused([failure])
    }
    guard let link = reply.messages.compactMap({ LinkState($0) }).first else { throw .malformed("look up link") }
    return link
  }
}

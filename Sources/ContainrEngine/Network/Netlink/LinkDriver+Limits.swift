// Limits on what a container's interface carries, at the host's end of its pair, where nothing in the container reaches
// them. What it receives goes out of that end through a token bucket. What it sends comes in there, and goes through the
// bucket of a device of its own (ifb) before it comes on.
internal import ContainrSystem

extension VethPlan {
  /// The device through which what the container sends goes: named as the host's end, with `q`, at most 15 bytes.
  public static func queueName(of link: String) -> String { "\(link.dropLast(11))q\(link.suffix(10))" }
  var queueName: String { Self.queueName(of: hostName) }
}

extension LinkDriver {
  private static let noDevice: Int32 = 19
  /// ENOENT, EINVAL: there is nothing to be taken away. ENODEV: the link is gone, and it with it.
  private static let nothing: [Int32] = [2, 22, 19]

  /// Brings the limits of pairs that are there to their plans; what is right is set again without harm.
  public func limit(_ veths: [VethPlan]) throws(NetworkError) {
    for veth in veths where veth.subordinate == nil {
      guard let limits = veth.limits else { continue }
      guard let near = try link(named: veth.hostName) else {
        throw .refused([NetlinkFailure(request: "look up link \(veth.hostName)", errno: Self.noDevice)])
      }
      try limits.check(mtu: near.mtu, name: veth.alias)
      if let ingress = limits.ingress {
        try setBucket(ingress, on: near, mtu: near.mtu)
      } else {
        try perform([TrafficControl.deleteRoot(index: near.index, name: near.name)], tolerating: Self.nothing)
      }
      if let egress = limits.egress {
        try limitEgress(egress, of: veth, near: near)
      } else {
        try perform([TrafficControl.deleteIngress(index: near.index, name: near.name)], tolerating: Self.nothing)
        try deleteLink(name: veth.queueName)
      }
    }
  }

  /// The device first, with its bucket: nothing is redirected to what is not there.
  private func limitEgress(_ limit: RateLimit, of veth: VethPlan, near: LinkState) throws(NetworkError) {
    let queue = try makeQueue(of: veth, mtu: near.mtu)
    try setBucket(limit, on: queue, mtu: near.mtu)
    if TrafficControl.redirection(try list(TrafficControl.filters(index: near.index))) == queue.index { return }
    try perform([TrafficControl.deleteIngress(index: near.index, name: near.name)], tolerating: Self.nothing)
    try explaining("egress") { () throws(NetworkError) in
      try perform([
        TrafficControl.addIngress(index: near.index, name: near.name),
        TrafficControl.redirect(index: near.index, to: queue.index, name: near.name),
      ])
    }
  }

  private func makeQueue(of veth: VethPlan, mtu: Int) throws(NetworkError) -> LinkState {
    let name = veth.queueName
    if try link(named: name) == nil {
      try explaining("egress") { () throws(NetworkError) in
        try perform([LinkRequests.createQueue(name: name, mtu: mtu, group: veth.group)])
      }
    }
    guard let queue = try link(named: name) else { throw .malformed("link \(name) is gone again") }
    guard queue.kind == "ifb", queue.group == veth.group else {
      throw .foreign(name: name, "\(queue.kind ?? "device") with alias \(queue.alias ?? "none")")
    }
    try perform([
      LinkRequests.setAlias(veth.alias, of: name), LinkRequests.setMTU(mtu, index: queue.index, name: name),
      LinkRequests.setUp(index: queue.index, name: name),
    ])
    return queue
  }

  private func setBucket(_ limit: RateLimit, on link: LinkState, mtu: Int) throws(NetworkError) {
    let bucket = TrafficControl.setBucket(limit, mtu: mtu, index: link.index, name: link.name)
    do throws(NetworkError) {
      try perform([bucket])
    } catch {
      // Something of another kind is there.
      try perform([TrafficControl.deleteRoot(index: link.index, name: link.name)], tolerating: Self.nothing)
      try explaining("a limit") { () throws(NetworkError) in try perform([bucket]) }
    }
    // A kernel without it keeps the bucket's own short queue.
    try perform(
      [TrafficControl.setFairQueue(limit, mtu: mtu, index: link.index, name: link.name)], tolerating: [2])
  }

  private func explaining(_ what: String, _ body: () throws(NetworkError) -> Void) throws(NetworkError) {
    do throws(NetworkError) { try body() } catch { throw Self.explained(error, what) }
  }

  /// ENOENT and EOPNOTSUPP are what a kernel says that lacks the part.
  static func explained(_ error: NetworkError, _ what: String) -> NetworkError {
    guard case .refused(let failures) = error, failures.contains(where: { $0.errno == 2 || $0.errno == 95 }) else {
      return error
    }
    return .invalid(
      "this kernel cannot give \(what): \(error.description); it needs sch_tbf, and for egress also ifb, sch_ingress, "
        + "cls_u32 and act_mirred")
  }

  /// The limits of all links; of those in `near` also where what comes in by them goes.
  public func queues(near: [Int]) throws(NetworkError) -> LinkQueues {
    var queues = LinkQueues()
    for message in try list(TrafficControl.allQueues) {
      if let (index, queue) = TrafficControl.queue(message) { queues.queues[index, default: []].append(queue) }
    }
    for index in near where queues.queues[index]?.contains(where: { $0.parent == TrafficControl.ingress }) == true {
      queues.redirects[index] = .some(TrafficControl.redirection(try list(TrafficControl.filters(index: index))))
    }
    return queues
  }
}

extension LinkRequests {
  static func createQueue(name: String, mtu: Int, group: UInt32) -> NetlinkRequest {
    NetlinkRequest(
      "create ifb \(name)", type: RTNetlink.newLink, flags: RTNetlink.create | RTNetlink.exclusive
    ) { payload in
      payload.interfaceInfo()
      payload.attribute(3, name)
      payload.attribute(4, UInt32(mtu))
      payload.attribute(27, group)
      payload.nested(18) { $0.attribute(1, "ifb") }
    }
  }
}

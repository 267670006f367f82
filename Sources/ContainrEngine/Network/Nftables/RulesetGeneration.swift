// How often the packet filter of this network namespace was changed, by whomever: the kernel counts its transactions.
// While the number stays, so do all rules. One message instead of a listing by libnftables, which takes 2 ms to load.
internal import ContainrSystem

/// One state of all rules of one network namespace, of this boot.
public struct RulesetGeneration: Sendable, Hashable, CustomStringConvertible {
  /// Of the network namespace (SO_NETNS_COOKIE).
  public var namespace: UInt64
  /// How many transactions there were (NFT_MSG_GETGEN).
  public var number: UInt32

  /// After one more transaction, whosever it is. The kernel's count leaves 0 out.
  public var next: RulesetGeneration {
    var next = self
    next.number = number == .max ? 1 : number + 1
    return next
  }

  /// `1:17`
  public var description: String { "\(namespace):\(number)" }

  /// Of the caller's network namespace; nil where the kernel does not tell.
  public static func current() throws(NetworkError) -> RulesetGeneration? {
    let socket = try kernel { () throws(SyscallError) in try NetlinkSocket(protocol: 12) }
    guard let cookie = try kernel({ () throws(SyscallError) in try socket.namespaceCookie() }) else { return nil }
    // NFNL_SUBSYS_NFTABLES, NFT_MSG_GETGEN; struct nfgenmsg.
    let request = NetlinkRequest("count the changes of the firewall", type: 10 << 8 | 16) { $0.append(UInt32(0)) }
    let replies = try socket.replies(to: [request])
    // EINVAL: no nf_tables in this kernel, and so no table either.
    if replies[0].failure != nil { return nil }
    guard let body = replies[0].messages.first?.body, let number: UInt32 = body.attributes(from: 4)?[1]?.integer(at: 0)
    else { throw .malformed(request.label) }
    return RulesetGeneration(namespace: cookie, number: UInt32(bigEndian: number))
  }
}

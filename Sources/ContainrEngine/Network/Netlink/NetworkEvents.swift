// Hears that links, addresses or routes changed, in this network namespace and in those of the containers: rtnetlink(7)
// groups with NETLINK_LISTEN_ALL_NSID, netlink(7). Enters none of them, and does not look at what changed.
internal import CContainrLinux
public import ContainrSystem

/// A socket that hears of changes in every network namespace for which its own has an id; the kernel gives an id to that
/// of a veth's far end.
public final class NetworkEvents: Sendable {
  /// Where something changed.
  public enum Change: Sendable, Hashable {
    /// In the namespaces with these ids.
    case namespaces(Set<Int32>)
    /// More changed than the socket could hold: anywhere.
    case anywhere
  }
  private let fd: OwnedFD
  /// Readable when `take` has something. Borrowed.
  public var descriptor: CInt { fd.raw }

  /// Hears from now on.
  public init() throws(SyscallError) {
    let fd = OwnedFD(taking: try check(cl_socket(16, 3 | 0o2004000, 0), "socket(AF_NETLINK)"))
    try check(cl_setsockopt_int(fd.raw, 270, 8, 1), "setsockopt(NETLINK_LISTEN_ALL_NSID)")
    // RTNLGRP_LINK 1, RTNLGRP_IPV4_IFADDR 5, RTNLGRP_IPV4_ROUTE 7, RTNLGRP_IPV6_IFADDR 9, RTNLGRP_IPV6_ROUTE 11.
    try check(cl_bind_netlink(fd.raw, 1 << 0 | 1 << 4 | 1 << 6 | 1 << 8 | 1 << 10), "bind(AF_NETLINK)")
    self.fd = fd
  }

  /// Everything that changed since the last call. Those of the socket's own namespace are left out.
  public func take() throws(SyscallError) -> Change {
    var ids: Set<Int32> = []
    var isLossy = false
    while true {
      var id: Int32 = -1
      let result = cl_receive_nsid(fd.raw, &id)
      if result == -11 { return isLossy ? .anywhere : .namespaces(ids) }
      if result == -105 {  // ENOBUFS; what follows is heard again
        isLossy = true
        continue
      }
      try check(result, "recvmsg(netlink)")
      if id >= 0 { ids.insert(id) }
    }
  }
}

// The rtnetlink requests that make our links: pure, tested byte by byte. Numbers are those of linux/if_link.h.
internal import ContainrAddresses

/// Requests on links, addresses and routes.
enum LinkRequests {
  /// Without alias: the kernel only takes one on an existing link. Without MTU: only one that is another than before does
  /// not follow the ports.
  static func createBridge(_ plan: BridgePlan) -> NetlinkRequest {
    NetlinkRequest(
      "create bridge \(plan.name)", type: RTNetlink.newLink, flags: RTNetlink.create | RTNetlink.exclusive
    ) { payload in
      payload.interfaceInfo()
      payload.attribute(3, plan.name)
      if let mac = plan.macAddress { payload.attribute(1, bytes: mac.octets) }
      payload.attribute(27, plan.group)
      payload.nested(18) { $0.attribute(1, "bridge") }
    }
  }

  /// A pair: the near end a port of the bridge and up, the far end in the network namespace of `pid`, down: the kernel
  /// refuses it up (ENOTCONN) before it knows its peer. With one queue each: by itself it would have one a processor, which
  /// only XDP and GRO on a pair use, and a third of the time to make it goes into their places in sysfs.
  static func createVeth(_ plan: VethPlan, bridgeIndex: Int, pid: Int32) -> NetlinkRequest {
    NetlinkRequest(
      "create veth \(plan.hostName)", type: RTNetlink.newLink, flags: RTNetlink.create | RTNetlink.exclusive
    ) { payload in
      payload.interfaceInfo(flags: RTNetlink.up, change: RTNetlink.up)
      payload.attribute(3, plan.hostName)
      if let mtu = plan.mtu { payload.attribute(4, UInt32(mtu)) }
      payload.attribute(27, plan.group)
      payload.attribute(10, UInt32(bridgeIndex))
      payload.oneQueue()
      payload.nested(18) { info in
        info.attribute(1, "veth")
        info.nested(2) { data in
          data.nested(1) { peer in  // VETH_INFO_PEER
            peer.interfaceInfo()
            peer.attribute(3, plan.containerName)
            peer.attribute(1, bytes: plan.macAddress.octets)
            if let mtu = plan.mtu { peer.attribute(4, UInt32(mtu)) }
            peer.attribute(19, UInt32(bitPattern: pid))  // IFLA_NET_NS_PID
            peer.oneQueue()
          }
        }
      }
    }
  }

  /// An interface on one of the host's, made in the network namespace of `pid`, down.
  static func createSubordinate(
    _ plan: VethPlan, _ link: SubordinateLink, parentIndex: Int, pid: Int32
  ) -> NetlinkRequest {
    NetlinkRequest(
      "create \(link.kind) \(plan.containerName) on \(plan.bridge)", type: RTNetlink.newLink,
      flags: RTNetlink.create | RTNetlink.exclusive
    ) { payload in
      payload.interfaceInfo()
      payload.attribute(3, plan.containerName)
      payload.attribute(5, UInt32(parentIndex))  // IFLA_LINK
      // The others have the address of their parent.
      if case .macvlan(let mode) = link, mode != .passthru { payload.attribute(1, bytes: plan.macAddress.octets) }
      if let mtu = plan.mtu { payload.attribute(4, UInt32(mtu)) }
      payload.attribute(19, UInt32(bitPattern: pid))  // IFLA_NET_NS_PID
      payload.nested(18) { info in
        info.attribute(1, link.kind)
        info.nested(2) { data in
          switch link {
          case .macvlan(let mode): data.attribute(1, mode.number)  // IFLA_MACVLAN_MODE
          case .ipvlan(let mode, let flag):
            data.attribute(1, mode.number)  // IFLA_IPVLAN_MODE
            data.attribute(2, flag.number)  // IFLA_IPVLAN_FLAGS
          }
        }
      }
    }
  }

  static func setAlias(_ alias: String, of name: String) -> NetlinkRequest {
    NetlinkRequest("set alias of \(name)", type: RTNetlink.newLink) { payload in
      payload.interfaceInfo()
      payload.attribute(3, name)
      payload.attribute(20, bytes: Array(alias.utf8))
    }
  }

  /// What the kernel takes only from an existing port: the alias, and hairpin mode. Where br_netfilter is loaded, a
  /// container that reaches itself by its published port is bridged back out of the port it came in by.
  static func finishVeth(_ plan: VethPlan) -> NetlinkRequest {
    var request = setAlias(plan.alias, of: plan.hostName)
    request.payload.nested(18) { info in
      info.attribute(4, "bridge")  // IFLA_INFO_SLAVE_KIND
      info.nested(5) { data in  // IFLA_INFO_SLAVE_DATA
        data.attribute(4, UInt8(1))  // IFLA_BRPORT_MODE
        if plan.isIsolated { data.attribute(33, UInt8(1)) }  // IFLA_BRPORT_ISOLATED
      }
    }
    return request
  }

  /// Brings an existing bridge to its plan.
  static func adjustBridge(_ plan: BridgePlan, index: Int) -> NetlinkRequest {
    NetlinkRequest("adjust bridge \(plan.name)", type: RTNetlink.newLink) { payload in
      payload.interfaceInfo(index: Int32(index))
      if let mac = plan.macAddress { payload.attribute(1, bytes: mac.octets) }
      if let mtu = plan.mtu { payload.attribute(4, UInt32(mtu)) }
      payload.attribute(27, plan.group)
    }
  }

  static func setMTU(_ mtu: Int, index: Int, name: String) -> NetlinkRequest {
    NetlinkRequest("set mtu of \(name) to \(mtu)", type: RTNetlink.newLink) { payload in
      payload.interfaceInfo(index: Int32(index))
      payload.attribute(4, UInt32(mtu))
    }
  }

  static func setUp(index: Int, name: String) -> NetlinkRequest {
    NetlinkRequest("set \(name) up", type: RTNetlink.newLink) { payload in
      payload.interfaceInfo(index: Int32(index), flags: RTNetlink.up, change: RTNetlink.up)
    }
  }

  static func addAddress(
    _ address: IPv4Address, prefixLength: Int, index: Int, name: String, replace: Bool = false
  ) -> NetlinkRequest {
    let flags = RTNetlink.create | (replace ? RTNetlink.replace : RTNetlink.exclusive)
    return NetlinkRequest(
      "add address \(address)/\(prefixLength) to \(name)", type: RTNetlink.newAddress, flags: flags
    ) { payload in
      payload.append(RTNetlink.ipv4)
      payload.append(UInt8(prefixLength))
      payload.append(UInt16(0))  // flags, scope universe
      payload.append(UInt32(index))
      payload.attribute(2, bytes: address.octets)  // IFA_LOCAL
      payload.attribute(1, bytes: address.octets)  // IFA_ADDRESS
      if prefixLength < 31 {
        payload.attribute(4, bytes: IPv4Prefix(masking: address, prefixLength).last.octets)  // IFA_BROADCAST
      }
    }
  }

  /// Without the kernel's test for doubles (IFA_F_NODAD): who gives the addresses out knows, and the address is there at
  /// once, as it is on a bridge without carrier.
  static func addAddress(
    _ address: IPv6Address, prefixLength: Int, index: Int, name: String, isLinkLocal: Bool = false
  ) -> NetlinkRequest {
    NetlinkRequest(
      "add address \(address)/\(prefixLength) to \(name)", type: RTNetlink.newAddress,
      flags: RTNetlink.create | RTNetlink.replace
    ) { payload in
      payload.append(RTNetlink.ipv6)
      payload.append(UInt8(prefixLength))
      payload.append(UInt8(2))  // IFA_F_NODAD
      payload.append(UInt8(isLinkLocal ? 253 : 0))  // scope link or universe
      payload.append(UInt32(index))
      payload.attribute(2, bytes: address.octets)  // IFA_LOCAL
      payload.attribute(1, bytes: address.octets)  // IFA_ADDRESS
    }
  }

  /// One of 169.254.0.0/16 or fe80::/10, beside others.
  static func addLinkLocal(_ address: IPAddress, index: Int, name: String) -> NetlinkRequest {
    switch address {
    case .v6(let address):
      addAddress(address, prefixLength: 64, index: index, name: name, isLinkLocal: true)
    case .v4(let address):
      addAddress(address, prefixLength: 16, index: index, name: name, replace: true)
    }
  }

  static func addDefaultRoute(gateway: IPv6Address, index: Int, name: String) -> NetlinkRequest {
    NetlinkRequest(
      "add default route by \(gateway) on \(name)", type: RTNetlink.newRoute,
      flags: RTNetlink.create | RTNetlink.replace
    ) { payload in
      for byte: UInt8 in [RTNetlink.ipv6, 0, 0, 0, 254, 4, 0, 1] { payload.append(byte) }
      payload.append(UInt32(0))
      payload.attribute(5, bytes: gateway.octets)
      payload.attribute(4, UInt32(index))
    }
  }

  /// Of an interface that needs no neighbours: no gateway.
  static func addDefaultRoute(_ family: IPFamily, index: Int, name: String) -> NetlinkRequest {
    NetlinkRequest(
      "add default route on \(name)", type: RTNetlink.newRoute, flags: RTNetlink.create | RTNetlink.replace
    ) { payload in
      // Scope link: what is there is reached directly.
      for byte: UInt8 in [family.number, 0, 0, 0, 254, 4, family == .ipv4 ? 253 : 0, 1] { payload.append(byte) }
      payload.append(UInt32(0))
      payload.attribute(4, UInt32(index))
    }
  }

  static func addDefaultRoute(gateway: IPv4Address, index: Int, name: String) -> NetlinkRequest {
    NetlinkRequest(
      "add default route by \(gateway) on \(name)", type: RTNetlink.newRoute,
      flags: RTNetlink.create | RTNetlink.replace
    ) { payload in
      // family, destination length, source length, tos, table main, protocol static, scope universe, unicast
      for byte: UInt8 in [RTNetlink.ipv4, 0, 0, 0, 254, 4, 0, 1] { payload.append(byte) }
      payload.append(UInt32(0))
      payload.attribute(5, bytes: gateway.octets)
      payload.attribute(4, UInt32(index))
    }
  }

  static func delete(name: String) -> NetlinkRequest {
    NetlinkRequest("delete link \(name)", type: RTNetlink.deleteLink) { payload in
      payload.interfaceInfo()
      payload.attribute(3, name)
    }
  }

  static func delete(index: Int) -> NetlinkRequest {
    NetlinkRequest("delete link with index \(index)", type: RTNetlink.deleteLink) { payload in
      payload.interfaceInfo(index: Int32(index))
    }
  }

  /// All links of a group in one go: the kernel then waits for its grace period once, not once a link.
  static func delete(group: UInt32) -> NetlinkRequest {
    NetlinkRequest("delete links of group \(group)", type: RTNetlink.deleteLink) { payload in
      payload.interfaceInfo()
      payload.attribute(27, group)
    }
  }

  static func get(name: String) -> NetlinkRequest {
    NetlinkRequest("look up link \(name)", type: RTNetlink.getLink) { payload in
      payload.interfaceInfo()
      payload.attribute(3, name)
      payload.attribute(29, UInt32(8))  // IFLA_EXT_MASK: RTEXT_FILTER_SKIP_STATS
    }
  }

  static func get(index: Int) -> NetlinkRequest {
    NetlinkRequest("look up link \(index)", type: RTNetlink.getLink) { payload in
      payload.interfaceInfo(index: Int32(clamping: index))
      payload.attribute(29, UInt32(8))
    }
  }

  static var allLinks: NetlinkRequest {
    NetlinkRequest("list links", type: RTNetlink.getLink) { payload in
      payload.interfaceInfo()
      payload.attribute(29, UInt32(8))
    }
  }

  /// Of both families.
  static var allAddresses: NetlinkRequest {
    NetlinkRequest("list addresses", type: RTNetlink.getAddress) { payload in
      payload.append(UInt32(0))
      payload.append(UInt32(0))
    }
  }

  static func allRoutes(_ family: IPFamily) -> NetlinkRequest {
    NetlinkRequest("list routes", type: RTNetlink.getRoute) { payload in
      payload.append(UInt32(family.number))
      payload.append(UInt64(0))
    }
  }
}

extension NetlinkPayload {
  /// IFLA_NUM_TX_QUEUES, IFLA_NUM_RX_QUEUES.
  fileprivate mutating func oneQueue() {
    attribute(31, UInt32(1))
    attribute(32, UInt32(1))
  }
}

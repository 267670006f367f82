// Requests byte by byte as the kernel wants them, answers as it gives them (little-endian machines).
import ContainrAddresses
import Testing

@testable import ContainrNetwork

func hex(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

func bytes(_ hex: String) -> [UInt8] {
  let digits = hex.filter { !$0.isWhitespace }
  return stride(from: 0, to: digits.count, by: 2).map { offset in
    UInt8(digits.dropFirst(offset).prefix(2), radix: 16)!
  }
}

@Suite("netlink bytes") struct NetlinkBytesTests {
  @Test("a bridge is created with name, MAC, MTU, group and kind")
  func bridge() {
    let plan = BridgePlan(
      name: "cbr0", alias: "containr:x", address: IPv4Address(10, 89, 0, 1),
      prefix: IPv4Prefix("10.89.0.0/26"), mtu: 1400, group: 0x4321)
    let expected = """
      50000000 1000 0506 07000000 00000000  0000 0000 00000000 00000000 00000000
      0900 0300 6362723000 000000  0a00 0100 02430a590001 0000  0800 1b00 21430000
      1000 1200 0b00 0100 62726964676500 00
      """
    #expect(hex(LinkRequests.createBridge(plan).encoded(sequence: 7)) == hex(bytes(expected)))
  }

  @Test("a veth pair is created up, the near end in the bridge, the far end in the container")
  func veth() {
    let plan = VethPlan(
      hostName: "cv1", bridge: "cbr0", alias: "a", group: 9, macAddress: MACAddress(for: IPv4Address(10, 89, 0, 2)),
      address: IPv4Address(10, 89, 0, 2), prefixLength: 26, gateway: nil)
    let expected = """
      a0000000 1000 0506 01000000 00000000  0000 0000 00000000 01000000 01000000
      0800 0300 63763100  0800 1b00 09000000  0800 0a00 05000000  0800 1f00 01000000  0800 2000 01000000
      5800 1200  0900 0100 7665746800 000000  4800 0200  4400 0100
      0000 0000 00000000 00000000 00000000
      0900 0300 6574683000 000000  0a00 0100 02430a590002 0000  0800 1300 d2040000
      0800 1f00 01000000  0800 2000 01000000
      """
    #expect(hex(LinkRequests.createVeth(plan, bridgeIndex: 5, pid: 1234).encoded(sequence: 1)) == hex(bytes(expected)))
  }

  @Test("the near end gets its alias and hairpin mode when it is a port")
  func finishVeth() {
    let plan = VethPlan(
      hostName: "cv1", bridge: "cbr0", alias: "a", group: 9, macAddress: MACAddress(for: IPv4Address.any),
      address: .any,
      prefixLength: 26, gateway: nil)
    let expected = """
      4c000000 1000 0500 01000000 00000000  0000 0000 00000000 00000000 00000000
      0800 0300 63763100  0500 1400 61000000
      1c00 1200  0b00 0400 62726964676500 00  0c00 0500 0500 0400 01000000
      """
    #expect(hex(LinkRequests.finishVeth(plan).encoded(sequence: 1)) == hex(bytes(expected)))
  }

  @Test("an isolated port is told so")
  func isolated() {
    var plan = VethPlan(
      hostName: "cv1", bridge: "cbr0", alias: "a", group: 9, macAddress: MACAddress(for: IPv4Address.any),
      address: .any, prefixLength: 26, gateway: nil)
    plan.isIsolated = true
    let expected = """
      54000000 1000 0500 01000000 00000000  0000 0000 00000000 00000000 00000000
      0800 0300 63763100  0500 1400 61000000
      2400 1200  0b00 0400 62726964676500 00  1400 0500 0500 0400 01000000  0500 2100 01000000
      """
    #expect(hex(LinkRequests.finishVeth(plan).encoded(sequence: 1)) == hex(bytes(expected)))
  }

  @Test("an address of IPv6 is not looked for elsewhere, and its default route has its gateway")
  func addressAndRoute6() throws {
    let address = try #require(IPv6Address("fd00:1::2"))
    let added = """
      40000000 1400 0505 01000000 00000000  0a 40 02 00 03000000
      1400 0200 fd000001000000000000000000000002  1400 0100 fd000001000000000000000000000002
      """
    #expect(
      hex(LinkRequests.addAddress(address, prefixLength: 64, index: 3, name: "eth0").encoded(sequence: 1))
        == hex(bytes(added)))
    let routed = """
      38000000 1800 0505 01000000 00000000  0a 00 00 00 fe 04 00 01 00000000
      1400 0500 fd000001000000000000000000000001  0800 0400 03000000
      """
    let gateway = try #require(IPv6Address("fd00:1::1"))
    #expect(
      hex(LinkRequests.addDefaultRoute(gateway: gateway, index: 3, name: "eth0").encoded(sequence: 1))
        == hex(bytes(routed)))
  }

  @Test("an interface on one of the host's is made where its container is, with its mode")
  func subordinates() {
    var plan = VethPlan(
      hostName: "cv1", bridge: "eth7", alias: "a", group: 9, macAddress: MACAddress(for: IPv4Address(10, 89, 0, 2)),
      address: IPv4Address(10, 89, 0, 2), prefixLength: 26, gateway: nil)
    let macvlan = """
      64000000 1000 0506 01000000 00000000  0000 0000 00000000 00000000 00000000
      0900 0300 6574683000 000000  0800 0500 05000000  0a00 0100 02430a590002 0000  0800 1300 d2040000
      1c00 1200  0c00 0100 6d6163766c616e00  0c00 0200 0800 0100 04000000
      """
    #expect(
      hex(
        LinkRequests.createSubordinate(plan, .macvlan(.bridge), parentIndex: 5, pid: 1234).encoded(sequence: 1))
        == hex(bytes(macvlan)))
    plan.mtu = 1400
    let ipvlan = """
      68000000 1000 0506 01000000 00000000  0000 0000 00000000 00000000 00000000
      0900 0300 6574683000 000000  0800 0500 05000000  0800 0400 78050000  0800 1300 d2040000
      2400 1200  0b00 0100 6970766c616e00 00  1400 0200 0600 0100 0100 0000  0600 0200 0200 0000
      """
    #expect(
      hex(
        LinkRequests.createSubordinate(plan, .ipvlan(.l3, .vepa), parentIndex: 5, pid: 1234).encoded(sequence: 1))
        == hex(bytes(ipvlan)))
  }

  @Test("an address carries its broadcast, a default route its gateway and interface")
  func addressAndRoute() {
    let address = LinkRequests.addAddress(IPv4Address(10, 89, 0, 2), prefixLength: 26, index: 3, name: "eth0")
    #expect(
      hex(address.encoded(sequence: 1))
        == hex(
          bytes(
            """
            30000000 1400 0506 01000000 00000000  02 1a 00 00 03000000
            0800 0200 0a590002  0800 0100 0a590002  0800 0400 0a59003f
            """)))
    let route = LinkRequests.addDefaultRoute(gateway: IPv4Address(10, 89, 0, 1), index: 3, name: "eth0")
    #expect(
      hex(route.encoded(sequence: 1))
        == hex(
          bytes(
            """
            2c000000 1800 0505 01000000 00000000  02 00 00 00 fe 04 00 01 00000000
            0800 0500 0a590001  0800 0400 03000000
            """)))
  }

  @Test("a group is deleted by one request")
  func deleteGroup() {
    #expect(
      hex(LinkRequests.delete(group: 0x01020304).encoded(sequence: 2))
        == hex(
          bytes("28000000 1100 0500 02000000 00000000 0000 0000 00000000 00000000 00000000 0800 1b00 04030201")))
  }

  @Test("an ack carries the kernel's words, capped or not")
  func extendedAck() throws {
    let capped = bytes(
      """
      30000000 0200 0003 05000000 00000000  efffffff 20000000 1000 0506 05000000 00000000  0b00 0100 62757379217900 00
      """)
    let message = try #require(NetlinkMessage.parse(capped[...])?.first)
    let ack = try #require(message.acknowledgement)
    #expect(ack.errno == 17)
    #expect(ack.explanation == "busy!y")
    #expect(message.sequence == 5)
  }

  @Test("messages and attributes that reach over their end are refused", arguments: 0..<48)
  func truncated(length: Int) {
    let whole = bytes(
      """
      30000000 0200 0003 05000000 00000000  efffffff 20000000 1000 0506 05000000 00000000  0b00 0100 62757379217900 00
      """)
    // Whatever is cut, nothing traps; a header that promises more than there is gives nil.
    let parsed = NetlinkMessage.parse(whole[..<length])
    if length >= 16 { #expect(parsed == nil) }
    #expect(NetlinkBytes(bytes("ff00 0100 00")[...]).attributes() == nil)
    #expect(NetlinkBytes(bytes("0300 0100")[...]).attributes() == nil)
  }

  @Test("names that the kernel would refuse, and the host's own group, are refused before")
  func rules() {
    for name in ["", "sixteen-letters-", "a/b", "a b", ".."] {
      #expect(throws: NetworkError.self) { try LinkRules.check(name: name) }
    }
    #expect(throws: NetworkError.self) { try LinkRules.check(group: 0) }
  }
}

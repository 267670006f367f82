// IPv6 addresses and prefixes, and what is of either family: pure.
import ContainrAddresses
import Testing

@Suite("IPv6 addresses") struct IPv6Tests {
  @Test(
    "an address is written as RFC 5952 wants it, however it was given",
    arguments: [
      ("::", "::"), ("::1", "::1"), ("fd00::", "fd00::"), ("FD00:0:0:1::A", "fd00:0:0:1::a"),
      ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:0db8::0001", "2001:db8::1"),
      ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
      ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("::ffff:10.1.2.3", "::ffff:10.1.2.3"),
      ("::ffff:a01:203", "::ffff:10.1.2.3"), ("64:ff9b::10.1.2.3", "64:ff9b::a01:203"),
      ("0:0:1::", "0:0:1::"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
    ])
  func canonical(text: String, expected: String) throws {
    let address = try #require(IPv6Address(text))
    #expect(address.description == expected)
    #expect(IPv6Address(expected) == address)
    #expect(IPv6Address(octets: address.octets) == address)
  }

  @Test(
    "what is no address is refused",
    arguments: [
      "", ":", ":::", "1", "1:", ":1", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
      "::1:2:3:4:5:6:7:8", "12345::", "g::", "fe80::1%eth0", "[::1]", "::1/128", " ::1", "::1.2.3", "::1.2.3.4:5",
      "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4", "::+1",
    ])
  func refuses(text: String) { #expect(IPv6Address(text) == nil) }

  @Test("octets stand in the order of the wire")
  func octets() throws {
    let address = try #require(IPv6Address("102:304:506:708:90a:b0c:d0e:f10"))
    #expect(address.octets == Array(1...16))
    #expect(IPv6Address(octets: [1, 2, 3]) == nil)
  }

  @Test("an address knows which kind it is")
  func kinds() throws {
    func address(_ text: String) throws -> IPv6Address { try #require(IPv6Address(text)) }
    #expect(try address("fe80::1").isLinkLocal && address("febf::").isLinkLocal && !address("fec0::").isLinkLocal)
    #expect(try address("fd12::1").isUniqueLocal && address("fc00::").isUniqueLocal)
    #expect(try !address("fe80::").isUniqueLocal && !address("2001:db8::").isUniqueLocal)
    #expect(try address("ff02::1").isMulticast && !address("fd00::").isMulticast)
    #expect(try address("::1").isLoopback && !address("::2").isLoopback)
    #expect(try address("::ffff:1.2.3.4").mappedIPv4 == IPv4Address(1, 2, 3, 4))
    #expect(try address("::1.2.3.4").mappedIPv4 == nil)
    #expect(IPv6Address(mapping: IPv4Address(1, 2, 3, 4)) == IPv6Address("::ffff:1.2.3.4"))
  }

  @Test("the address that a host makes of its MAC is modified EUI-64")
  func eui64() throws {
    let mac = try #require(MACAddress("02:43:0a:59:00:02"))
    #expect(IPv6Address(in: .linkLocal, of: mac).description == "fe80::43:aff:fe59:2")
  }

  @Test("addresses sort by number")
  func order() throws {
    let texts = ["::1", "::a", "::10", "fd00::", "fd00::1", "fe80::"]
    #expect(texts.reversed().compactMap { IPv6Address($0) }.sorted().map(\.description) == texts)
  }
}

@Suite("IPv6 prefixes") struct IPv6PrefixTests {
  @Test("a prefix has no host bits, an interface address may")
  func prefixes() throws {
    #expect(IPv6Prefix("fd00::1/64") == nil)
    #expect(IPv6Prefix("fd00::") == nil)
    #expect(IPv6Prefix("fd00::/129") == nil)
    #expect(IPv6Prefix("fd00::/064") == nil)
    #expect(IPv6Prefix("::/0")?.last.description == "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
    let address = try #require(IPv6InterfaceAddress("fd00:1::77/64"))
    #expect(address.prefix == IPv6Prefix("fd00:1::/64"))
    #expect(address.description == "fd00:1::77/64")
    #expect(address.prefix.gateway == IPv6Address("fd00:1::1"))
    #expect(address.prefix.last == IPv6Address("fd00:1::ffff:ffff:ffff:ffff"))
    #expect(IPv6Prefix("fd00::7/128")?.gateway == IPv6Address("fd00::7"))
  }

  @Test("prefixes overlap when one holds the other")
  func overlaps() throws {
    let wide = try #require(IPv6Prefix("fd00::/8"))
    let narrow = try #require(IPv6Prefix("fd00:1::/64"))
    let other = try #require(IPv6Prefix("fd00:1:0:1::/64"))
    #expect(wide.overlaps(narrow) && narrow.overlaps(wide) && !narrow.overlaps(other))
    #expect(try #require(IPv6Prefix("::/0")).overlaps(other))
    #expect(try narrow.contains(#require(IPv6Address("fd00:1::ffff"))))
    #expect(try !narrow.contains(#require(IPv6Address("fd00:1:0:1::"))))
  }

  @Test("the routers' own address is no host's")
  func hosts() throws {
    let prefix = try #require(IPv6Prefix("fd00:1::/64"))
    #expect(!prefix.isHost(prefix.address) && prefix.isHost(prefix.gateway) && prefix.isHost(prefix.last))
    #expect(try !prefix.isHost(#require(IPv6Address("fd00:2::1"))))
  }

  @Test("a prefix is cut into numbered parts")
  func parts() throws {
    let prefix = try #require(IPv6Prefix("fd00:1::/48"))
    #expect(prefix.subnet(0, length: 64) == IPv6Prefix("fd00:1::/64"))
    #expect(prefix.subnet(0xffff, length: 64) == IPv6Prefix("fd00:1:0:ffff::/64"))
    #expect(prefix.subnet(0x10000, length: 64) == nil)
    #expect(prefix.subnet(0, length: 47) == nil)
    #expect(prefix.subnet(0, length: 48) == prefix)
    #expect(IPv6Prefix("::/0")?.subnet(7, length: 128) == IPv6Prefix("::7/128"))
  }
}

@Suite("addresses of either family") struct IPAddressTests {
  @Test("text tells the family")
  func families() {
    #expect(IPAddress("10.1.2.3") == .v4(IPv4Address(10, 1, 2, 3)))
    #expect(IPAddress("fd00::1")?.v6 == IPv6Address("fd00::1"))
    #expect(IPAddress("ten") == nil)
    #expect(IPAddress("10.1.2.3")?.family == .ipv4 && IPAddress("::")?.family == .ipv6)
    #expect(IPAddress("::")?.isAny == true && IPAddress("0.0.0.0")?.isAny == true)
    #expect(IPAddress("::1")?.bracketed == "[::1]" && IPAddress("1.2.3.4")?.bracketed == "1.2.3.4")
  }

  @Test("octets tell the family")
  func octets() throws {
    for text in ["10.1.2.3", "fd00::1"] {
      let address = try #require(IPAddress(text))
      #expect(IPAddress(octets: address.octets) == address)
    }
    #expect(IPAddress(octets: [1, 2, 3]) == nil)
  }

  @Test("IPv4 sorts before IPv6, and never lies in a prefix of it")
  func apart() throws {
    let (four, six) = (try #require(IPAddress("255.0.0.1")), try #require(IPAddress("::1")))
    #expect(four < six)
    let all = try (#require(IPPrefix("0.0.0.0/0")), #require(IPPrefix("::/0")))
    #expect(all.0.contains(four) && !all.0.contains(six) && all.1.contains(six) && !all.1.contains(four))
    #expect(!all.0.overlaps(all.1))
    #expect(IPPrefix(containing: six, length: 64) == IPPrefix("::/64"))
    #expect(IPPrefix(containing: four, length: 64) == nil)
  }
}

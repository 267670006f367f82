// IPv4 addresses, prefixes and Ethernet addresses: pure.
import ContainrAddresses
import Testing

@Suite("addresses") struct AddressTests {
  @Test("an address is four plain octets", arguments: ["10.89.0.1", "0.0.0.0", "255.255.255.255", "127.0.0.1"])
  func parses(text: String) throws {
    #expect(try #require(IPv4Address(text)).description == text)
  }

  @Test(
    "what other tools read in other ways is refused",
    arguments: [
      "", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1.2.3.-4", " 1.2.3.4", "1..2.3", "0x1.2.3.4", "1.2.3.4/8",
    ])
  func refuses(text: String) { #expect(IPv4Address(text) == nil) }

  @Test("a prefix has no host bits, an interface address may")
  func prefixes() throws {
    #expect(IPv4Prefix("10.89.0.1/26") == nil)
    #expect(IPv4Prefix("10.89.0.0") == nil)
    #expect(IPv4Prefix("10.89.0.0/33") == nil)
    #expect(IPv4Prefix("10.89.0.0/026") == nil)
    let address = try #require(IPv4InterfaceAddress("10.89.0.77/26"))
    #expect(address.prefix == IPv4Prefix("10.89.0.64/26"))
    #expect(address.description == "10.89.0.77/26")
    #expect(address.prefix.gateway == IPv4Address("10.89.0.65"))
    #expect(address.prefix.last == IPv4Address("10.89.0.127"))
  }

  @Test("prefixes overlap when one holds the other")
  func overlaps() throws {
    let wide = try #require(IPv4Prefix("10.0.0.0/8"))
    let narrow = try #require(IPv4Prefix("10.89.0.0/26"))
    let other = try #require(IPv4Prefix("10.89.0.64/26"))
    #expect(wide.overlaps(narrow) && narrow.overlaps(wide) && !narrow.overlaps(other))
    #expect(try #require(IPv4Prefix("0.0.0.0/0")).overlaps(other))
  }

  @Test("a MAC is read in both spellings and derived from an address")
  func macs() throws {
    #expect(MACAddress("02:43:0a:59:00:02") == MACAddress(for: IPv4Address(10, 89, 0, 2)))
    #expect(MACAddress("02-43-0A-59-00-02")?.description == "02:43:0a:59:00:02")
    #expect(MACAddress("02:43:0a:59:00") == nil)
    #expect(MACAddress("02:43:0a:59:00:+2") == nil)
    #expect(MACAddress("01:00:5e:00:00:01")?.isUnicast == false)
  }
}

// Counters of links: as the kernel lists them, as /proc shows them, and turned round.
import ContainrSystem
import Foundation
import Testing

@testable import ContainrNetwork

@Suite("counters of links") struct LinkCounterTests {
  @Test("the table of a network namespace is read whatever stands around the names")
  func table() {
    let text = """
      Inter-|   Receive                                                |  Transmit
       face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
          lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
        eth0:1000     10    1    2    0     0          0         0     2000      20    3    4    0     0       0          0
      """
    let table = LinkCounters.table(text)
    #expect(table.keys.sorted() == ["eth0", "lo"])
    #expect(
      table["eth0"]
        == LinkCounters(
          received: .init(bytes: 1000, packets: 10, errors: 1, drops: 2),
          sent: .init(bytes: 2000, packets: 20, errors: 3, drops: 4)))
    #expect(table["eth0"]?.turned.sent.bytes == 1000)
    #expect(LinkCounters.table("").isEmpty && LinkCounters.table("a: 1 2\nb 3").isEmpty)
  }

  @Test("counters that are cut short are none")
  func short() {
    #expect(LinkCounters(NetlinkBytes(ArraySlice([UInt8](repeating: 0, count: 63)))) == nil)
    let numbers = (1...8).flatMap { [UInt8($0)] + [UInt8](repeating: 0, count: 7) }
    let counters = LinkCounters(NetlinkBytes(ArraySlice(numbers)))
    #expect(
      counters
        == LinkCounters(
          received: .init(bytes: 3, packets: 1, errors: 5, drops: 7),
          sent: .init(bytes: 4, packets: 2, errors: 6, drops: 8)))
  }

  @Test("one list has all links, and what one end sends the other receives", .enabled(if: geteuid() == 0, "needs root"))
  func listed() throws {
    let host = try Namespace()
    let guest = try Guest()
    let driver = try host.run { try LinkDriver() }
    let plan = bridge("cbrc", 8)
    try driver.create(plan)
    try driver.attach([veth("cvc", on: plan, host: 2)], pid: guest.namespace.thread, netns: guest.descriptor.raw)
    let names = try driver.indexes(of: ["cvc", "cbrc", "nothing"])
    #expect(names.keys.sorted() == ["cbrc", "cvc"])
    let own = try #require(names["cvc"])
    func near() throws -> LinkCounters { try #require(try driver.counters()[own]) }
    // A hundred datagrams to nobody's port. Who looks for the neighbour may lose some.
    let before = try near()
    let socket = host.run { TestSocket(stream: false) }
    #expect(socket.connect("10.254.8.2", 9))
    for _ in 0..<100 { socket.send([UInt8](repeating: 1, count: 1000)) }
    let after = try near()
    let sent = after.sent.bytes - before.sent.bytes
    #expect(sent >= 80 * 1042 && sent < 110 * 1042, "\(sent)")
    let index = try #require(try guest.links.indexes(of: ["eth0"])["eth0"])
    let far = try #require(try guest.links.counters()[index])
    #expect(far.received.bytes >= sent && far.turned.sent.bytes == far.received.bytes)
  }
}

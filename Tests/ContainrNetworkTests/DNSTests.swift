// DNS messages and the responder: pure.
import ContainrAddresses
import Testing

@testable import ContainrNetwork

/// A query for one name.
func query(_ name: String, type: UInt16 = 1, id: UInt16 = 0x1234, edns: UInt16? = nil) -> [UInt8] {
  var message = DNSMessage(id: id, flags: 0x0100)
  message.questions = [DNSMessage.Question(name: DNSName(name)!, type: type, recordClass: 1)]
  message.ednsSize = edns
  return message.encoded()
}

func ip(_ text: String) -> IPAddress { IPAddress(text)! }

@Suite("DNS messages") struct DNSMessageTests {
  @Test("an answer is compressed against its question")
  func golden() {
    var message = DNSMessage(id: 0x1234, flags: 0x8580)
    let name = DNSName("Web.shop")!
    message.questions = [DNSMessage.Question(name: name, type: 1, recordClass: 1)]
    message.answers = [DNSMessage.Record(name: name, type: 1, recordClass: 1, ttl: 2, data: [10, 89, 0, 2])]
    #expect(
      hex(message.encoded())
        == hex(
          bytes(
            """
            1234 8580 0001 0001 0000 0000  03 576562 04 73686f70 00 0001 0001
            c00c 0001 0001 00000002 0004 0a590002
            """)))
    #expect(DNSMessage(parsing: message.encoded()) == message)
  }

  @Test("a query is taken apart in one pass, and no cut or noise of it traps", arguments: 0..<60)
  func queries(length: Int) throws {
    let whole = query("Web.Shop", type: 28, edns: 4096)
    let taken = try #require(DNSQuery(whole))
    #expect(taken.name == "web.shop" && taken.type == 28 && taken.recordClass == 1 && taken.ednsSize == 4096)
    #expect(taken.end == 12 + 10 + 4)
    if (12..<whole.count).contains(length) { #expect(DNSQuery(Array(whole.prefix(length))) == nil) }
    var noise = whole
    for index in noise.indices { noise[index] = noise[index] &* 31 &+ UInt8(truncatingIfNeeded: length &* index) }
    _ = DNSQuery(noise)
    #expect(DNSQuery(bytes("0001 0100 0001 0000 0000 0000 c00c 0001 0001")) == nil)
  }

  @Test("EDNS is read and answered")
  func edns() throws {
    let message = try #require(DNSMessage(parsing: query("web", edns: 4096)))
    #expect(message.ednsSize == 4096)
    #expect(hex(query("web", edns: 4096).suffix(11)) == "0000291000000000000000")
  }

  @Test("pointers that lead forward, to themselves or in a circle are refused")
  func loops() {
    for name in ["c00c", "c00e 0000", "0161 c00c", "c0ff", "c0", "40", "3f6162", "0361"] {
      let message = bytes("0001 0100 0001 0000 0000 0000") + bytes(name) + bytes("0001 0001")
      #expect(DNSMessage(parsing: message) == nil, "\(name)")
    }
  }

  @Test("a name of more than 255 bytes or a label of more than 63 is none")
  func lengths() {
    #expect(DNSName(String(repeating: "a", count: 64)) == nil)
    #expect(DNSName(Array(repeating: "abc", count: 63).joined(separator: ".")) != nil)
    #expect(DNSName(Array(repeating: "abc", count: 64).joined(separator: ".")) == nil)
    #expect(DNSName("a..b") == nil)
  }

  @Test("no cut of a message traps", arguments: 0..<60)
  func cuts(length: Int) {
    let whole = query("web.shop.example", edns: 1232)
    if length < whole.count { #expect(DNSMessage(parsing: Array(whole.prefix(length))) == nil) }
    var noise = whole
    for index in noise.indices { noise[index] = noise[index] &* 31 &+ UInt8(truncatingIfNeeded: length &* index) }
    _ = DNSMessage(parsing: noise)
  }

  @Test("what does not fit is left out and marked")
  func truncation() throws {
    var message = DNSMessage(id: 1, flags: 0x8000)
    message.questions = [DNSMessage.Question(name: DNSName("web")!, type: 1, recordClass: 1)]
    message.answers = (0..<100).map {
      DNSMessage.Record(name: DNSName("web")!, type: 1, recordClass: 1, ttl: 0, data: [10, 0, 0, UInt8($0)])
    }
    let short = message.encoded(limit: 512)
    #expect(short.count <= 512)
    let parsed = try #require(DNSMessage(parsing: short))
    #expect(parsed.flags & 0x0200 != 0)
    #expect(parsed.answers.count == 30)
  }
}

@Suite("DNS responder") struct DNSResponderTests {
  let responder = DNSResponder(
    prefixes: [IPPrefix("10.89.0.0/26")!, IPPrefix("fd00:89::/64")!],
    zone: DNSZone([
      "web": [ip("10.89.0.3"), ip("10.89.0.2")], "shop-web-1": [ip("10.89.0.2")],
      "Db": [ip("10.89.0.4")],
    ]),
    forwards: true)
  let member = ip("10.89.0.2")

  func answer(_ query: [UInt8], rotation: Int = 0) throws -> DNSMessage {
    guard case .answer(let bytes) = responder.verdict(on: query, from: member, rotation: rotation) else {
      throw NetworkError.malformed("no answer")
    }
    return try #require(DNSMessage(parsing: bytes))
  }

  @Test("all addresses of a name are given, the first one in turn")
  func rotation() throws {
    #expect(try answer(query("WEB")).answers.map(\.data) == [[10, 89, 0, 2], [10, 89, 0, 3]])
    #expect(try answer(query("web"), rotation: 1).answers.map(\.data) == [[10, 89, 0, 3], [10, 89, 0, 2]])
    #expect(try answer(query("db")).answers.map(\.data) == [[10, 89, 0, 4]])
  }

  @Test("a known name without such records is an empty answer, not a denial, and says how long that may be kept")
  func noData() throws {
    let message = try answer(query("web", type: 28))
    #expect(message.code == .noError)
    #expect(message.answers.isEmpty)
    #expect(message.authorities.map(\.type) == [DNSType.authority])
    #expect(message.authorities.first?.name == DNSName("web"))
    #expect(message.authorities.first?.ttl == 2)
  }

  @Test("each family has its own record, ANY has both")
  func families() throws {
    let zone = DNSZone(["web": [ip("10.89.0.2"), ip("fd00:89::2")]])
    let both = DNSResponder(prefixes: responder.prefixes, zone: zone, forwards: true)
    func data(_ type: UInt16) throws -> [[UInt8]] {
      guard case .answer(let bytes) = both.verdict(on: query("web", type: type), from: ip("fd00:89::9")) else {
        throw NetworkError.malformed("no answer")
      }
      return try #require(DNSMessage(parsing: bytes)).answers.map(\.data)
    }
    #expect(try data(DNSType.a) == [[10, 89, 0, 2]])
    #expect(try data(DNSType.aaaa) == [ip("fd00:89::2").octets])
    #expect(try data(DNSType.any).count == 2)
    let name = "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.9.8.0.0.0.0.d.f.ip6.arpa"
    guard case .answer(let bytes) = both.verdict(on: query(name, type: 12), from: member) else {
      throw NetworkError.malformed("no answer")
    }
    #expect(DNSMessage(parsing: bytes)?.answers.map(\.data) == [[3] + Array("web".utf8) + [0]])
  }

  @Test("a port with a name has an SRV record, with the addresses of who offers it")
  func services() throws {
    let zone = DNSZone(
      ["web": [ip("10.89.0.2")], "shop-web-1": [ip("10.89.0.2")]],
      services: ["_http._tcp.web": [DNSService(port: 8080, target: "shop-web-1")]])
    let offering = DNSResponder(prefixes: responder.prefixes, zone: zone, forwards: true)
    func ask(_ name: String) throws -> DNSMessage {
      guard case .answer(let bytes) = offering.verdict(on: query(name, type: 33), from: member) else {
        throw NetworkError.malformed("no answer")
      }
      return try #require(DNSMessage(parsing: bytes))
    }
    let found = try ask("_HTTP._tcp.web")
    #expect(found.answers.map(\.data) == [[0, 0, 0, 0, 0x1f, 0x90, 10] + Array("shop-web-1".utf8) + [0]])
    #expect(found.additional.map(\.data) == [[10, 89, 0, 2]])
    #expect(found.additional.map(\.name) == [DNSName("shop-web-1")!])
    // What stands behind a name of ours is nobody else's affair.
    #expect(try ask("_other._tcp.web").code == .noSuchName)
    #expect(offering.verdict(on: query("_http._tcp.example.com", type: 33), from: member) == .forward)
  }

  @Test("an address answers to its name, a free one of our network to none")
  func reverse() throws {
    let message = try answer(query("2.0.89.10.in-addr.arpa", type: 12))
    #expect(message.answers.map(\.data) == [[10] + Array("shop-web-1".utf8) + [0]])
    #expect(try answer(query("9.0.89.10.in-addr.arpa", type: 12)).code == .noSuchName)
    #expect(responder.verdict(on: query("1.1.1.1.in-addr.arpa", type: 12), from: member) == .forward)
  }

  @Test("an address of another network of the asker's answers to its name, and is nobody else's affair")
  func neighbours() throws {
    let around = DNSNeighbours(prefixes: [IPPrefix("10.90.0.0/24")!], names: [ip("10.90.0.9"): "shop-db-1"])
    let responder = DNSResponder(
      prefixes: responder.prefixes, zone: DNSZone(["web": [member]], neighbours: [member: around]), forwards: true)
    func ask(_ last: Int, from asker: IPAddress) -> DNSVerdict {
      responder.verdict(on: query("\(last).0.90.10.in-addr.arpa", type: 12), from: asker)
    }
    guard case .answer(let known) = ask(9, from: member), case .answer(let free) = ask(8, from: member) else {
      throw NetworkError.malformed("no answer")
    }
    #expect(DNSMessage(parsing: known)?.answers.map(\.data) == [[9] + Array("shop-db-1".utf8) + [0]])
    #expect(DNSMessage(parsing: free)?.code == .noSuchName)
    #expect(ask(9, from: ip("10.89.0.3")) == .forward, "who is not on it")
  }

  @Test("a personal name is answered to its asker alone")
  func personal() {
    let other = ip("10.89.0.3")
    let zone = DNSZone(["web": [member]], personal: [member: ["database": [ip("10.90.0.9")]]])
    let responder = DNSResponder(
      prefixes: [IPPrefix("10.89.0.0/26")!, IPPrefix("fd00:89::/64")!], zone: zone, forwards: true)
    guard case .answer(let bytes) = responder.verdict(on: query("database"), from: member) else {
      Issue.record("no answer")
      return
    }
    #expect(DNSMessage(parsing: bytes)?.answers.map(\.data) == [[10, 90, 0, 9]])
    #expect(responder.verdict(on: query("database"), from: other) == .forward)
  }

  @Test("other names are forwarded, or denied where nobody is to be asked")
  func others() throws {
    #expect(responder.verdict(on: query("example.com"), from: member) == .forward)
    var alone = responder
    alone.forwards = false
    guard case .answer(let bytes) = alone.verdict(on: query("example.com"), from: member) else {
      throw NetworkError.malformed("no answer")
    }
    #expect(DNSMessage(parsing: bytes)?.code == .noSuchName)
  }

  @Test("strangers, answers and scraps get nothing")
  func drops() {
    #expect(responder.verdict(on: query("web"), from: ip("10.89.0.66")) == .drop)
    #expect(responder.verdict(on: bytes("0001 8000 0000 0000 0000 0000"), from: member) == .drop)
    #expect(responder.verdict(on: [0, 1, 1], from: member) == .drop)
  }

  @Test("two questions are malformed, an update is not implemented")
  func failures() throws {
    #expect(try answer(bytes("0001 0100 0002 0000 0000 0000")).code == .malformed)
    var update = query("web")
    update[2] = 0x28
    #expect(try answer(update).code == .notImplemented)
  }

  @Test("an answer to a UDP client is no larger than it asked for")
  func limits() throws {
    var many = responder
    many.zone = DNSZone(["all": (0..<60).map { ip("10.89.1.\($0)") }])
    for (edns, limit) in [(nil, 512), (4096, 1232)] as [(UInt16?, Int)] {
      guard case .answer(let bytes) = many.verdict(on: query("all", edns: edns), from: member) else {
        throw NetworkError.malformed("no answer")
      }
      #expect(bytes.count <= limit)
    }
  }
}

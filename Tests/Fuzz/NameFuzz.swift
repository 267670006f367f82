// What members send to the name server, and what must hold of every answer.
import ContainrAddresses

enum NameFuzz {
  private static let responder = DNSResponder(
    prefixes: [.v4(IPv4Prefix("10.89.0.0/26")!), .v6(IPv6Prefix("fd00:89::/64")!)],
    zone: DNSZone(
      ["web": (2...60).map { .v4(IPv4Address(10, 89, 0, $0)) }, "db": [.v6(IPv6Address("fd00:89::4")!)]],
      services: ["_http._tcp.web": (1...80).map { DNSService(port: $0, target: "web") }]),
    forwards: false)

  static func query(_ bytes: [UInt8]) {
    var stream = bytes
    for message in DNSFrame.take(&stream) { check(message) }
    check(bytes)
  }

  private static func check(_ message: [UInt8]) {
    for overTCP in [false, true] {
      let verdict = responder.verdict(on: message, from: .v4(IPv4Address(10, 89, 0, 2)), overTCP: overTCP)
      guard case .answer(let answer) = verdict else { continue }
      if answer.count > (overTCP ? 65535 : 1232) { fatalError("an answer of \(answer.count) bytes") }
      if DNSFrame.wrap(answer) == nil { fatalError("no length for it") }
      if answer[..<2] != message[..<2] || answer[2] & 0x80 == 0 { fatalError("no answer to this query") }
      // A query may have no records: then ours are all of it, and it has to be whole.
      if answer[5] == 1, answer[2] & 0x02 == 0, DNSQuery(answer) == nil { fatalError("the answer cannot be read") }
    }
  }
}

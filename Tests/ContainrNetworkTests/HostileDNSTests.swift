// What members and resolvers may send to the name server, which runs in the supervisor: nothing of it may end that, or
// take more of it than its own length.
import CContainrLinux
import ContainrAddresses
import Foundation
import Synchronization
import Testing

@testable import ContainrNetwork

/// Questions that point into the data of a label, where no name was ever written: put together anew without pointers
/// they are many times as long.
private func pointingQuestions() -> [UInt8] {
  var message: [UInt8] = [0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  message += [63] + [UInt8](repeating: 62, count: 63) + [0, 0, 1, 0, 1]
  var count = 1
  while message.count < 0x4010 {
    message += [0xc0, 12, 0, 1, 0, 1]
    count += 1
  }
  while message.count + 6 <= 0xffff {
    message += [0xc0, 13, 0, 1, 0, 1]
    count += 1
  }
  message[4] = UInt8(count >> 8)
  message[5] = UInt8(count & 255)
  return message
}

/// The same chance each time.
private struct Chance: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state ^ state >> 29) &* 0x9e37_79b9_7f4a_7c15
  }
}

@Suite("hostile DNS") struct HostileDNSTests {
  let responder = DNSResponder(
    prefixes: [IPPrefix("127.0.0.0/8")!],
    zone: DNSZone(
      ["web": (1...200).map { ip("127.0.1.\($0)") }],
      services: ["_http._tcp.web": (1...200).map { DNSService(port: $0, target: "web") }]),
    forwards: true)

  @Test("what is no query is not repeated: ten thousand questions get an empty refusal")
  func manyQuestions() {
    let message = pointingQuestions()
    #expect(message.count > 65500)
    let refusal: [UInt8] = [0, 1, 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0]
    #expect(responder.verdict(on: message, from: ip("127.0.0.1"), overTCP: true) == .answer(refusal))
    #expect(DNSResponder.failure(.malformed, to: message) == refusal)
  }

  @Test("a failure repeats the question of a query, and says our size where the query says one")
  func failures() throws {
    for edns in [nil, 4096] as [UInt16?] {
      let failure = try #require(
        DNSMessage(parsing: DNSResponder.failure(.serverFailure, to: query("Web.shop", id: 77, edns: edns))))
      #expect(failure.id == 77 && failure.isResponse && failure.code == .serverFailure)
      #expect(failure.questions.map(\.name.description) == ["Web.shop"])
      #expect(failure.ednsSize == (edns == nil ? nil : 1232))
      #expect(failure.flags & 0x0400 == 0, "a failure is nobody's authority")
    }
  }

  @Test("no noise traps, and no answer is longer than its transport allows", arguments: 0..<8)
  func noise(seed: Int) {
    var chance = Chance(state: UInt64(seed) &* 7919 &+ 1)
    let seeds = [
      query("web", type: 255), query("_http._tcp.web", type: 33, edns: 65535),
      query("1.1.0.127.in-addr.arpa", type: 12),
      query("example.com", edns: 0), Array(pointingQuestions().prefix(2048)),
    ]
    for _ in 0..<2000 {
      var message = seeds.randomElement(using: &chance)!
      for _ in 0..<Int.random(in: 0...4, using: &chance) {
        let place = Int.random(in: 0..<message.count, using: &chance)
        switch Int.random(in: 0..<4, using: &chance) {
        case 0: message[place] = UInt8.random(in: 0...255, using: &chance)
        case 1: message = Array(message.prefix(max(place, 12)))
        case 2: message.insert(contentsOf: message.suffix(message.count - place), at: place)
        default: message[min(place, message.count - 1)] = [0, 0x3f, 0xc0, 0xff].randomElement(using: &chance)!
        }
      }
      for overTCP in [false, true] {
        guard case .answer(let bytes) = responder.verdict(on: message, from: ip("127.0.0.1"), overTCP: overTCP) else {
          continue
        }
        #expect(bytes.count <= (overTCP ? 65535 : 1232), "\(message)")
        #expect(Array(bytes.prefix(2)) == Array(message.prefix(2)) && bytes[2] & 0x80 != 0)
        #expect(DNSMessage(parsing: bytes) != nil, "\(message)")
      }
    }
  }

  @Test("frames are taken as they come, and none is longer than its length can say")
  func frames() {
    var bytes: [UInt8] = [0, 0, 0, 1, 7, 0, 2, 8]
    #expect(DNSFrame.take(&bytes) == [[], [7]])
    #expect(bytes == [0, 2, 8])
    bytes.append(9)
    #expect(DNSFrame.take(&bytes) == [[8, 9]] && bytes.isEmpty)
    #expect(DNSFrame.wrap([UInt8](repeating: 0, count: 0xffff))?.count == 0x10001)
    #expect(DNSFrame.wrap([UInt8](repeating: 0, count: 0x10000)) == nil)
  }
}

extension DNSServerTests {
  @Test("no TCP client and no datagram ends the server: it answers the next one")
  func hostileClients() throws {
    let port = try freePort()
    let server = try server(port)
    let loop = Loop(server)
    defer { loop.stop() }
    let message = pointingQuestions()
    let frame = [UInt8(message.count >> 8), UInt8(message.count & 255)] + message
    let streams: [[UInt8]] = [
      frame, [UInt8](repeating: 0, count: 65000), [0xff, 0xff, 1], Array(frame.prefix(40000)), [0, 1, 0, 0, 2, 0, 0],
    ]
    for stream in streams {
      let socket = TestSocket()
      try #require(socket.connect("127.0.0.1", port))
      socket.send(stream)
      if stream == frame {
        #expect(socket.receive() == [0, 12, 0, 1, 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0])
      }
      #expect(askOverTCP(port, [query("web", id: 3)]).first??.answers.map(\.data) == [[127, 0, 0, 9]])
    }
    let datagrams = TestSocket(stream: false)
    try #require(datagrams.connect("127.0.0.1", port))
    for datagram in [[], [0], Array(message.prefix(2048)), Array(message.prefix(9000))] as [[UInt8]] {
      datagrams.send(datagram)
      #expect(ask(port, query("web", id: 4))?.answers.map(\.data) == [[127, 0, 0, 9]])
    }
    #expect(loop.failure == nil)
  }

  @Test("only the answer to the question that was asked comes back, whatever else a resolver sends before it")
  func hostileResolver() throws {
    let upstream = TestSocket(stream: false)
    try #require(upstream.bind("127.0.0.1", 0))
    let port = try freePort()
    let server = try server(port, upstreams: [DNSUpstream(ip("127.0.0.1"), port: upstream.port)])
    let loop = Loop(server)
    defer { loop.stop() }
    // Each is sent before the good one.
    let lies: [@Sendable ([UInt8]) -> [UInt8]] = [
      { [$0[0] ^ 1] + $0[1...] },
      { Array($0[..<2]) + query("examplf.com")[2...] },
      { Array($0[..<2]) + pointingQuestions()[2...9000] },
      { Array($0[..<11]) },
    ]
    for lie in lies {
      Thread {
        _ = upstream.serve { asked in
          var lied = lie(asked)
          if lied.count > 2 { lied[2] |= 0x80 }
          var honest = asked
          honest[2] |= 0x80
          return [lied, honest]
        }
      }.start()
      let answer = ask(port, query("EXAMPLE.com", id: 9))
      #expect(answer?.id == 9 && answer?.questions.map(\.name) == [DNSName("example.com")!])
    }
    #expect(loop.failure == nil)
  }

  @Test("one member has no more than its share of what waits for resolvers, and others have theirs")
  func shareOfForwards() throws {
    // Hears all, and says nothing.
    let upstream = TestSocket(stream: false)
    try #require(upstream.bind("127.0.0.1", 0))
    let port = try freePort()
    let server = try server(port, upstreams: [DNSUpstream(ip("127.0.0.1"), port: upstream.port)])
    let loop = Loop(server)
    defer { loop.stop() }
    func socket(_ address: String) throws -> TestSocket {
      let socket = TestSocket(stream: false)
      try #require(socket.bind(address, 0) && socket.connect("127.0.0.1", port))
      return socket
    }
    var refused = 0
    // Two seconds a question waits: on a machine that stood still meanwhile another member asks again.
    for number in 0..<10 {
      let (greedy, begin) = (try socket("127.0.0.\(10 + number)"), Date())
      refused = 0
      // More than all members may have together.
      for id in 0..<300 {
        greedy.send(query("a\(id).example", id: UInt16(id)))
        if id >= 32, greedy.receive().flatMap({ DNSMessage(parsing: $0) })?.code == .serverFailure { refused += 1 }
        if id > 40, refused == 0 { break }
      }
      if begin.timeIntervalSinceNow > -1.5 { break }
      usleep(2_000_000)
    }
    #expect(refused == 300 - 32, "who asks for too much hears so at once")
    while upstream.receive(waiting: false) != nil {}
    try socket("127.0.0.3").send(query("honest.example"))
    var heard = false
    for _ in 0..<64 where !heard {
      heard = upstream.receive().flatMap { DNSMessage(parsing: $0) }?.questions.first?.name == DNSName("honest.example")
    }
    #expect(heard, "another member's question is on its way")
  }

  @Test("one member has no more than its share of the connections")
  func shareOfConnections() throws {
    let port = try freePort()
    let server = try server(port)
    let loop = Loop(server)
    defer { loop.stop() }
    let held = (0..<40).map { _ in TestSocket() }
    for socket in held { try #require(socket.bind("127.0.0.2", 0) && socket.connect("127.0.0.1", port)) }
    var answered = 0
    for socket in held {
      let query = query("web")
      socket.send([0, UInt8(query.count)] + query)
      if socket.receive() != nil { answered += 1 }
    }
    #expect(answered == 4)
    #expect(askOverTCP(port, [query("web")]).first??.answers.count == 1, "another member")
  }

  /// One whose connections and clock are the test's.
  private func server(
    _ port: UInt16, idle: UInt64 = 10_000_000_000, accept: @escaping @Sendable (Int32) -> Int32
  ) throws -> DNSServer {
    try DNSServer(
      [ip("127.0.0.1")], [#require(IPPrefix("127.0.0.0/8"))], DNSZone(["web": [ip("127.0.0.9")]]), nil, port,
      idle: idle, accept: accept)
  }

  @Test("who sends byte by byte is not waited for: a whole question in its time, or the connection ends")
  func slowClient() throws {
    let port = try freePort()
    let server = try server(port, idle: 1_000_000_000) { cl_accept4($0, 0o2004000) }
    let loop = Loop(server)
    defer { loop.stop() }
    let socket = TestSocket()
    try #require(socket.connect("127.0.0.1", port))
    let begin = Date()
    while !socket.hasEnded, begin.timeIntervalSinceNow > -60 {
      socket.send([0xff])
      usleep(100_000)
    }
    #expect(begin.timeIntervalSinceNow > -60, "it was let go on for ever")
  }

  @Test("a listener that finds no descriptor for its client rests, and serves it when there is one")
  func noDescriptors() throws {
    let port = try freePort()
    let calls = Mutex(0)
    let isFull = Mutex(true)
    let server = try server(port) { listener in
      calls.withLock { $0 += 1 }
      return isFull.withLock { $0 } ? -24 : cl_accept4(listener, 0o2004000)
    }
    let loop = Loop(server)
    defer { loop.stop() }
    let begin = Date()
    let socket = TestSocket()
    try #require(socket.connect("127.0.0.1", port))
    let query = query("web")
    socket.send([0, UInt8(query.count)] + query)
    while calls.withLock({ $0 }) == 0, begin.timeIntervalSinceNow > -60 { usleep(10_000) }
    usleep(700_000)
    let count = calls.withLock { $0 }
    // One at once, and one a tick of a quarter of a second.
    let ticks = -begin.timeIntervalSinceNow / 0.25
    #expect(count >= 1 && Double(count) <= 5 + ticks, "\(count) in \(ticks) ticks")
    isFull.withLock { $0 = false }
    #expect(socket.receive() != nil)
    #expect(loop.failure == nil)
  }
}

// The name server over real sockets on 127.0.0.1, driven by an outer epoll as the supervisor does it.
import ContainrAddresses
import CContainrLinux
import ContainrSystem
import Foundation
import Synchronization
import SystemPackage
import Testing

@testable import ContainrNetwork

@Suite("name server") struct DNSServerTests {
  /// Drives a server until `stop`, on a thread of its own.
  final class Loop: @unchecked Sendable {
    private let lock = NSLock()
    private var stopped = false
    private let ended = DispatchSemaphore(value: 0)
    private(set) var failure: (any Error)?

    init(_ server: DNSServer) {
      Thread { [self] in
        do {
          let outer = try EventPoll()
          try outer.add(server.descriptor, token: 1)
          while !lock.withLock({ stopped }) {
            if try !outer.wait(milliseconds: 20).isEmpty { try server.handle() }
          }
        } catch { failure = error }
        ended.signal()
      }.start()
    }

    func stop() {
      lock.withLock { stopped = true }
      ended.wait()
    }
  }

  private static let given = Mutex<Set<UInt16>>([])

  /// A port of loopback that nobody has for either transport, and that no other test here was given.
  func freePort() throws -> UInt16 {
    for _ in 0..<100 {
      let (probe, other) = (TestSocket(stream: true), TestSocket(stream: false))
      try #require(probe.bind("127.0.0.1", 0))
      let port = probe.port
      if other.bind("127.0.0.1", port), Self.given.withLock({ $0.insert(port).inserted }) { return port }
    }
    throw SyscallError(errno: 98, operation: "bind", detail: "no free port")
  }

  func server(_ port: UInt16, prefix: String = "127.0.0.0/8", upstreams: [DNSUpstream] = []) throws -> DNSServer {
    try DNSServer(
      gateways: [ip("127.0.0.1")], prefixes: [#require(IPPrefix(prefix))], zone: DNSZone(["web": [ip("127.0.0.9")]]),
      resolvers: upstreams.isEmpty ? nil : DNSUpstreamFile(fixed: upstreams), port: port)
  }

  func ask(_ port: UInt16, _ bytes: [UInt8], patience: Int = 20) -> DNSMessage? {
    let socket = TestSocket(stream: false, seconds: patience)
    guard socket.connect("127.0.0.1", port) else { return nil }
    socket.send(bytes)
    return socket.receive().flatMap { DNSMessage(parsing: $0) }
  }

  func askOverTCP(_ port: UInt16, _ queries: [[UInt8]], patience: Int = 20) -> [DNSMessage?] {
    let socket = TestSocket(seconds: patience)
    guard socket.connect("127.0.0.1", port) else { return [] }
    // In one piece and then byte by byte: frames need not arrive as they were sent.
    let all = queries.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 255)] + $0 }
    socket.send(Array(all.prefix(1)))
    socket.send(Array(all.dropFirst()))
    var received: [UInt8] = []
    var answers: [DNSMessage?] = []
    while answers.count < queries.count {
      guard let more = socket.receive() else { break }
      received += more
      while received.count >= 2, received.count >= 2 + Int(received[0]) << 8 + Int(received[1]) {
        let length = Int(received[0]) << 8 + Int(received[1])
        answers.append(DNSMessage(parsing: Array(received[2..<2 + length])))
        received.removeFirst(2 + length)
      }
    }
    return answers
  }

  @Test("known names are answered by UDP and TCP, unknown ones do not exist without upstreams")
  func answers() throws {
    let port = try freePort()
    let server = try server(port)
    let loop = Loop(server)
    defer { loop.stop() }
    #expect(ask(port, query("web", id: 7))?.answers.map(\.data) == [[127, 0, 0, 9]])
    #expect(ask(port, query("example.com"))?.code == .noSuchName)
    let both = askOverTCP(port, [query("web", id: 1), query("other", id: 2)])
    #expect(both.map { $0?.id } == [1, 2])
    #expect(both.first??.answers.count == 1)
    server.update(zone: DNSZone(["web": []]))
    #expect(ask(port, query("web"))?.answers.isEmpty == true)
  }

  @Test("new names are made when somebody asks, once, and only the last ones")
  func late() throws {
    let port = try freePort()
    let server = try server(port)
    let loop = Loop(server)
    defer { loop.stop() }
    let made = Counter()
    for octet in UInt8(1)...50 {
      let address = IPAddress.v4(IPv4Address(127, 0, 1, octet))
      server.update(zone: Self.zone(address, counting: made))
    }
    #expect(made.number.load(ordering: .sequentiallyConsistent) == 0)
    for _ in 0..<3 { #expect(ask(port, query("web"))?.answers.map(\.data) == [[127, 0, 1, 50]]) }
    #expect(askOverTCP(port, [query("web")]).first??.answers.count == 1)
    #expect(made.number.load(ordering: .sequentiallyConsistent) == 1)
  }

  private final class Counter: Sendable {
    let number = Atomic<Int>(0)
  }

  private static func zone(_ address: IPAddress, counting made: Counter) -> DNSZone {
    made.number.add(1, ordering: .sequentiallyConsistent)
    return DNSZone(["web": [address]])
  }

  @Test("who is not of this network hears nothing")
  func strangers() throws {
    let port = try freePort()
    let server = try server(port, prefix: "10.89.0.0/26")
    let loop = Loop(server)
    defer { loop.stop() }
    #expect(ask(port, query("web"), patience: 1) == nil)
    #expect(askOverTCP(port, [query("web")], patience: 1).isEmpty)
  }

  @Test("other names go upstream under another id, past a resolver that is dead")
  func forwarding() throws {
    let upstream = TestSocket(stream: false)
    try #require(upstream.bind("127.0.0.1", 0))
    let dead = try freePort()
    let port = try freePort()
    let server = try server(
      port, upstreams: [DNSUpstream(ip("127.0.0.1"), port: dead), DNSUpstream(ip("127.0.0.1"), port: upstream.port)])
    let loop = Loop(server)
    defer { loop.stop() }
    let served = DispatchSemaphore(value: 0)
    Thread {
      _ = upstream.serveOnce { bytes in
        var message = DNSMessage(parsing: bytes)!
        message.flags = 0x8180
        message.answers = [
          DNSMessage.Record(
            name: message.questions[0].name, type: 1, recordClass: 1, ttl: 60, data: [93, 184, 216, 34])
        ]
        return message.encoded()
      }
      served.signal()
    }.start()
    let answer = ask(port, query("example.com", id: 0xbeef))
    #expect(answer?.id == 0xbeef)
    #expect(answer?.answers.map(\.data) == [[93, 184, 216, 34]])
    served.wait()
  }

  @Test("over TCP the upstream is asked over TCP")
  func forwardingOverTCP() throws {
    let upstream = TestSocket()
    try #require(upstream.bind("127.0.0.1", 0) && upstream.listen())
    let port = try freePort()
    let server = try server(port, upstreams: [DNSUpstream(ip("127.0.0.1"), port: upstream.port)])
    let loop = Loop(server)
    defer { loop.stop() }
    Thread {
      guard let connection = upstream.accept(), let frame = connection.receive() else { return }
      var message = DNSMessage(parsing: Array(frame.dropFirst(2)))!
      message.flags = 0x8183
      let bytes = message.encoded()
      connection.send([UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes)
    }.start()
    let answers = askOverTCP(port, [query("example.com", id: 5)])
    #expect(answers.first??.id == 5)
    #expect(answers.first??.code == .noSuchName)
  }

  @Test("when every resolver is dead the client is told")
  func deadUpstreams() throws {
    let port = try freePort()
    let server = try server(port, upstreams: [DNSUpstream(ip("127.0.0.1"), port: try freePort())])
    let loop = Loop(server)
    defer { loop.stop() }
    #expect(ask(port, query("example.com"))?.code == .serverFailure)
    #expect(askOverTCP(port, [query("example.com")]).first??.code == .serverFailure)
  }

  @Test("a container with name servers of its own has those asked, and the others the host's")
  func personalUpstreams() throws {
    let (own, hosts) = (TestSocket(stream: false), TestSocket(stream: false))
    try #require(own.bind("127.0.0.1", 0) && hosts.bind("127.0.0.1", 0))
    let port = try freePort()
    let server = try DNSServer(
      gateways: [ip("127.0.0.1")], prefixes: [#require(IPPrefix("127.0.0.0/8"))],
      zone: DNSZone(upstreams: [ip("127.0.0.1"): [DNSUpstream(ip("127.0.0.1"), port: own.port)]]),
      resolvers: DNSUpstreamFile(fixed: [DNSUpstream(ip("127.0.0.1"), port: hosts.port)]), port: port)
    let loop = Loop(server)
    defer { loop.stop() }
    for (asker, upstream, last) in [("127.0.0.1", own, UInt8(1)), ("127.0.0.2", hosts, UInt8(2))] {
      Thread {
        _ = upstream.serveOnce { bytes in
          var message = DNSMessage(parsing: bytes)!
          message.flags = 0x8180
          message.answers = [
            DNSMessage.Record(name: message.questions[0].name, type: 1, recordClass: 1, ttl: 60, data: [9, 9, 9, last])
          ]
          return message.encoded()
        }
      }.start()
      let socket = TestSocket(stream: false)
      try #require(socket.bind(asker, 0) && socket.connect("127.0.0.1", port))
      socket.send(query("example.com"))
      #expect(socket.receive().flatMap { DNSMessage(parsing: $0) }?.answers.map(\.data) == [[9, 9, 9, last]])
    }
  }

  @Test("an asker over IPv6 is answered, and a query to a resolver of IPv6 comes back")
  func sixth() throws {
    let port = try freePort()
    let server = try DNSServer(
      gateways: [ip("127.0.0.1"), ip("::1")], prefixes: [#require(IPPrefix("::1/128"))],
      zone: DNSZone(["web": [ip("fd00::9")]]), resolvers: nil, port: port)
    let loop = Loop(server)
    defer { loop.stop() }
    let asker = OwnedFD(taking: cl_socket(10, 2, 0))
    var place = cl_endpoint(ip("::1"), port: port)
    #expect(cl_connect_ip(asker.raw, &place) == 0)
    try Kernel.writeAll(asker.raw, query("web", type: 28))
    try #require(try Kernel.waitReadable(asker.raw, milliseconds: 20_000))
    var buffer = [UInt8](repeating: 0, count: 512)
    let count = try Kernel.read(asker.raw, into: &buffer)
    #expect(DNSMessage(parsing: Array(buffer[..<count]))?.answers.map(\.data) == [ip("fd00::9").octets])
  }

  @Test("the resolvers of a file are read again once it has changed, whole or by another one in its place")
  func resolverFile() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("resolv-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    func write(_ text: String, _ name: String) throws {
      try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
    }
    let text = "# a\nnameserver 127.0.0.53\nsearch a b\nnameserver\tfe80::1%lo\nnameserver x\nnameserver 127.0.0.53\n"
    try write(text, "stub")
    try FileManager.default.createSymbolicLink(atPath: "\(directory)/resolv.conf", withDestinationPath: "stub")
    let file = DNSUpstreamFile(FilePath("\(directory)/resolv.conf"))
    #expect(file.upstreams() == [DNSUpstream(ip("127.0.0.53")), DNSUpstream(ip("fe80::1"), zone: "lo")])
    #expect(file.upstreams()[1].endpoint.zone == 1)
    try write("nameserver 10.0.0.1\n", "stub")
    usleep(300_000)
    #expect(file.upstreams() == [DNSUpstream(ip("10.0.0.1"))])
    unlink("\(directory)/stub")
    usleep(300_000)
    #expect(file.upstreams() == [DNSUpstream(ip("10.0.0.1"))], "what is being replaced is there again at once")
  }

  @Test("an address that is not there yet can be bound")
  func freeBind() throws {
    let server = try DNSServer(
      gateways: [ip("10.254.7.1"), ip("fd00:7::1")], prefixes: [#require(IPPrefix("10.254.7.0/26"))], zone: DNSZone(),
      resolvers: nil, port: try freePort())
    #expect(server.descriptor > 2)
  }

  @Test("a port that is taken is named with its holder")
  func holder() throws {
    let socket = TestSocket()
    try #require(socket.bind("127.0.0.1", 0) && socket.listen())
    #expect(try !PortProbe.isFree(address: .v4(.any), port: socket.port, transport: .tcp))
    #expect(try !PortProbe.isFree(address: .v4(.loopback), port: socket.port, transport: .tcp))
    let holder = try #require(try PortProbe.holder(address: .v4(.any), port: socket.port, transport: .tcp))
    #expect(holder.pid == getpid())
    #expect(throws: SyscallError.self) { try server(socket.port) }
    let datagrams = TestSocket(stream: false)
    try #require(datagrams.bind("127.0.0.1", 0))
    #expect(try !PortProbe.isFree(address: .v4(.loopback), port: datagrams.port, transport: .udp))
    #expect(try PortProbe.holder(address: .v4(.loopback), port: datagrams.port, transport: .udp)?.pid == getpid())
    #expect(try PortProbe.isFree(address: .v4(.any), port: freePort(), transport: .udp))
    #expect(try PortProbe.isFree(address: .v6(.any), port: socket.port, transport: .tcp), "each family by itself")
    let six = TestSocket(isV6: true)
    try #require(six.bind("::1", 0) && six.listen())
    #expect(try !PortProbe.isFree(address: .v6(.any), port: six.port, transport: .tcp))
    #expect(try PortProbe.isFree(address: .v4(.any), port: six.port, transport: .tcp))
    #expect(try PortProbe.holder(address: .v6(.loopback), port: six.port, transport: .tcp)?.pid == getpid())
    #expect(throws: SyscallError.self) {
      try PortProbe.isFree(address: ip("2001:db8:77::1"), port: 80, transport: .tcp)
    }
  }

  @Test("only listeners count, of the address asked for, in both tables")
  func socketTables() throws {
    let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    func line(_ local: String, _ state: String, _ inode: Int) -> String {
      "   0: \(local) 00000000:0000 \(state) 00000000:00000000 00:00000000 00000000     0        0 \(inode) 1 0 100\n"
    }
    let four =
      head + line("0100007F:1F90", "0A", 11) + line("0100007F:1F90", "01", 12) + line("00000000:1F90", "0A", 13)
    func find(_ table: String, _ address: IPAddress) -> [String] {
      PortProbe.sockets(in: table, address: address, port: 8080, transport: .tcp)
    }
    #expect(find(four, .v4(.any)) == ["11", "13"])
    #expect(find(four, .v4(.loopback)) == ["11", "13"])
    #expect(find(four, ip("10.0.0.1")) == ["13"])
    let six =
      head + line("00000000000000000000000000000000:1F90", "0A", 21)
      + line("0000000000000000FFFF00000100007F:1F90", "0A", 22)
      + line("B80D0120000000000000000001000000:1F90", "0A", 23)
    #expect(find(six, .v4(.any)) == ["21", "22"])
    #expect(find(six, .v6(.any)) == ["21", "23"])
    #expect(find(six, ip("2001:db8::1")) == ["21", "23"] && find(six, .v6(.loopback)) == ["21"])
  }
}

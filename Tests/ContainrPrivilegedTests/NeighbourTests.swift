// Who is where on one network: by neighbour advertisements that lie, and by addresses of the link, over real packets.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Neighbours", .serialized, .asRoot)
struct NeighbourTests {
  private static func service(_ name: String, _ linkLocal: String) -> String {
    """
      \(name):
        layers: [./base]
        command: [sleep, "1000"]
        stop_signal: SIGKILL
        networks: { default: { link_local_ips: [\(linkLocal)] } }

    """
  }

  private static let stack =
    "services:\n" + service("a", "169.254.8.1, \"fe80::a1\"") + service("b", "169.254.8.2, \"fe80::b2\"")
    + service("c", "169.254.8.3")

  /// Sends one advertisement from eth0: SOURCE TARGET TO, each an address, and the hardware address to send it to.
  private static let advertise = """
    import socket, struct, sys
    source, target, to, ether = sys.argv[1:]
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(("eth0", 0)); own = s.getsockname()[4]
    def ip(a): return socket.inet_pton(10, a)
    body = struct.pack("!BBHI", 136, 0, 0, 0x60000000) + ip(target) + b"\\2\\1" + own
    pseudo = ip(source) + ip(to) + struct.pack("!II", len(body), 58) + body
    t = sum(struct.unpack("!%dH" % (len(pseudo) // 2), pseudo)); t = (t >> 16) + (t & 65535); t += t >> 16
    body = body[:2] + struct.pack("!H", ~t & 65535) + body[4:]
    head = struct.pack("!IHBB", 0x60000000, len(body), 58, 255) + ip(source) + ip(to)
    s.send(bytes.fromhex(ether.replace(":", "")) + own + b"\\x86\\xdd" + head + body)
    """

  private func inside(_ bed: Bed, _ service: String, _ words: String...) throws -> CommandResult {
    try run("nsenter", ["-t", "\(try bed.pid(service))", "-n"] + words)
  }

  private func address6(_ bed: Bed, _ service: String) throws -> String {
    let text = try inside(bed, service, "ip", "-6", "-o", "addr", "show", "dev", "eth0", "scope", "global").output
    return String(try #require(text.split(separator: " ").first { $0.contains("/64") }?.split(separator: "/").first))
  }

  private func mac(_ bed: Bed, _ service: String) throws -> String {
    let text = try inside(bed, service, "ip", "-o", "link", "show", "dev", "eth0").output
    let words = text.split(separator: " ")
    return String(words[try #require(words.firstIndex(of: "link/ether")) + 1])
  }

  @Test("nobody advertises another's address, of the network or of the link; its own everybody does")
  func forged() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let (a, b, c) = (try address6(bed, "a"), try address6(bed, "b"), try address6(bed, "c"))
      let (macA, macB, macC) = (try mac(bed, "a"), try mac(bed, "b"), try mac(bed, "c"))
      func known(_ address: String) throws -> String {
        try inside(bed, "b", "ip", "-6", "neigh", "show", address, "dev", "eth0").output
      }
      func advertise(_ target: String, from source: String) throws {
        try inside(bed, "c", "python3", "-c", Self.advertise, source, target, b, macB).succeeding()
      }
      let linkLocal = try inside(bed, "c", "ip", "-6", "-o", "addr", "show", "dev", "eth0", "scope", "link").output
        .split(separator: " ").first { $0.contains("/64") }?.split(separator: "/").first.map(String.init)
      for address in [a, "fe80::a1%eth0", c] {
        #expect(try inside(bed, "b", "busybox", "ping", "-6", "-c", "1", "-W", "20", address).code == 0, "\(address)")
      }
      for address in [a, "fe80::a1"] {
        let before = try known(address)
        #expect(before.contains(macA), "\(before)")
        for source in [c, try #require(linkLocal), address] { try advertise(address, from: source) }
        // What is true is heard: a wrong entry for c is put right by c. When it is, what was sent before has come as well.
        try inside(bed, "b", "ip", "-6", "neigh", "replace", c, "lladdr", macA, "dev", "eth0", "nud", "stale")
          .succeeding()
        try advertise(c, from: c)
        try eventually("c is where it says") { try known(c).contains(macC) }
        let after = try known(address)
        #expect(after.contains(macA) && !after.contains(macC), "\(address): \(after)")
      }
    }
  }

  @Test("nobody takes another's hardware address at the bridge, not even with no address of his own")
  func hardware() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let (macA, macB) = (try mac(bed, "a"), try mac(bed, "b"))
      #expect(try inside(bed, "a", "busybox", "ping", "-c", "1", "-W", "20", "169.254.8.2").code == 0)
      func port(_ mac: String) throws -> String {
        try bed.inside("bridge fdb show | grep -i '^\(mac) .*master' | grep -v permanent")
      }
      let before = try port(macA)
      #expect(!before.isEmpty)
      let send = """
        import socket, struct, sys
        own, source = bytes.fromhex(sys.argv[1].replace(":", "")), sys.argv[2]
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(("eth0", 0))
        head = struct.pack("!IHBB", 0x60000000, 0, 59, 255) + socket.inet_pton(10, source) + socket.inet_pton(10, "ff02::1")
        for _ in range(3): s.send(bytes.fromhex("333300000001") + own + b"\\x86\\xdd" + head)
        """
      for source in ["::", "fe80::dead", try address6(bed, "a")] {
        try inside(bed, "c", "python3", "-c", send, macA, source).succeeding()
        // Its own are let through, and come after them.
        #expect(try inside(bed, "c", "busybox", "ping", "-c", "1", "-W", "20", "169.254.8.2").code == 0)
        #expect(try port(macA) == before, "\(source)")
      }
      #expect(try !port(macB).contains(before.split(separator: " ").dropFirst(2).first ?? "nothing"))
    }
  }

  @Test("addresses of the link reach each other, those of others do not")
  func linkLocal() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      func ping(_ service: String, _ target: String, from source: String, patience: Int = 20) throws -> Bool {
        try inside(bed, service, "busybox", "ping", "-c", "1", "-W", "\(patience)", "-I", source, target).code == 0
      }
      #expect(try ping("a", "169.254.8.2", from: "169.254.8.1"))
      #expect(try ping("a", "fe80::b2%eth0", from: "fe80::a1%eth0"))
      try inside(bed, "a", "ip", "addr", "add", "169.254.8.9/16", "dev", "eth0").succeeding()
      try inside(bed, "a", "ip", "addr", "add", "fe80::a9/64", "dev", "eth0", "nodad").succeeding()
      #expect(try !ping("a", "169.254.8.2", from: "169.254.8.9", patience: 1))
      #expect(try !ping("a", "fe80::b2%eth0", from: "fe80::a9%eth0", patience: 1))
      // A member that is put right keeps what it has; others stay as they are.
      try bed.up()
      #expect(try ping("a", "169.254.8.3", from: "169.254.8.1"))
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }
}

// Published SCTP ports, by packets: an association's first two are made by hand, since many kernels cannot speak SCTP
// themselves and all of them track and redirect it.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Published SCTP ports", .serialized, .asRoot, .notAsUser("a user's ports are relayed, TCP and UDP alone"))
struct SCTPPortTests {
  private static func service(_ name: String, _ more: String) -> String {
    "  \(name): { layers: [./base], command: [sleep, \"100000\"], stop_signal: SIGKILL, \(more) }\n"
  }

  /// RFC 9260, sections 3 and 6.8, and the check sum of appendix A.
  private static let packets = """
    import socket, struct, sys
    def crc(data):
        value = 0xffffffff
        for byte in data:
            value ^= byte
            for _ in range(8): value = value >> 1 ^ (0x82f63b78 if value & 1 else 0)
        return struct.pack("<I", value ^ 0xffffffff)
    def packet(source, target, tag, kind, own, more=b""):
        chunk = struct.pack("!BBHIIHHI", kind, 0, 20 + len(more), own, 65536, 1, 1, own) + more
        head = struct.pack("!HHI", source, target, tag)
        return head + crc(head + bytes(4) + chunk) + chunk
    def read(data, family):
        if family == socket.AF_INET: data = data[(data[0] & 15) * 4:]
        if crc(data[:8] + bytes(4) + data[12:]) != data[8:12]: return None
        return struct.unpack("!HHI", data[:8]) + struct.unpack("!B3xI", data[12:20])

    """

  /// Answers INIT with INIT ACK, whose cookie says who asked.
  private static let server =
    packets + """
      import select
      ears = [socket.socket(f, socket.SOCK_RAW, 132) for f in (socket.AF_INET, socket.AF_INET6)]
      print("ready", flush=True)
      while True:
          for s in select.select(ears, [], [])[0]:
              data, who = s.recvfrom(2000)
              got = read(data, s.family)
              if got and got[1] == 9000 and got[3] == 1:
                  cookie = who[0].encode().ljust(40, b"\\0")
                  more = struct.pack("!HH", 7, 44) + cookie
                  s.sendto(packet(9000, got[0], got[4], 2, 77, more), (who[0], 0))
      """

  private static let client =
    packets + """
      import time
      host, port, patience = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
      s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_RAW, 132)
      s.connect((host, 0)); s.settimeout(0.2)
      own = 40000 + int(time.time() * 1000) % 20000
      end = time.time() + patience
      while time.time() < end:
          s.send(packet(own, port, 0, 1, own))
          try: data = s.recv(2000)
          except OSError: continue
          got = read(data, s.family)
          if got and got[:2] == (port, own) and got[2:4] == (own, 2):
              print(data[-40:].rstrip(b"\\0").decode(), end=""); sys.exit()
      print("no", end="")
      """

  private enum From { case host, outside, app }

  @Test("an association comes to a published SCTP port from this host, outside and other networks, over both families")
  func reach() throws {
    try Bed.use { bed in
      try bed.shell("ip -6 addr add 2001:db8::1/64 dev uplink nodad; ip -6 route add default via 2001:db8::2")
      try bed.sandbox.runOutside("ip", ["-6", "addr", "add", "2001:db8::2/64", "dev", "world", "nodad"]).succeeding()
      try bed.write(
        "services:\n" + Self.service("web", "ports: [\"9001:9000/sctp\", \"127.0.0.1:9002:9000/sctp\"]")
          + Self.service("open", "ports: [\"9003:9000/sctp\"], x-containr: { publish: docker-like }")
          + Self.service("app", "networks: [side]") + "networks: { side: }\n")
      try bed.up()
      let servers = try ["web", "open"].map { service in
        try Command("nsenter", ["-t", "\(try bed.pid(service))", "-n", "python3", "-c", Self.server])
      }
      defer {
        for server in servers {
          server.signal(SIGKILL)
          _ = server.wait()
        }
      }
      for server in servers { try eventually("a server listens") { server.outputSoFar.contains("ready") } }
      func ask(_ from: From, _ host: String, _ port: Int, patience: Int = 20) throws -> String {
        let words = ["-c", Self.client, host, "\(port)", "\(Double(patience) * TestPace.factor)"]
        switch from {
        case .host: return try bed.sandbox.runInNetwork("python3", words).succeeding().output
        case .outside: return try bed.sandbox.runOutside("python3", words).succeeding().output
        case .app:
          return try run("nsenter", ["-t", "\(try bed.pid("app"))", "-n", "python3"] + words).succeeding().output
        }
      }
      for port in [9001, 9003] {
        #expect(try ask(.outside, TestSandbox.hostAddress, port) == TestSandbox.outsideAddress, "\(port)")
        #expect(try ask(.outside, "2001:db8::1", port) == "2001:db8::2", "\(port)")
        for from in [From.host, .app] {
          #expect(try ask(from, TestSandbox.hostAddress, port) != "no", "\(port) \(from)")
          #expect(try ask(from, "2001:db8::1", port) != "no", "\(port) \(from)")
        }
        #expect(try ask(.host, "127.0.0.1", port).hasPrefix("10."), "\(port)")
      }
      #expect(try ask(.host, "127.0.0.1", 9002).hasPrefix("10."))
      #expect(try ask(.outside, TestSandbox.hostAddress, 9002, patience: 1) == "no")
      // The host's own rules judge it, but for who is told not to ask them.
      try bed.shell(
        "nft 'add table inet mine; add chain inet mine input { type filter hook input priority 0; policy drop; }'")
      #expect(try ask(.outside, TestSandbox.hostAddress, 9001, patience: 1) == "no")
      #expect(try ask(.outside, TestSandbox.hostAddress, 9003) == TestSandbox.outsideAddress)
      try bed.shell("nft delete table inet mine")
      #expect(
        try bed.run("containr", ["port", "-p", "t", "--protocol", "sctp", "open", "9000"]).output
          == "0.0.0.0:9003\n[::]:9003\n")
    }
  }
}

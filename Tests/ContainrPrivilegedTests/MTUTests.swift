// The MTU of networks beside that of the host's way out, and what the kernel may do for the packets, by the built programs.
import ContainrTestSupport
import Foundation
import Testing

@Suite("MTU", .serialized, .asRoot)
struct MTUTests {
  private static let stack = """
    services:
      a: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
      b: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, ports: ["9000:9000/udp"] }
    """

  private func inside(_ bed: Bed, _ service: String, _ words: String...) throws -> String {
    try bed.sandbox.runInNetwork("nsenter", ["-t", "\(try bed.pid(service))", "-n"] + words).succeeding().output
  }

  /// The MTU of eth0 inside, and of the bridge.
  private func mtus(_ bed: Bed) throws -> [String] {
    func mtu(_ line: String) -> String? {
      let words = line.split(separator: " ")
      return words.firstIndex(of: "mtu").map { String(words[$0 + 1]) }
    }
    let bridges = try bed.inside("ip -o link show type bridge").split(separator: "\n")
    let ports = try bed.inside("ip -o link show type veth").split(separator: "\n").filter { $0.contains(" master ") }
    let eth0 = try ["a", "b"].map { try inside(bed, $0, "ip", "-o", "link", "show", "eth0") }
    return (bridges + ports).map { mtu(String($0)) ?? "-" } + eth0.map { mtu($0) ?? "-" }
  }

  @Test(
    "bridge, pairs and eth0 have the mtu of the way out, follow it in place, and say so",
    .notAsUser("the way out of a user's network is pasta's link, of 65520 bytes, whatever the host's uplink has"))
  func follows() throws {
    try Bed.use(Self.stack) { bed in
      try bed.shell("ip link set uplink mtu 1400")
      let first = try bed.plan()
      #expect(first.contains("mtu 1400, that of uplink"), "\(first)")
      try bed.up()
      #expect(try mtus(bed) == [String](repeating: "1400", count: 5))
      #expect(try bed.run("containr", ["network", "inspect", "-f", "{{.MTU}}", "t_default"]).output == "1400\n")
      #expect(try bed.plan().hasPrefix("nothing to do"))
      let pids = try bed.pids()
      let index = try inside(bed, "a", "cat", "/sys/class/net/eth0/ifindex")
      for (mtu, words) in [
        (9000, "is 1400, not 9000, that of uplink"), (1280, "is 9000, not 1280, that of uplink"),
      ] {
        try bed.shell("ip link set uplink mtu \(mtu)")
        let plan = try bed.plan()
        #expect(plan.contains("its mtu on network default \(words)"), "\(plan)")
        #expect(plan.contains("the mtu of bridge ") && plan.contains("network t_default   repair"), "\(plan)")
        try bed.up()
        #expect(try mtus(bed) == [String](repeating: "\(mtu)", count: 5))
        #expect(try bed.plan().hasPrefix("nothing to do"))
      }
      // One end alone, by somebody else.
      try bed.shell(
        "ip link set $(ip -o link show type veth | grep -o '\(bed.sandbox.linkPrefix)v[0-9a-f]*' | head -1) mtu 1300")
      #expect(try bed.plan().contains("its mtu on network default is 1300, not 1280"))
      try bed.up()
      #expect(try mtus(bed) == [String](repeating: "1280", count: 5))
      try bed.shell("ip route del default")
      #expect(try bed.plan().contains("is 1280, not 1500"))
      try bed.up()
      #expect(try mtus(bed) == [String](repeating: "1500", count: 5))
      #expect(try bed.pids() == pids, "nothing was started again")
      #expect(try inside(bed, "a", "cat", "/sys/class/net/eth0/ifindex") == index, "nor made again")
      try bed.down()
      try bed.shell("ip link set uplink mtu 1500; ip route add default via \(TestSandbox.outsideAddress)")
    }
  }

  @Test(
    "an mtu that the file asks for stays, and a larger one than the way out's is named; of a small one IPv6 stays off",
    .notAsUser("the way out of a user's network is pasta's link, of 65520 bytes, whatever the host's uplink has"))
  func asked() throws {
    try Bed.use { bed in
      func write(_ mtu: Int, _ more: String = "") throws {
        try bed.write(
          Self.stack + "\nnetworks: { default: { \(more)driver_opts: { com.docker.network.driver.mtu: \(mtu) } } }\n")
      }
      try write(9000)
      let up = try bed.up()
      let words = "its mtu of 9000 is larger than that of uplink, 1500: larger packets do not get out"
      #expect(up.errors.contains(words) || up.output.contains(words), "\(up)")
      #expect(try mtus(bed) == [String](repeating: "9000", count: 5))
      let plan = try bed.plan()
      #expect(plan.hasPrefix("nothing to do") && plan.contains(words) && plan.contains("stack.yaml:"), "\(plan)")
      try bed.down()
      try write(1000)
      try bed.up()
      #expect(try mtus(bed) == [String](repeating: "1000", count: 5))
      #expect(try bed.run("containr", ["network", "ls", "--format", "{{.IPv6}}"]).output == "false\n")
      #expect(try bed.plan().hasPrefix("nothing to do"))
      try bed.down()
      try write(1000, "enable_ipv6: true, ")
      let refused = try bed.tryUp()
      #expect(
        refused.code != 0 && refused.errors.contains("IPv6 needs an mtu of 1280, and 1000 is asked for"), "\(refused)")
    }
  }

  @Test("a datagram of a jumbo frame that must not be cut comes to a port that obeys the host's firewall")
  func jumbo() throws {
    try Bed.use(Self.stack) { bed in
      try bed.shell("ip link set uplink mtu 9000")
      _ = try bed.sandbox.runOutside("ip", ["link", "set", "world", "mtu", "9000"]).succeeding()
      try bed.up()
      let server = try Command(
        "nsenter",
        [
          "-t", "\(try bed.pid("b"))", "-n", "python3", "-c",
          """
          import socket
          s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("0.0.0.0", 9000)); s.settimeout(20)
          print("ready", flush=True)
          print(len(s.recv(20000)), flush=True)
          """,
        ])
      defer { server.signal(SIGKILL); _ = server.wait() }
      try eventually("the receiver is there") { server.outputSoFar.contains("ready") }
      let client = """
        import socket, time
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(0, 10, 2); s.settimeout(0.2)
        for _ in range(20): s.sendto(b"x" * 8900, ("\(TestSandbox.hostAddress)", 9000)); time.sleep(0.1)
        """
      _ = try bed.sandbox.runOutside("python3", ["-c", client])
      #expect(server.wait().output.contains("8900\n"))
    }
  }

  @Test(
    "the kernel segments, joins and sums for our links what it does for a pair and a bridge made by hand",
    .notAsUser("it compares with links of the host's network, in which a user has none"))
  func offloads() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try bed.shell(
        "ip link add bare type bridge; ip link set bare up; ip link add bare0 type veth peer name bare1; "
          + "ip link set bare0 master bare up; ip link set bare1 up")
      // ethtool(2): ETHTOOL_GFEATURES, the bits that are active; then tso, gso, gro, sg and both sums by name.
      let tool = """
        import array, fcntl, socket, struct, sys
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        def call(name, data):
            data = array.array("B", data)
            fcntl.ioctl(s, 0x8946, struct.pack("16sQ", name.encode(), data.buffer_info()[0])); return data.tobytes()
        for name in sys.argv[1:]:
            bits = struct.unpack("8I", call(name, struct.pack("II", 0x3a, 2) + bytes(32))[8:])
            flags = [struct.unpack("II", call(name, struct.pack("II", n, 0)))[1] for n in (0x1e, 0x23, 0x2b, 0x18, 0x16, 0x14)]
            print("%08x%08x" % (bits[2], bits[6]), *flags)
        """
      try bed.sandbox.directory.write(tool, to: "features.py")
      func features(_ names: String...) throws -> [String] {
        try bed.shell("python3 features.py \(names.joined(separator: " "))").split(separator: "\n").map(String.init)
      }
      let far = try inside(bed, "a", "python3", "\(bed.path)/features.py", "eth0").split(separator: "\n").map(
        String.init)
      let prefix = bed.sandbox.linkPrefix
      let near = try bed.inside("ip -o link show type veth | grep -o '\(prefix)v[0-9a-f]*'").split(separator: "\n")
      let bridge = try bed.inside("ip -o link show type bridge | grep -o '\(prefix)b[0-9a-f]*'").split(separator: "\n")
      let bare = try features("bare0", "bare1", "bare")
      #expect(try features(String(try #require(near.first))) == [bare[0]])
      #expect(far == [bare[1]])
      #expect(try features(String(try #require(bridge.first))) == [bare[2]])
      let words = far[0].split(separator: " ").dropFirst()
      #expect(words.map { $0 } == ["1", "1", "0", "1", "1", "1"], "tso, gso, no gro, sg, sums of both ways: \(far)")
      try bed.shell("ip link delete bare0; ip link delete bare")
    }
  }
}

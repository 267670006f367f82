// Rates of services: kept by the kernel, changed in place, repaired, and taken away, by the built programs.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Rates", .serialized, .asRoot)
struct RateTests {
  private static let stack = """
    services:
      a:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        x-containr: {egress: 20mbit, ingress: 40mbit}
      b: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
    """

  /// Bits a second that arrive, in millions.
  private struct Found {
    /// From the first byte that was sent to the last one that was taken: no standstill of anybody makes it larger.
    var whole: Double
    /// Once the flow was under way. Less where the sender or the receiver stood still.
    var steady: Double
  }

  /// Sends from one service to another for two seconds. `during` runs once the receiver has heard of it.
  private func rate(
    _ bed: Bed, from: String, to: String, udp: Bool = false, seconds: Double = 2.5, during: () throws -> Void = {}
  ) throws -> Found {
    let address = try #require(try bed.container(to).address())
    let server = try Command(
      "nsenter",
      [
        "-t", "\(try bed.pid(to))", "-n", "python3", "-c",
        """
        import socket, time
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if \(udp ? 1 : 0) else socket.SOCK_STREAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("0.0.0.0", 5001)); s.settimeout(60)
        if \(udp ? 1 : 0): s.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)  # SO_RCVBUFFORCE: what is not taken at once is not lost
        else: s.listen()
        print("ready", flush=True)
        if not \(udp ? 1 : 0): s = s.accept()[0]; s.settimeout(60)
        n = steady = 0; first = last = None
        while True:
            try: d = len(s.recv(65536))
            except OSError: break
            if not d: break
            now = time.monotonic()
            if first is None: first = now; s.settimeout(2); print("flows", flush=True)
            elif now - first > 0.3: steady += d
            n += d; last = now
        print(n * 8 / 1e6, last, steady * 8 / 1e6 / max(last - first - 0.3, 0.001), flush=True)
        """,
      ])
    defer { server.signal(SIGKILL); _ = server.wait() }
    try eventually("the receiver is ready") { server.outputSoFar.contains("ready") }
    let sender = try Command(
      "nsenter",
      [
        "-t", "\(try bed.pid(from))", "-n", "python3", "-c",
        """
        import socket, time
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if \(udp ? 1 : 0) else socket.SOCK_STREAM)
        s.connect(("\(address)", 5001)); begin = time.monotonic()
        while time.monotonic() < begin + \(seconds):
            try: s.send(b"x" * 1400 if \(udp ? 1 : 0) else b"x" * 65536)
            except OSError: pass
        print(begin)
        """,
      ])
    defer { sender.signal(SIGKILL); _ = sender.wait() }
    try eventually("it flows") { server.outputSoFar.contains("flows") }
    try during()
    // One clock for both: CLOCK_MONOTONIC.
    let begin = try #require(Double(sender.wait().succeeding().output.trimmingCharacters(in: .newlines)))
    let words = server.wait().output.split(separator: "\n").last?.split(separator: " ").compactMap { Double($0) } ?? []
    try #require(words.count == 3, "\(server.outputSoFar)")
    return Found(whole: words[0] / (words[1] - begin), steady: words[2])
  }

  private func links(_ bed: Bed) throws -> (pair: String, queue: String) {
    let names = try bed.inside("ip -o link show type ifb").split(separator: "\n").map { line in
      String(line.split(separator: " ")[1].dropLast())
    }
    let queue = try #require(names.first { $0.hasPrefix(bed.sandbox.linkPrefix) })
    return (queue.replacingOccurrences(of: bed.sandbox.linkPrefix + "q", with: bed.sandbox.linkPrefix + "v"), queue)
  }

  @Test("what a container sends and receives stays at its rate, by TCP and by UDP, and others do not wait for it")
  func kept() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      // Of a frame of 1514 bytes 1448 are of use.
      for (from, to, udp, wanted) in [
        ("a", "b", false, 20.0), ("a", "b", true, 20.0), ("b", "a", false, 40.0), ("b", "a", true, 40.0),
      ] {
        var steady = 0.0
        // On a full machine a sender does not always send what it may.
        for _ in 0..<6 where steady < wanted * 0.88 {
          let found = try rate(bed, from: from, to: to, udp: udp)
          // The first burst is beyond the rate.
          #expect(found.whole < wanted * 1.04, "\(from) to \(to), udp \(udp): \(found) of \(wanted)")
          steady = found.steady
        }
        #expect(steady > wanted * 0.88, "\(from) to \(to), udp \(udp): \(steady) of \(wanted)")
      }
      // While one flow fills the way out, another packet passes in the time that the queue holds.
      let address = try #require(try bed.container("b").address())
      let pid = "\(try bed.pid("a"))"
      _ = try rate(bed, from: "a", to: "b", seconds: 4) {
        let text = try run(
          "nsenter", ["-t", pid, "-n", "busybox", "ping", "-c", "9", "-i", "0.2", "-W", "20", address]
        ).succeeding().output
        let times = text.split(separator: "\n").compactMap { line in
          line.components(separatedBy: "time=").dropFirst().first?.split(separator: " ").first.flatMap { Double($0) }
        }
        // Who stands still for a while measures that; not everybody does.
        #expect(try #require(times.sorted().dropFirst(2).first, "\(text)") < 150 * TestPace.factor, "\(text)")
      }
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("another rate is set in place, of one network alone too; without one nothing is left")
  func changed() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let pids = try bed.pids()
      let (pair, queue) = try links(bed)
      func shown(_ link: String) throws -> String { try bed.inside("tc qdisc show dev \(link) root") }
      #expect(try shown(queue).contains("tbf 1: root") && shown(queue).contains("rate 20Mbit"))
      #expect(try shown(pair).contains("rate 40Mbit"))
      try bed.edit("egress: 20mbit", "egress: {rate: 5mb, burst: 100k}")
      let plan = try bed.plan()
      #expect(plan.contains("x-containr.egress: 20mbit → 5mb,burst=102400"), "\(plan)")
      try bed.up()
      let shownQueue = try shown(queue)
      #expect(shownQueue.contains("rate 41943Kbit") || shownQueue.contains("rate 41943040bit"), "\(shownQueue)")
      #expect(try bed.plan().hasPrefix("nothing to do"))
      try bed.edit("x-containr: {egress", "networks: {default: {x-containr: {egress: 3mbit}}}\n    x-containr: {egress")
      try bed.up()
      #expect(try shown(queue).contains("rate 3Mbit") && shown(pair).contains("rate 40Mbit"))
      #expect(try bed.plan().hasPrefix("nothing to do"))
      try bed.edit(
        "\n    networks: {default: {x-containr: {egress: 3mbit}}}\n    x-containr: {egress: {rate: 5mb, burst: 100k}, ingress: 40mbit}",
        "")
      try bed.up()
      #expect(try !shown(pair).contains("tbf") && !bed.inside("tc qdisc show dev \(pair)").contains("ingress"))
      #expect(try !bed.inside("ip -o link").contains(queue))
      #expect(try bed.plan().hasPrefix("nothing to do"))
      #expect(try bed.pids() == pids, "nothing was started again")
    }
  }

  @Test(
    "what somebody else takes away is drift and comes again in place; nobody inside can take it away; a new start has it again"
  )
  func repaired() throws {
    try Bed.use(
      Self.stack.replacingOccurrences(
        of: "stop_signal: SIGKILL\n    x-c", with: "stop_signal: SIGKILL\n    cap_add: [NET_ADMIN]\n    x-c")
    ) { bed in
      try bed.up()
      let pids = try bed.pids()
      let (pair, queue) = try links(bed)
      for (command, words) in [
        ("tc qdisc del dev \(pair) root", "on network default its ingress limit is gone"),
        ("tc qdisc del dev \(pair) ingress", "on network default its egress limit is gone"),
        ("ip link delete \(queue)", "on network default its egress limit is gone"),
        (
          "tc qdisc change dev \(queue) root handle 1: tbf rate 1gbit burst 1250000 limit 1250000",
          "on network default its egress limit is 125000000 bytes a second, not 2500000"
        ),
      ] {
        try bed.inside(command)
        let plan = try bed.plan()
        #expect(plan.contains(words), "\(command): \(plan)")
        #expect(try bed.run("containr", ["status", "-p", "t"]).output.contains(words))
        try bed.up()
        #expect(try bed.plan().hasPrefix("nothing to do"), "\(command)")
      }
      #expect(try bed.pids() == pids)
      let inside = try run("nsenter", ["-t", "\(try bed.pid("a"))", "-n", "tc", "qdisc", "show"]).succeeding().output
      #expect(!inside.contains("tbf") && !inside.contains("ingress"), "\(inside)")
      try bed.run("containr", ["stop", "-p", "t", "a"]).succeeding()
      try bed.run("containr", ["start", "-p", "t", "a"]).succeeding()
      let (again, _) = try links(bed)
      #expect(again == pair)
      #expect(try bed.inside("tc qdisc show dev \(pair)").contains("rate 40Mbit"))
      #expect(try bed.plan().hasPrefix("nothing to do"))
      kill(try bed.pid("a"), SIGKILL)
      try eventually("it has ended") { try bed.container("a").state != "running" }
      try bed.up()
      #expect(try bed.inside("tc qdisc show dev \(queue)").contains("rate 20Mbit"))
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test(
    "a burst that holds no packet of its network is an error before anything is done, at its place",
    .notAsUser("the way out of a user's network is pasta's link, of 65520 bytes, whatever the host's uplink has"))
  func small() throws {
    try Bed.use(Self.stack.replacingOccurrences(of: "egress: 20mbit", with: "egress: {rate: 20mbit, burst: 2k}")) {
      bed in
      try bed.shell("ip link set uplink mtu 9000")
      let refused = try bed.tryUp()
      #expect(
        refused.code == 2 && refused.errors.contains("error[small-burst]") && refused.errors.contains("stack.yaml:7:"),
        "\(refused)")
      #expect(
        refused.errors.contains("a burst of 2048 bytes holds no packet of network default, whose mtu is 9000"),
        "\(refused)")
      try bed.shell("ip link set uplink mtu 1500")
    }
  }
}

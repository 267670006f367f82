// Published ports over IPv6, by programs that try: from ::1, this host, other networks and outside, past the host's firewall.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Published ports over IPv6", .serialized, .asRoot)
struct PublishedPorts6Tests {
  private static func service(_ name: String, _ more: String) -> String {
    """
      \(name):
        layers: [./base]
        command: [sleep, "1000"]
        stop_signal: SIGKILL
        \(more)

    """
  }

  private static let stack =
    "services:\n"
    + service(
      "web",
      "ports: [\"8080:80\", \"8080:80/udp\", \"[::1]:9001:80\", \"[2001:db8::1]:9002:80\", \"80\", \"9100-9101:79-80\"]"
    )
    + service(
      "open",
      "ports: [{ target: 80, published: \"8081\", host_ip: \"::\" }, \"0.0.0.0:8081:80\"]\n    "
        + "x-containr: { publish: docker-like }")
    + service("shut", "networks: [inner]\n    ports: [\"8082:80\", \"[::1]:8083:80\"]")
    + service("four", "networks: [old]\n    ports: [\"8090:80\"]")
    + service("app", "networks: [side]")
    + "networks: { inner: { internal: true }, old: { enable_ipv6: false }, side: }\n"

  /// Answers with the address it was asked from, by TCP and UDP, for as long as it lives.
  private static let server = """
    import select, socket
    t = socket.socket(socket.AF_INET6); t.setsockopt(1, 2, 1); t.bind(("::", 80)); t.listen(64)
    u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); u.bind(("::", 80))
    while True:
        for s in select.select([t, u], [], [])[0]:
            if s is t:
                c, a = t.accept(); c.sendall(a[0].encode()); c.close()
            else:
                d, a = u.recvfrom(100); u.sendto(a[0].encode(), a)
    """

  private static let client = """
    import socket, sys
    host, port, kind, patience = sys.argv[1:]
    try:
        s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
        s.settimeout(int(patience)); s.connect((host, int(port)))
        if kind == "udp": s.send(b"x")
        print(s.recv(100).decode(), end="")
    except OSError as e: print("no", end="")
    """

  private enum From { case host, outside, container(String) }

  /// Whom the server has seen; `no` if it does not answer within so many seconds.
  private func ask(
    _ bed: Bed, _ from: From, _ host: String, _ port: Int, _ kind: String = "tcp", patience: Int = 20
  ) throws -> String {
    let words = ["-c", Self.client, host, "\(port)", kind, "\(patience)"]
    switch from {
    case .host: return try bed.sandbox.runInNetwork("python3", words).succeeding().output
    case .outside: return try bed.sandbox.runOutside("python3", words).succeeding().output
    case .container(let service):
      return try run("nsenter", ["-t", "\(try bed.pid(service))", "-n", "python3"] + words).succeeding().output
    }
  }

  /// The bed's host and the world have IPv6, and servers live in the networks of services.
  private func serve(_ bed: Bed, _ services: [String], _ body: () throws -> Void) throws {
    let servers = try services.map { service in
      try Command("nsenter", ["-t", "\(try bed.pid(service))", "-n", "python3", "-c", Self.server])
    }
    defer {
      for server in servers {
        server.signal(SIGKILL)
        _ = server.wait()
      }
    }
    for service in services {
      try eventually("\(service) serves") {
        let words = ["-t", "\(try bed.pid(service))", "-n", "cat", "/proc/net/tcp6", "/proc/net/udp6"]
        return try run("nsenter", words).output.components(separatedBy: "00:0050 ").count > 2
      }
    }
    try body()
  }

  private func world(_ bed: Bed) throws {
    try bed.shell("ip -6 addr add 2001:db8::1/64 dev uplink nodad; ip -6 route add default via 2001:db8::2")
    try bed.sandbox.runOutside("ip", ["-6", "addr", "add", "2001:db8::2/64", "dev", "world", "nodad"]).succeeding()
  }

  @Test("a port is reached over IPv6 from ::1, this host, other networks and outside, and who asked is seen")
  func reach() throws {
    try Bed.use { bed in
      try world(bed)
      try bed.write(Self.stack)
      let plan = try bed.plan()
      for line in [
        "reachable: 0.0.0.0:8080/tcp → web:80, from outside as far as the host's firewall lets in",
        "reachable: [::]:8080/tcp → web:80, from outside as far as the host's firewall lets in",
        "reachable: [::1]:9001/tcp → web:80, from this host", "reachable: [::]:auto:80/tcp → web:80",
        "reachable: [::]:8081/tcp → open:80, from everywhere, past the host's firewall",
        "reachable: [::]:8082/tcp → shut:80, from this host", "reachable: 0.0.0.0:8090/tcp → four:80",
      ] { #expect(plan.contains(line), "\(line) in\n\(plan)") }
      #expect(!plan.contains("[::]:8090"))
      try bed.up()
      try serve(bed, ["web", "open", "shut", "four"]) {
        let (host, world) = ("2001:db8::1", "2001:db8::2")
        for (port, kind) in [
          (8080, "tcp"), (8080, "udp"), (9001, "tcp"), (8081, "tcp"), (9101, "tcp"), (8082, "tcp"), (8083, "tcp"),
        ] {
          #expect(try ask(bed, .host, "::1", port, kind).hasPrefix("fd"), "::1 \(port)/\(kind)")
        }
        for (port, kind) in [(8080, "tcp"), (8080, "udp"), (9002, "tcp"), (8081, "tcp")] {
          #expect(try ask(bed, .host, host, port, kind) == host, "\(port)/\(kind)")
          #expect(try ask(bed, .outside, host, port, kind) == world, "\(port)/\(kind) keeps the source")
          let inside = try ask(bed, .container("app"), host, port, kind)
          #expect(inside.hasPrefix("fd"), "another network, \(port)/\(kind): \(inside)")
        }
        #expect(try ask(bed, .container("web"), host, 8080).hasPrefix("fd"), "itself by its published port")
        for port in [9001, 8082, 8083, 8090] {
          #expect(try ask(bed, .outside, host, port, patience: 1) == "no", "\(port)")
        }
        for port in [9002, 8090] { #expect(try ask(bed, .host, "::1", port, patience: 1) == "no", "\(port)") }
        #expect(
          try ask(bed, .container("app"), host, 8082, patience: 1) == "no", "an internal network is closed to others")
        for port in [8080, 8081, 8090, 8082] {
          #expect(try ask(bed, .host, "127.0.0.1", port).contains("10."), "IPv4, \(port)")
        }
        // Nobody outside speaks as the loopback does, or to what it is sent to.
        try bed.sandbox.runOutside("sh", ["-c", "ip -6 route add 100:0:0:1::/64 via \(host)"]).succeeding()
        #expect(try ask(bed, .outside, "100:0:0:1::1", 9001, patience: 1) == "no")
      }
      let ports = try bed.run("containr", ["port", "-p", "t", "web", "80"]).succeeding().output
      #expect(ports.contains("0.0.0.0:8080\n") && ports.contains("[::]:8080\n") && ports.contains("[::1]:9001\n"))
      #expect(try bed.run("containr", ["port", "-p", "t", "four"]).output == "0.0.0.0:8090->80/tcp\n")
      #expect(try bed.plan().hasPrefix("nothing to do"))
      // A number that was chosen is that of both families, and stays.
      func chosen() throws -> [Substring] {
        try bed.run("containr", ["port", "-p", "t", "web", "80"]).output.split(separator: "\n").filter {
          (20_000..<32_000).contains(Int($0.split(separator: ":").last ?? "") ?? 0)
        }
      }
      let before = try chosen()
      #expect(before.count == 2 && before[0].split(separator: ":").last == before[1].split(separator: ":").last)
      try bed.edit(
        "    ports: [\"8080:80\", \"8080:80/udp\"",
        "    environment: { A: b }\n    ports: [\"8080:80\", \"8080:80/udp\"")
      try bed.up()
      #expect(try chosen() == before)
    }
  }

  @Test(
    "a port that obeys the host's firewall obeys its rules for IPv6, whatever they are; one that is docker-like does not",
    .notAsUser(
      "a user's ports are relayed: rules of the host's input are rules for the relay, and x-containr.publish has no meaning"
    )
  )
  func hostFirewall() throws {
    try Bed.use { bed in
      try world(bed)
      try bed.write(Self.stack)
      try bed.up()
      try serve(bed, ["web", "open"]) {
        let (host, world) = ("2001:db8::1", "2001:db8::2")
        try bed.shell(
          "nft 'add table ip6 mine; add chain ip6 mine input { type filter hook input priority 0; policy drop; }'")
        try bed.shell(
          "nft 'add rule ip6 mine input meta l4proto 58 accept; add rule ip6 mine input ct state established,related accept'"
        )
        try bed.shell("nft 'add rule ip6 mine input iifname lo accept'")
        for kind in ["tcp", "udp"] {
          #expect(try ask(bed, .outside, host, 8080, kind, patience: 1) == "no", "the host drops \(kind)")
        }
        #expect(try ask(bed, .outside, host, 9002, patience: 1) == "no")
        #expect(try ask(bed, .outside, host, 8081) == world, "docker-like")
        #expect(try ask(bed, .host, "::1", 8080).hasPrefix("fd"))
        #expect(try ask(bed, .container("app"), host, 8080).hasPrefix("fd"))
        try bed.shell(
          "nft 'add rule ip6 mine input ip6 saddr \(world) meta l4proto { 6, 17 } th dport { 8080, 9002 } accept'")
        for kind in ["tcp", "udp"] { #expect(try ask(bed, .outside, host, 8080, kind) == world) }
        #expect(try ask(bed, .outside, host, 9002) == world)
        try bed.shell("nft delete table ip6 mine")
      }
    }
  }

  @Test("rules, links and routes of IPv6 that go are seen, and come again")
  func drift() throws {
    try Bed.use { bed in
      try world(bed)
      try bed.write(Self.stack)
      try bed.up()
      let (table, prefix) = (bed.sandbox.nftTable, bed.sandbox.linkPrefix)
      try serve(bed, ["web"]) {
        for (harm, words) in [
          ("nft flush map ip6 \(table) publish6", "published port [::]:8080/tcp"),
          (
            "nft delete element ip6 \(table) publish-at6 '{ 6 . 100:0:0:1::1 . 9001 }'", "published port [::1]:9001/tcp"
          ),
          ("nft flush chain ip6 \(table) nat-output6", "nat-output6"),
          ("ip -6 route del 100:0:0:1::1", "the route to 100:0:0:1::1"),
          ("ip link del \(prefix)handout", "handin are gone or down"),
          // Rules that differ can be compared only where their links are.
          ("nft flush chain ip6 \(table) nat-output6; ip link del \(prefix)handout", "handin are gone or down"),
          (
            "echo 0 > /proc/sys/net/ipv6/conf/\(prefix)handin/disable_ipv6; ip link set \(prefix)handin down",
            "are gone or down"
          ),
        ] {
          try bed.inside(harm)
          let plan = try bed.plan()
          #expect(plan.contains(words), "\(harm): \(plan)")
          try bed.up()
          #expect(try ask(bed, .host, "::1", 8080).hasPrefix("fd"), "after \(harm)")
          #expect(try ask(bed, .host, "::1", 9001).hasPrefix("fd"), "after \(harm)")
          #expect(try ask(bed, .outside, "2001:db8::1", 8080) == "2001:db8::2", "after \(harm)")
          #expect(try bed.plan().hasPrefix("nothing to do"))
        }
      }
    }
  }

  @Test("who has a port of IPv6 is named, and an address that no network of a service has is an error with its place")
  func refusals() throws {
    try Bed.use { bed in
      try bed.write("services:\n" + Self.service("web", "ports: [\"8080:80\"]"))
      let holder = try Command(
        "nsenter",
        [
          "--net=/run/netns/\(bed.sandbox.networkNamespace!)", "python3", "-c",
          "import socket, time; s = socket.socket(socket.AF_INET6); s.setsockopt(41, 26, 1); s.bind(('::', 8080)); s.listen(); time.sleep(600)",
        ])
      try eventually("it listens") { try bed.shell("cat /proc/net/tcp6").contains(":1F90 ") }
      let taken = try bed.tryUp()
      holder.signal(SIGKILL)
      _ = holder.wait()
      // Whose it is a user is not told by the kernel.
      let who = bed.sandbox.user == nil ? "python3" : "another program"
      #expect(taken.code == 2 && taken.errors.contains("port [::]:8080/tcp is taken by \(who)"), "\(taken)")
      #expect(taken.errors.contains("stack.yaml:"), "\(taken)")
      try bed.write("services:\n" + Self.service("web", "ports: [\"[2001:db8::9]:8080:80\"]"))
      let strange = try bed.tryUp()
      #expect(strange.code == 2 && strange.errors.contains("2001:db8::9 is no address of this host"), "\(strange)")
      try bed.write("services:\n" + Self.service("web", "ports: [\"[::1]:8080:80\"]"))
      try bed.shell("echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6")
      let off = try bed.tryUp()
      // A user's network has IPv6 all the same; it is the address that the host has not.
      let code = bed.sandbox.user == nil ? "no-family" : "unknown-address"
      #expect(off.code == 2 && off.errors.contains("error[\(code)]") && off.errors.contains("stack.yaml:"), "\(off)")
      try bed.shell("echo 0 > /proc/sys/net/ipv6/conf/all/disable_ipv6")
      try bed.write(
        "services:\n" + Self.service("web", "ports: [\"[::1]:8080:80\"]")
          + "networks: { default: { enable_ipv6: false } }\n")
      let never = try bed.tryUp()
      #expect(never.code == 2 && never.errors.contains("which no network of 'web' has"), "\(never)")
    }
  }

  @Test("a host with IPv6 alone: no address and no route of IPv4 but the loopback's")
  func sixAlone() throws {
    try Bed.use { bed in
      try world(bed)
      try bed.shell("ip -4 addr flush dev uplink; ip -4 route flush table main")
      try bed.sandbox.runOutside("sh", ["-c", "ip -4 addr flush dev world"]).succeeding()
      try bed.write(
        "services:\n" + Self.service("web", "ports: [\"8080:80\"]")
          + Self.service("six", "networks: [six]\n    ports: [\"8084:80\"]")
          + "networks: { default: , six: { enable_ipv4: false } }\n")
      try bed.up()
      try serve(bed, ["web", "six"]) { () throws -> Void in
        for port in [8080, 8084] {
          // The first question of all waits for neighbours to be found.
          try eventually("\(port) is reached") { try ask(bed, .outside, "2001:db8::1", port) == "2001:db8::2" }
          #expect(try ask(bed, .host, "::1", port).hasPrefix("fd"), "\(port)")
          #expect(try ask(bed, .container("web"), "2001:db8::1", port).hasPrefix("fd"), "\(port)")
        }
        #expect(try ask(bed, .host, "127.0.0.1", 8080) != "no")
        #expect(try ask(bed, .host, "127.0.0.1", 8084, patience: 1) == "no")
      }
      for service in ["web", "six"] {
        let ping = try bed.run(
          "containr", ["exec", "-p", "t", service, "ping", "-6", "-c", "1", "-W", "20", "2001:db8::2"])
        #expect(ping.code == 0, "\(ping)")
      }
      #expect(try bed.run("containr", ["exec", "-p", "t", "web", "nslookup", "web"]).code == 0)
      #expect(try bed.plan().hasPrefix("nothing to do"))
      try bed.down()
      try bed.shell(
        "ip addr add \(TestSandbox.hostAddress)/24 dev uplink; ip route add default via \(TestSandbox.outsideAddress)")
    }
  }
}

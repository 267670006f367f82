// Who reaches whom, by programs that try: past the host's firewall, in another's name, from one stack to the other; and
// beside the rules of others.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Firewall", .serialized, .asRoot)
struct FirewallTests {
  private static let stack = """
    services:
      web:
        layers: [./base]
        command: [httpd, -f, -p, "80", -h, /srv]
        configs: [{source: page, target: /srv/index.html}]
        stop_signal: SIGKILL
        ports: ["8080:80"]
      open:
        layers: [./base]
        command: [httpd, -f, -p, "80", -h, /srv]
        configs: [{source: page, target: /srv/index.html}]
        stop_signal: SIGKILL
        ports: ["8081:80"]
        x-containr: {publish: docker-like}
      app: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
      shut:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        networks: [inner]
    networks: { inner: { internal: true } }
    configs: { page: { content: "hello\\n" } }
    """

  /// Runs a Python program in the network of a service's container, as somebody with every right there.
  private func python(_ bed: Bed, _ service: String, _ program: String) throws -> String {
    try run("nsenter", ["-t", "\(try bed.pid(service))", "-n", "python3", "-c", program]).succeeding()
      .output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func fetch(_ bed: Bed, _ service: String, _ address: String) throws -> String {
    try python(
      bed, service,
      """
      import urllib.request as u
      try: print(u.urlopen("http://\(address)/", timeout=30).read().decode(), end="")
      except Exception as e: print("no:", type(e).__name__)
      """)
  }

  @Test(
    "a published port obeys the host's own rules for its input, whatever they are; one that is docker-like does not",
    .notAsUser(
      "a user's ports are relayed: rules of the host's input are rules for the relay, and x-containr.publish has no meaning"
    ))
  func hostFirewall() throws {
    try Bed.use(Self.stack) { bed in
      let plan = try bed.plan()
      #expect(
        plan.contains("reachable: 0.0.0.0:8080/tcp → web:80, from outside as far as the host's firewall lets in\n"))
      #expect(plan.contains("reachable: 0.0.0.0:8081/tcp → open:80, from everywhere, past the host's firewall\n"))
      let json = try bed.run("containr", ["plan", "--json", Bed.file]).output
      #expect(
        json.contains(
          "\"port\": \"0.0.0.0:8080/tcp\", \"service\": \"web\", \"target\": 80, \"from\": \"host-firewall\""))
      try bed.up()
      let (host, outside) = (TestSandbox.hostAddress, TestSandbox.outsideAddress)
      for port in [8080, 8081] { try bed.expectPage("\(host):\(port)", "hello\n", outside: true) }
      try bed.shell(
        "nft 'add table inet mine; add chain inet mine input { type filter hook input priority 0; policy drop; }'")
      try bed.shell(
        "nft 'add rule inet mine input ct state established,related accept; add rule inet mine input iifname lo accept'"
      )
      #expect(try bed.fetch("\(host):8080", outside: true, timeout: 2) == "curl 28", "the host drops it")
      try bed.expectPage("\(host):8081", "hello\n", outside: true)
      // Not from outside: this host and the containers on it.
      try bed.expectPage("127.0.0.1:8080", "hello\n")
      try bed.expectPage("\(host):8080", "hello\n")
      #expect(try fetch(bed, "app", "\(host):8080") == "hello")
      #expect(try fetch(bed, "web", "\(host):8080") == "hello", "itself by its published port")
      try bed.shell("nft 'add rule inet mine input ip saddr \(outside) tcp dport 8080 accept'")
      try bed.expectPage("\(host):8080", "hello\n", outside: true)
      try bed.shell("nft 'flush chain inet mine input; add rule inet mine input tcp dport 8080 reject with tcp reset'")
      #expect(try bed.fetch("\(host):8080", outside: true, ) == "curl 7", "the host refuses it")
      // Open from now on, without a new container.
      let pids = try bed.pids()
      try bed.edit("    ports: [\"8080:80\"]\n", "    ports: [\"8080:80\"]\n    x-containr: {publish: docker-like}\n")
      try bed.up()
      #expect(try bed.pids() == pids)
      try bed.expectPage("\(host):8080", "hello\n", outside: true)
      let rules = try bed.shell("nft list ruleset")
      #expect(!rules.contains("hand-over") && rules.contains("publish6"), "nothing is handed over any more")
      try bed.shell("nft delete table inet mine")
    }
  }

  @Test("nobody speaks in another's name on our bridges: addresses, hardware addresses, ARP for the gateway, redirects")
  func spoofing() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let web = try #require(try bed.container("web").address())
      let app = try #require(try bed.container("app").address())
      let tool = """
        import socket, struct, sys
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(("eth0", 0))
        mac = open("/sys/class/net/eth0/address").read() if False else None
        own = s.getsockname()[4]
        def ip(a): return socket.inet_aton(a)
        def sum16(b):
            t = sum(struct.unpack("!%dH" % (len(b) // 2), b)); t = (t >> 16) + (t & 65535); return ~(t + (t >> 16)) & 65535
        def udp(source, target, ether=own, text=b"x"):
            u = struct.pack("!HHHH", 7, 9999, 8 + len(text), 0) + text
            h = struct.pack("!BBHHHBBH4s4s", 69, 0, 20 + len(u), 1, 0, 64, 17, 0, ip(source), ip(target))
            h = h[:10] + struct.pack("!H", sum16(h)) + h[12:]
            s.send(b"\\xff" * 6 + ether + b"\\x08\\0" + h + u)
        def arp(source, ether, target, frame=own):
            s.send(b"\\xff" * 6 + frame + b"\\x08\\x06" + struct.pack("!HHBBH", 1, 2048, 6, 4, 2) + ether + ip(source) + b"\\xff" * 6 + ip(target))

        """
      // The other side: what web's network hears of datagrams to its port 9999, of any source.
      let listener = try Command(
        "nsenter",
        [
          "-t", "\(try bed.pid("web"))", "-n", "python3", "-c",
          """
          import socket, time
          s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); s.settimeout(60)
          print("ready", flush=True)
          while True:
              p = s.recv(2000)
              if p[12:14] == b"\\x08\\0" and p[23] == 17 and p[36:38] == b"\\x27\\x0f":
                  if p[42:] == b"end": break
                  print("ip", socket.inet_ntoa(p[26:30]), p[42:], flush=True)
              if p[12:14] == b"\\x08\\x06" and p[20:22] == b"\\0\\2": print("arp", socket.inet_ntoa(p[28:32]), p[22:28].hex(), flush=True)
          """,
        ])
      defer { listener.signal(SIGKILL); _ = listener.wait() }
      try eventually("somebody listens") { listener.outputSoFar.contains("ready") }
      let resolv = try bed.run("containr", ["exec", "-p", "t", "app", "cat", "/etc/resolv.conf"]).output
      let gateway = String(try #require(resolv.split(whereSeparator: { $0 == " " || $0 == "\n" }).dropFirst().first))
      _ = try python(
        bed, "app",
        tool + """
          udp("\(app)", "\(web)", text=b"honest")
          udp("\(gateway)", "\(web)", text=b"gateway")
          udp("192.0.2.7", "\(web)", text=b"stranger")
          udp("\(app)", "\(web)", ether=b"\\2\\0\\0\\0\\0\\1", text=b"hardware")
          arp("\(gateway)", own, "\(web)")
          arp("\(app)", b"\\2\\0\\0\\0\\0\\1", "\(web)")
          arp("\(app)", own, "\(web)")
          udp("\(app)", "\(web)", text=b"end")
          """)
      // It ends with the last one, and what was sent before has come before.
      let heard = listener.wait().output
      #expect(heard.contains("ip \(app) b'honest'"), "what is true arrives: \(heard)")
      for word in ["gateway", "stranger", "hardware"] { #expect(!heard.contains("b'\(word)"), "\(heard)") }
      #expect(heard.contains("arp \(app) ") && !heard.contains("arp \(gateway) "), "\(heard)")
      #expect(!heard.contains("020000000001"), "\(heard)")
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test(
    "an internal network reaches neither the world nor this host beyond its name server, by whatever route; no stack another"
  )
  func walls() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try bed.sandbox.directory.write(
        "name: other\nservices: {o: {layers: [./base], command: [sleep, \"100000\"], stop_signal: SIGKILL}}\n",
        to: "other.yaml")
      try bed.run("containr-up", ["-d", "-y", "other.yaml"]).succeeding()
      let host = TestSandbox.hostAddress
      let server = try Command(
        "nsenter",
        ["--net=/run/netns/\(bed.sandbox.networkNamespace!)", "python3", "-m", "http.server", "-b", "0.0.0.0", "8099"],
        directory: bed.sandbox.directory.url)
      let world = try Command(
        "nsenter",
        ["--net=/run/netns/\(bed.sandbox.outside!)", "python3", "-m", "http.server", "-b", "0.0.0.0", "8098"],
        directory: bed.sandbox.directory.url)
      defer { for one in [server, world] { one.signal(SIGKILL); _ = one.wait() } }
      try eventually("the host serves") { try bed.fetch("127.0.0.1:8099").hasPrefix("<") }
      try eventually("the world serves") {
        try bed.fetch("\(TestSandbox.outsideAddress):8098").hasPrefix("<")
      }
      let web = try #require(try bed.container("web").address())
      let resolv = try bed.run("containr", ["exec", "-p", "t", "shut", "cat", "/etc/resolv.conf"]).output
      let gateway = String(try #require(resolv.split(whereSeparator: { $0 == " " || $0 == "\n" }).dropFirst().first))
      try run("nsenter", ["-t", "\(try bed.pid("shut"))", "-n", "ip", "route", "add", "default", "via", gateway])
        .succeeding()
      func tries(_ service: String, _ address: String, patience: Int = 20) throws -> Bool {
        try python(
          bed, service,
          """
          import socket
          s = socket.socket(); s.settimeout(\(patience))
          h, p = "\(address)".split(":")
          try: s.connect((h, int(p))); print("yes")
          except OSError: print("no")
          """) == "yes"
      }
      for address in [
        "\(TestSandbox.outsideAddress):8098", "\(host):8099", "\(gateway):8099", "\(web):80", "\(host):8080",
      ] {
        #expect(try !tries("shut", address, patience: 1), "shut reaches \(address)")
      }
      #expect(try tries("shut", "\(gateway):53"), "its name server")
      #expect(try tries("app", "\(TestSandbox.outsideAddress):8098"), "others reach the world")
      // pasta gives the user's network the host's own address.
      #expect(try tries("app", "\(host):8099") == (bed.sandbox.user == nil), "and this host")
      let rows = try JSONDecoder().decode(
        [ContainerAddresses].self, from: Data(try bed.run("containr", ["ps", "--json", "-p", "other"]).output.utf8))
      let other = try #require(rows.first?.addresses.first?.split(separator: " ").last)
      let probe = try bed.run("containr", ["exec", "-p", "t", "app", "ping", "-c", "1", "-W", "1", String(other)])
      #expect(probe.code != 0, "one stack from the other: \(probe)")
      let words = try bed.run(
        "containr", ["exec", "-p", "other", "o", "ip", "-6", "-o", "addr", "show", "scope", "global"]
      )
      .output.split(whereSeparator: { $0 == " " || $0 == "/" }).map(String.init)
      let other6 = try #require(words.first { $0.hasPrefix("fd") }, "\(words)")
      func ping6(_ patience: Int, _ run: ([String]) throws -> CommandResult) throws -> Bool {
        try run(["ping", "-6", "-c", "1", "-W", "\(patience)", other6]).code == 0
      }
      // A user's containers are in a network of the user's, which the host has no way into but ports.
      let isRoots = bed.sandbox.user == nil
      #expect(
        try ping6(isRoots ? 20 : 1) { try bed.sandbox.runInNetwork("busybox", $0) } == isRoots, "this host reaches it")
      #expect(
        try !ping6(1) { try bed.run("containr", ["exec", "-p", "t", "app"] + $0) }, "one stack the other by IPv6")
      try bed.run("containr-down", ["-y", "other.yaml"]).succeeding()
    }
  }

  private struct ContainerAddresses: Decodable { var addresses: [String] }

  /// Tables as Docker, firewalld, ufw and podman write them, cut to what is at our hooks.
  private static let foreign = """
    table ip nat {
      chain DOCKER { iifname "docker0" return; }
      chain PREROUTING { type nat hook prerouting priority -100; policy accept; fib daddr type local jump DOCKER; }
      chain POSTROUTING { type nat hook postrouting priority 100; policy accept; oifname != "docker0" ip saddr 172.17.0.0/16 masquerade; }
    }
    table ip filter {
      chain DOCKER-USER { return; }
      chain FORWARD { type filter hook forward priority 0; policy drop; jump DOCKER-USER; iifname "docker0" accept; }
      chain ufw-user-input { tcp dport 22 accept; }
      chain INPUT { type filter hook input priority 0; policy accept; ct state established,related accept; jump ufw-user-input; }
    }
    table inet firewalld {
      chain filter_INPUT { type filter hook input priority 10; policy accept; ct state { established, related } accept; iifname "lo" accept; ct state invalid drop; }
      chain filter_FORWARD { type filter hook forward priority 10; policy accept; ct state { established, related } accept; }
      chain nat_PREROUTING { type nat hook prerouting priority -90; policy accept; }
    }
    table inet netavark {
      chain FORWARD { type filter hook forward priority 0; policy accept; ct state invalid drop; }
      chain POSTROUTING { type nat hook postrouting priority 100; policy accept; ip saddr 10.88.0.0/16 masquerade; }
    }
    """

  @Test(
    "rules of Docker, ufw, firewalld and podman stay as they are; who drops what is forwarded is named; a flushed ruleset is repaired",
    .notAsUser("the host's rules do not stand in a user's network, nor the user's in the host's")
  )
  func coexistence() throws {
    try Bed.use(Self.stack) { bed in
      try bed.sandbox.directory.write(
        Self.foreign.replacingOccurrences(of: "; }", with: ";\n}").replacingOccurrences(of: "{ ", with: "{\n")
          .replacingOccurrences(of: "{\n established, related }", with: "{ established, related }"), to: "foreign.nft")
      try bed.shell("nft -f \(bed.path)/foreign.nft")
      let before = try bed.shell("nft -s list ruleset")
      let up = try bed.up()
      #expect(up.errors.contains("chain FORWARD of table ip filter drops what this host forwards"), "\(up)")
      let host = TestSandbox.hostAddress
      #expect(try bed.fetch("\(host):8080", outside: true, timeout: 1) == "curl 28")
      try bed.shell(
        "nft 'insert rule ip filter DOCKER-USER oifname \"\(bed.sandbox.linkPrefix)*\" accept; insert rule ip filter DOCKER-USER iifname \"\(bed.sandbox.linkPrefix)*\" accept'"
      )
      for port in [8080, 8081] { try bed.expectPage("\(host):\(port)", "hello\n", outside: true) }
      let ours = try bed.shell("nft list tables").split(separator: "\n").filter { $0.contains(bed.sandbox.nftTable) }
      #expect(ours.map { $0.split(separator: " ")[1] }.sorted() == ["bridge", "ip", "ip6"])
      try bed.shell("nft flush chain ip filter DOCKER-USER; nft add rule ip filter DOCKER-USER return")
      try bed.down()
      #expect(try bed.shell("nft -s list ruleset") == before)
      try bed.shell("nft flush ruleset")
      try bed.up()
      try bed.shell("nft flush ruleset")
      #expect(try bed.plan().contains("firewall"))
      try bed.up()
      for port in [8080, 8081] { try bed.expectPage("\(host):\(port)", "hello\n", outside: true) }
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }
}

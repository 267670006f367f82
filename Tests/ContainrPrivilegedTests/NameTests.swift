// Names as containers see them: links, further hosts, resolvers of their own, named ports, and what a killed supervisor
// does to them.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Names", .serialized, .asRoot)
struct NameTests {
  private static let stack = """
    services:
      web:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        links: ["db:store"]
        extra_hosts: ["nas=10.9.9.9", "box:host-gateway"]
        dns_search: [lan.example]
        dns_opt: ["ndots:1"]
      db:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        container_name: The-DB
        ports: [{target: 5432, name: sql, app_protocol: postgres}]
      other: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
    """

  /// The addresses that a container of the bed finds for a name; empty where there are none.
  private func addresses(_ bed: Bed, _ service: String, _ words: String) throws -> [String] {
    let result = try bed.run(
      "containr", ["exec", "-p", "t", service, "nslookup"] + words.split(separator: " ").map(String.init))
    let answer = result.output.components(separatedBy: "\n\n").dropFirst().joined(separator: "\n")
    return answer.split(separator: "\n").filter { $0.hasPrefix("Address") }.compactMap {
      $0.split(separator: " ").last.map(String.init)
    }
  }

  @Test(
    "a container is found by all its names, links lead one service alone, further hosts and domains are in the files")
  func names() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let db = try #require(try bed.container("db").address())
      for name in ["db", "t-db-1", "the-db"] {
        #expect(try addresses(bed, "other", "-type=a \(name)") == [db], "\(name)")
      }
      #expect(try addresses(bed, "web", "-type=a store.") == [db])
      #expect(try addresses(bed, "other", "-type=a store.").isEmpty, "the link is web's")
      let hosts = try bed.run("containr", ["exec", "-p", "t", "web", "cat", "/etc/hosts"]).output
      let gateway = try #require(
        bed.inside("ip -o -4 address show | grep \(bed.sandbox.linkPrefix)")
          .split(separator: " ").first { $0.contains("/") }?.split(separator: "/").first)
      #expect(hosts.contains("10.9.9.9\tnas\n") && hosts.contains("\(gateway)\tbox\n"), "\(hosts)")
      let resolv = try bed.run("containr", ["exec", "-p", "t", "web", "cat", "/etc/resolv.conf"]).output
      #expect(resolv == "nameserver \(gateway)\nsearch lan.example\noptions ndots:1\n")
      let service = try bed.run("containr", ["exec", "-p", "t", "other", "nslookup", "-type=srv", "_sql._tcp.db"])
        .output
      #expect(service.contains("0 0 5432 t-db-1"), "\(service)")
      let pids = try bed.pids()
      try bed.edit("    dns_search: [lan.example]\n", "    dns_search: [new.example]\n")
      try bed.edit("\"nas=10.9.9.9\"", "\"nas=10.9.9.8\"")
      try bed.edit("links: [\"db:store\"]", "links: [\"db:depot\"]")
      #expect(try bed.changes().map(\.effect).allSatisfy { $0 == "in place" || $0 == "none" })
      try bed.up()
      #expect(try bed.pids() == pids)
      #expect(
        try bed.run("containr", ["exec", "-p", "t", "web", "cat", "/etc/resolv.conf"]).output.contains("new.example"))
      #expect(
        try bed.run("containr", ["exec", "-p", "t", "web", "cat", "/etc/hosts"]).output.contains("10.9.9.8\tnas\n"))
      #expect(try addresses(bed, "web", "-type=a depot.") == [db] && addresses(bed, "web", "-type=a store.").isEmpty)
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test(
    "other names are asked of the host's resolver on loopback, of its successor once the file has changed, and of a service's own",
    .notAsUser("the host's loopback is asked by pasta, for what /etc/resolv.conf names alone"))
  func upstreams() throws {
    let stack = """
      services:
        web: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
        own: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, dns: 127.0.0.55 }
        shut: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, networks: [inner] }
      networks: { inner: { internal: true } }
      """
    try Bed.use(stack) { bed in
      // A resolver that answers each name with its own address.
      let resolver = try bed.sandbox.directory.write(
        """
        import socket, sys
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((sys.argv[1], 53))
        while True:
            q, a = s.recvfrom(4096)
            n = q.index(b"\\0", 12) + 5
            kind = q[n - 4:n - 2]
            r = b"" if kind != b"\\0\\1" else b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4" + socket.inet_aton(sys.argv[1])
            s.sendto(q[:2] + b"\\x81\\x80\\0\\1" + (b"\\0\\1" if r else b"\\0\\0") + b"\\0\\0\\0\\0" + q[12:n] + r, a)
        """, to: "resolver.py")
      _ = resolver
      let resolvers = try ["127.0.0.53", "127.0.0.54", "127.0.0.55"].map {
        try Command(
          "nsenter", ["--net=/run/netns/\(bed.sandbox.networkNamespace!)", "python3", "\(bed.path)/resolver.py", $0])
      }
      defer { for resolver in resolvers { resolver.signal(SIGKILL); _ = resolver.wait() } }
      try bed.sandbox.directory.write("nameserver 127.0.0.53\n", to: "resolv.conf")
      try bed.tryUp(environment: ["CONTAINR_RESOLV_CONF": "\(bed.path)/resolv.conf"]).succeeding()
      try eventually("the resolver on loopback answers") {
        try addresses(bed, "web", "-type=a example.com") == ["127.0.0.53"]
      }
      try bed.sandbox.directory.write("nameserver 127.0.0.54\n", to: "resolv.conf")
      try eventually("the new resolver answers") {
        try addresses(bed, "web", "-type=a example.com") == ["127.0.0.54"]
      }
      try eventually("a service's own answers") {
        try addresses(bed, "own", "-type=a example.com") == ["127.0.0.55"]
      }
      #expect(
        try addresses(bed, "shut", "-type=a example.com").isEmpty, "an internal network has no way out for names either"
      )
    }
  }

  @Test(
    "port 53 is that of whoever publishes it, or of the host's own resolver; every container keeps its name server, over both families",
    .notAsUser("ports below 1024 are not a user's")
  )
  func portOfNames() throws {
    let stack = """
      services:
        resolver:
          layers: [./base]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          ports: ["53:53/udp", "53:53/tcp"]
          x-containr: {publish: docker-like}
        web: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
        shut: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, networks: [inner] }
      networks: { inner: { internal: true } }
      """
    try Bed.use(stack) { bed in
      // Answers every name with one address.
      try bed.sandbox.directory.write(
        """
        import socket, sys
        t = socket.create_server(("0.0.0.0", 53))
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("0.0.0.0", 53))
        while True:
            q, a = s.recvfrom(4096)
            n = q.index(b"\\0", 12) + 5
            r = b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4" + socket.inet_aton(sys.argv[1])
            s.sendto(q[:2] + b"\\x81\\x80\\0\\1\\0\\1\\0\\0\\0\\0" + q[12:n] + r, a)
        """, to: "resolver.py")
      let host = "--net=/run/netns/\(bed.sandbox.networkNamespace!)"
      let outside = "--net=/run/netns/\(bed.sandbox.outside!)"
      func ask(_ place: String, _ address: String) throws -> String {
        try run(
          "nsenter",
          [
            place, "python3", "-c",
            """
            import socket
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5)
            try:
                s.connect(("\(address)", 53)); s.send(b"\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\2no\\2de\\0\\0\\1\\0\\1")
                print(socket.inet_ntoa(s.recv(512)[-4:]), end="")
            except OSError as e: print(e, end="")
            """,
          ]
        ).succeeding().output
      }
      // The host's own, on every address, was there before any of ours.
      let own = try Command("nsenter", [host, "python3", "\(bed.path)/resolver.py", "10.9.9.1"])
      var isOwn = true
      defer { if isOwn { own.signal(SIGKILL); _ = own.wait() } }
      try eventually("the host's own answers") { try ask(host, "127.0.0.1") == "10.9.9.1" }
      try bed.sandbox.directory.write(
        "name: other\nservices: {o: {layers: [./base], command: [sleep, \"100000\"], stop_signal: SIGKILL}}\n",
        to: "other.yaml")
      try bed.run("containr-up", ["-d", "-y", "other.yaml"]).succeeding()
      let found = try bed.run("containr", ["exec", "-p", "other", "o", "nslookup", "-type=a", "o"])
      #expect(found.code == 0 && found.output.contains("Name:\to"), "\(found)")
      #expect(try ask(host, "127.0.0.1") == "10.9.9.1")
      own.signal(SIGKILL)
      _ = own.wait()
      isOwn = false
      // Our own name servers are not in the way.
      try bed.up()
      let published = try Command(
        "nsenter", ["-t", "\(try bed.pid("resolver"))", "-n", "python3", "\(bed.path)/resolver.py", "10.9.9.2"])
      defer { published.signal(SIGKILL); _ = published.wait() }
      for place in [outside, host] {
        try eventually("the published one answers") { try ask(place, TestSandbox.hostAddress) == "10.9.9.2" }
      }
      let web = try #require(try bed.container("web").address())
      for service in ["web", "resolver"] { #expect(try addresses(bed, service, "-type=a web.") == [web]) }
      let shut = try #require(try bed.container("shut").address("inner"))
      #expect(try addresses(bed, "shut", "-type=a shut.") == [shut])
      #expect(try addresses(bed, "web", "-type=a no.de \(TestSandbox.hostAddress)") == ["10.9.9.2"])
      let resolv = try bed.run("containr", ["exec", "-p", "t", "web", "cat", "/etc/resolv.conf"]).output
      let gateway = try #require(resolv.split(whereSeparator: { $0 == " " || $0 == "\n" }).dropFirst().first)
      let bridge = try #require(
        try bed.inside("ip -o -4 address show to \(gateway)").split(separator: " ").dropFirst().first)
      let gateway6 = try #require(
        try bed.inside("ip -o -6 address show dev \(bridge) scope global").split(separator: " ")
          .first { $0.contains("/64") }?.dropLast(3))
      #expect(try addresses(bed, "web", "-type=a web. \(gateway6)") == [web])
      #expect(try bed.plan().hasPrefix("nothing to do"))
      try bed.run("containr-down", ["-y", "other.yaml"]).succeeding()
    }
  }

  @Test("names are answered again within a second after the supervisor was killed, whatever else is left alone")
  func killed() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let (pids, db) = (try bed.pids(), try #require(try bed.container("db").address()))
      let resolv = try bed.run("containr", ["exec", "-p", "t", "web", "cat", "/etc/resolv.conf"]).output
      let gateway = try #require(resolv.split(whereSeparator: { $0 == " " || $0 == "\n" }).dropFirst().first)
      var last: Int32 = 0
      var passed: [Double] = []
      // Three times, and as often again as a full machine needs to show it once.
      while passed.count < 3 || (passed.count < 10 && passed.min() ?? 0 >= TestPace.factor) {
        try eventually("there is another supervisor") { try bed.supervisor().map { $0 != last } ?? false }
        let supervisor = try #require(try bed.supervisor())
        last = supervisor
        try eventually("names are answered") { try addresses(bed, "web", "-type=a db.") == [db] }
        // Asks on and on, as busy clients do, and answers how long nobody heard it.
        let ask = """
          import os, signal, socket, time
          query = b"\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\2db\\0\\0\\1\\0\\1"
          def ask():
              s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(0.05)
              try: s.connect(("\(gateway)", 53)); s.send(query); return len(s.recv(512)) > 30
              except OSError: return False
          assert any(ask() for _ in range(400))
          os.kill(\(supervisor), signal.SIGKILL)
          begin = time.monotonic()
          while not ask(): pass
          print(time.monotonic() - begin)
          """
        passed.append(
          try #require(
            Double(
              try run("nsenter", ["-t", "\(pids["web-1"] ?? 0)", "-n", "python3", "-c", ask]).succeeding().output
                .trimmingCharacters(in: .whitespacesAndNewlines))))
      }
      #expect(try #require(passed.min()) < 1 * TestPace.factor, "after \(passed) s")
      #expect(try bed.pids() == pids)
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("who asked the supervisor to end is obeyed by its keeper, and one whose keeper was killed goes on")
  func keeper() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let supervisor = try #require(try bed.supervisor())
      kill(try #require(try bed.keeper()), SIGKILL)
      usleep(200_000)
      #expect(try bed.supervisor() == supervisor)
      kill(supervisor, SIGTERM)
      try eventually("it has ended") { try bed.supervisor() == nil }
      try bed.up()
      #expect(try bed.keeper() != nil)
      kill(try #require(try bed.supervisor()), SIGTERM)
      try eventually("both have ended") { try bed.supervisor() == nil && bed.keeper() == nil }
      #expect(try bed.plan().contains("supervisor t"))
    }
  }
}

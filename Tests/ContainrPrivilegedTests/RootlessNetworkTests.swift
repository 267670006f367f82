// What comes by published ports of an ordinary user's stack, and what goes out without pasta. Numbers from 23021 on.
import ContainrTestSupport
import Foundation
import Testing

@Suite(
  "the network of an ordinary user's stack", .serialized, .asRoot,
  .notAsUser("it runs as users of its own in every run"))
struct RootlessNetworkTests {
  /// Tells each client who it is taken for: by TCP port 80 and UDP port 7.
  private static let server = """
    import socket, threading
    family = socket.AF_INET6
    def tcp():
      s = socket.socket(family, socket.SOCK_STREAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
      s.bind(("", 80)); s.listen(64)
      while True:
        c, who = s.accept()
        threading.Thread(target=serve, args=(c, who)).start()
    def serve(c, who):
      text = b""
      while True:
        part = c.recv(65536)
        if not part: break
        text += part
      c.sendall((who[0].replace("::ffff:", "") + " %d\\n" % len(text)).encode()); c.close()
    def udp():
      s = socket.socket(family, socket.SOCK_DGRAM); s.bind(("", 7))
      while True:
        text, who = s.recvfrom(65536); s.sendto(who[0].replace("::ffff:", "").encode(), who)
    threading.Thread(target=tcp).start()
    udp()
    """
  /// `ADDRESS TCP-PORT UDP-PORT`: who we are taken for, by both.
  private static let client = """
    import socket, sys, time
    place, tcp, udp = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    family = socket.AF_INET6 if ":" in place else socket.AF_INET
    for attempt in range(300):
      try:
        s = socket.create_connection((place, tcp), 5); s.settimeout(20)
        s.sendall(b"x" * 1000000); s.shutdown(socket.SHUT_WR)
        text = b""
        while not text.endswith(b"\\n"):
          part = s.recv(100)
          if not part: break
          text += part
        if text: break
      except OSError: pass
      time.sleep(0.1)
    print(text.decode().strip())
    s = socket.socket(family, socket.SOCK_DGRAM); s.settimeout(0.3); s.connect((place, udp))
    for attempt in range(100):
      try:
        s.send(b"x"); print(s.recv(100).decode()); break
      except (TimeoutError, ConnectionRefusedError): pass
    """

  private static let stack = """
    services:
      open:
        layers: [./base]
        command: [sleep, "100000"]
        ports: ["18080:80", "18007:7/udp"]
        networks: [front, back]
        stop_grace_period: 0s
      inner:
        layers: [./base]
        command: [sleep, "100000"]
        ports: ["18081:80", "18008:7/udp"]
        networks: [back]
        stop_grace_period: 0s
    networks: {front: {}, back: {internal: true}}

    """

  @Test(
    "a container sees the client's own address; that of its gateway for the loopback's, and where nothing leads out")
  func clients() throws {
    try UserBed.use(Self.stack, uid: 23021) { bed in
      let up = try bed.asUser("containr-up", "-d", "-y", "stack.yaml")
      #expect(up.code == 0 && !up.errors.contains("gateway"), "\(up)")
      var servers: [Command] = []
      defer {
        for server in servers {
          server.signal(SIGKILL)
          _ = server.wait()
        }
      }
      for service in ["open", "inner"] {
        servers.append(
          try Command(
            "nsenter", ["-t", "\(try bed.pid(of: service))", "--net", "python3", "-c", Self.server]))
      }
      func outside(_ ports: String...) throws -> [String] {
        try bed.sandbox.runOutside("python3", ["-c", Self.client, TestSandbox.hostAddress] + ports).succeeding().output
          .split(separator: "\n").map(String.init)
      }
      func inside(_ address: String, _ ports: String...) throws -> [String] {
        try bed.sandbox.runInNetwork("python3", ["-c", Self.client, address] + ports).succeeding().output
          .split(separator: "\n").map(String.init)
      }
      let world = TestSandbox.outsideAddress
      #expect(try outside("18080", "18007") == ["\(world) 1000000", world])
      #expect(
        try inside(TestSandbox.hostAddress, "18080", "18007") == [
          "\(TestSandbox.hostAddress) 1000000", TestSandbox.hostAddress,
        ])
      let networks = try bed.asUser("containr", "exec", "-T", "open", "ip", "route").succeeding().output
      let gateway = try #require(
        networks.split(separator: "\n").first { $0.hasPrefix("default") }?.split(separator: " ").dropFirst(2).first)
      #expect(try inside("127.0.0.1", "18080", "18007") == ["\(gateway) 1000000", String(gateway)])
      // What is of an internal network alone this host reaches, by loopback, and nobody else.
      for address in ["127.0.0.1", "::1"] {
        let taken = try inside(address, "18081", "18008")
        #expect(taken.count == 2 && taken[0] == "\(taken[1]) 1000000", "\(taken)")
      }
      let sockets = try bed.sandbox.runInNetwork("ss", ["-Hltun"]).succeeding().output.split(separator: "\n")
        .compactMap { $0.split(separator: " ").dropFirst(4).first }
      #expect(
        Set(sockets.filter { $0.hasSuffix(":18081") || $0.hasSuffix(":18008") })
          == ["127.0.0.1:18081", "[::1]:18081", "127.0.0.1:18008", "[::1]:18008"], "\(sockets)")
      let refused = try bed.sandbox.runOutside(
        "python3", ["-c", "import socket; socket.create_connection((\"\(TestSandbox.hostAddress)\", 18081), 5)"])
      #expect(refused.code != 0 && refused.errors.contains("refused"), "\(refused)")
      // Further commands find it as it is.
      try bed.asUser("containr", "restart", "inner").succeeding()
      #expect(try outside("18080", "18007") == ["\(world) 1000000", world])
    }
  }

  @Test(
    "a port of an internal network at another address than loopback would be everybody's: it is refused, with a way out"
  )
  func internalAtAddress() throws {
    let stack = """
      services:
        inner: {layers: [./base], command: [sleep, "100000"], ports: ["\(TestSandbox.hostAddress):18081:80"], networks: [back]}
      networks: {back: {internal: true}}

      """
    try UserBed.use(stack, uid: 23025) { bed in
      let up = try bed.asUser("containr-up", "-d", "-y", "stack.yaml")
      #expect(
        up.code != 0 && up.errors.contains("port \(TestSandbox.hostAddress):18081/tcp: its networks are internal")
          && up.errors.contains("leave the address out"), "\(up)")
      try bed.write(stack.replacingOccurrences(of: "\(TestSandbox.hostAddress):18081", with: "127.0.0.1:18081"))
      try bed.asUser("containr-up", "-d", "-y", "stack.yaml").succeeding()
    }
  }

  @Test("without pasta slirp4netns leads out, ports come in, and it ends with the stack")
  func slirp() throws {
    let stack = """
      services:
        web:
          layers: [./base]
          command: [sh, -c, "echo page > /tmp/index.html; exec httpd -f -p 80 -h /tmp"]
          ports: ["18080:80"]
          healthcheck: {test: [CMD, nc, "-w", "1", "127.0.0.1", "80"], interval: 100ms}
          stop_grace_period: 0s

      """
    try UserBed.use(stack, uid: 23022, hidden: ["pasta", "pasta.avx2", "passt"]) { bed in
      try bed.sandbox.directory.write("world\n", to: "www/index.html")
      let words = { (place: String) in ["busybox", "httpd", "-f", "-p", place, "-h", bed.path + "/www"] }
      let world = try Command("nsenter", ["--net=/run/netns/\(bed.sandbox.outside!)"] + words("8000"))
      let own = try Command("nsenter", ["--net=/run/netns/\(bed.sandbox.networkNamespace!)"] + words("127.0.0.1:8000"))
      defer {
        for server in [world, own] {
          server.signal(SIGKILL)
          _ = server.wait()
        }
      }
      try eventually("both servers listen") {
        try bed.sandbox.runInNetwork("curl", ["-s", "http://\(TestSandbox.outsideAddress):8000/"]).code == 0
          && bed.sandbox.runInNetwork("curl", ["-s", "http://127.0.0.1:8000/"]).code == 0
      }
      let up = try bed.asUser("containr-up", "-d", "--wait", "-y", "stack.yaml")
      #expect(up.code == 0 && !up.errors.contains("warning"), "\(up)")
      #expect(try bed.processes().contains { $0.contains("slirp4netns") })
      #expect(try !bed.processes().contains { $0.contains("pasta") })
      func fetch(_ address: String) throws -> CommandResult {
        try bed.asUser(
          "containr", "exec", "-T", "web", "sh", "-c",
          "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | timeout 5 nc \(address) 8000")
      }
      let page = try fetch(TestSandbox.outsideAddress)
      #expect(page.output.hasSuffix("world\n"), "\(page)")
      // 10.0.2.2 is slirp's name for the host's loopback.
      for address in ["127.0.0.1", "10.0.2.2"] { #expect(try !fetch(address).output.contains("world"), "\(address)") }
      let came = try bed.sandbox.runOutside("curl", ["-s", "-m", "5", "http://\(TestSandbox.hostAddress):18080/"])
      #expect(came.output == "page\n", "\(came)")
      #expect(
        try bed.asUser("containr", "doctor", "--json").output.contains("\"found\": \"/usr/bin/slirp4netns\""))
    }
  }

  @Test("without either containers see each other alone, which is said")
  func nothing() throws {
    let stack = "services: {a: {layers: [./base], command: [sleep, \"100000\"], stop_grace_period: 0s}}\n"
    try UserBed.use(stack, uid: 23023, hidden: ["pasta", "pasta.avx2", "passt", "slirp4netns"]) { bed in
      let up = try bed.asUser("containr-up", "-d", "-y", "stack.yaml")
      #expect(up.code == 0 && up.errors.contains("neither pasta nor slirp4netns is installed"), "\(up)")
    }
  }

  @Test("low ports are published where the host gives them to users")
  func lowPorts() throws {
    let stack = """
      services:
        web:
          layers: [./base]
          command: [sh, -c, "echo page > /tmp/index.html; exec httpd -f -p 80 -h /tmp"]
          ports: ["80:80"]
          healthcheck: {test: [CMD, nc, "-w", "1", "127.0.0.1", "80"], interval: 100ms}
          stop_grace_period: 0s

      """
    try UserBed.use(stack, uid: 23024) { bed in
      // Of the bed's network alone.
      try bed.sandbox.runInNetwork("sysctl", ["-qw", "net.ipv4.ip_unprivileged_port_start=80"]).succeeding()
      let up = try bed.asUser("containr-up", "-d", "--wait", "-y", "stack.yaml")
      #expect(up.code == 0, "\(up)")
      let page = try bed.sandbox.runOutside("curl", ["-s", "-m", "5", "http://\(TestSandbox.hostAddress)/"])
      #expect(page.output == "page\n", "\(page)")
      try bed.write(stack.replacingOccurrences(of: "80:80", with: "79:80"))
      let lower = try bed.asUser("containr-up", "-d", "-y", "stack.yaml")
      #expect(lower.code != 0 && lower.errors.contains("net.ipv4.ip_unprivileged_port_start=79"), "\(lower)")
    }
  }

  @Test("a user reaches registries on the host's loopback, by either family and by name; containers do not")
  func loopbackRegistry() throws {
    let stack = "services: {a: {layers: [./base], command: [sleep, \"100000\"], stop_grace_period: 0s}}\n"
    try UserBed.use(stack, uid: 23029) { bed in
      let inside = "/run/netns/\(bed.sandbox.networkNamespace!)"
      let layout = ImageLayout(directory: bed.path + "/layout")
      try layout.add("demo", layers: [bed.home + "/stack/base"], config: #"{"Cmd":["true"]}"#)
      // The sandbox has a loopback of its own: nobody else is at these ports.
      let registries = try [("v4", "127.0.0.1:5000"), ("v6", "[::1]:5001")].map { name, address in
        let config = try bed.sandbox.directory.write(
          """
          version: 0.1
          log: {level: warn, accesslog: {disabled: true}}
          storage: {filesystem: {rootdirectory: '\(bed.path)/registry'}}
          http: {addr: '\(address)'}

          """, to: name + ".yml")
        return try Command(
          "nsenter", ["--net=" + inside, "docker-registry", "serve", config],
          environment: ["OTEL_TRACES_EXPORTER": "none"])
      }
      defer {
        for registry in registries {
          registry.signal(SIGKILL)
          _ = registry.wait()
        }
      }
      for address in ["127.0.0.1:5000", "[::1]:5001"] {
        try eventually("a registry at \(address)") {
          try bed.sandbox.runInNetwork("curl", ["-sg", "http://\(address)/v2/"]).code == 0
        }
        // Both have the same images.
        if address.hasPrefix("127") {
          try bed.sandbox.runInNetwork(
            "skopeo",
            ["copy", "--dest-tls-verify=false", "oci:\(layout.directory):demo", "docker://\(address)/demo:1"]
          ).succeeding()
        }
        let pull = try bed.asUser("containr", "image", "pull", "\(address)/demo:1")
        #expect(pull.code == 0, "\(pull)")
      }
      let named = try bed.asUser("containr", "image", "pull", "localhost:5000/demo:1")
      #expect(named.code == 0, "\(named)")
      let push = try bed.asUser("containr", "image", "push", "127.0.0.1:5000/demo:1", "127.0.0.1:5000/other:1")
      #expect(push.code == 0, "\(push)")
      // What is told of a port where nobody listens is what it would be outside.
      let nobody = try bed.asUser("containr", "image", "pull", "127.0.0.1:5009/demo:1")
      #expect(nobody.code == 1 && nobody.errors.contains("no connection to 127.0.0.1:5009"), "\(nobody)")
      try bed.asUser("containr-up", "-d", "-y", "stack.yaml").succeeding()
      let container = try bed.asUser(
        "containr", "exec", "-T", "a", "nc", "-w", "2", "127.0.0.1", "5000")
      #expect(container.code != 0, "\(container)")
    }
  }
}

// The stack of the issue: a web server with a published port, an app that calls it by name, a job before it.
import ContainrTestSupport
import Foundation
import Testing

@Suite("The main job", .serialized, .asRoot)
struct HelloStackTests {
  private static let stack = """
    services:
      web:
        layers: [./base.tar, ./site]
        networks: { default: { ipv4_address: 10.77.1.5 } }
        entrypoint: [/bin/sh, -c]
        command: ["echo made > /www/made.txt; exec httpd -f -p $$PORT -h /www"]
        environment: { PORT: "80" }
        ports: ["8080:80"]
        stop_signal: SIGKILL
        mem_limit: 64m
        healthcheck: { test: [CMD-SHELL, "nc -w 10 127.0.0.1 80 < /dev/null"], interval: 1s, start_interval: 50ms, start_period: 60s }
      job:
        layers: [./base.tar]
        command: [sh, -c, "sleep 0.4; echo done > /data/done"]
        volumes: ["data:/data"]
      app:
        layers: [./base.tar]
        command:
          - sh
          - -c
          - |
            { cat /data/done
            printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 30 web 80 | tail -n 1
            printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 30 198.51.100.1 8080 | tail -n 1
            echo END; } > /out/app 2>&1
            sleep 100000
        volumes: ["data:/data:ro", "./out:/out"]
        stop_signal: SIGKILL
        depends_on:
          web: { condition: service_healthy }
          job: { condition: service_completed_successfully }
      neighbour:
        layers: [./base.tar]
        networks: [other]
        command:
          - sh
          - -c
          - |
            { printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 30 198.51.100.1 8080 | tail -n 1
            nc -w 1 web 80 < /dev/null && echo "found web"
            nc -w 1 $$WEB 80 < /dev/null && echo "reached web past the network"
            echo END; } > /out/neighbour 2>&1
            sleep 100000
        environment: { WEB: 10.77.1.5 }
        volumes: ["./out:/out"]
        stop_signal: SIGKILL
        depends_on: { web: { condition: service_healthy } }
    networks:
      default: { ipam: { config: [{ subnet: 10.77.1.0/24 }] } }
      other: {}
    volumes:
      data:
    """

  @Test(
    "a job completes before the app starts, which calls the web server by its name; the page is published everywhere")
  func wholeStack() throws {
    try Bed.use { bed in
      try bed.sandbox.directory.write("hello\n", to: "site/www/index.html")
      try BaseLayer.pack(bed.path + "/base", into: bed.path + "/base.tar")
      try bed.write(Self.stack)
      let up = try bed.up("--wait")
      #expect(up.output.contains("t is up"), "\(up)")

      let app = try bed.output("app").split(separator: "\n").map(String.init)
      #expect(app.first == "done", "the app started after the job was done: \(app)")
      #expect(app.dropFirst() == ["hello", "hello"], "web by its name, and by the host's address: \(app)")
      let neighbour = try bed.output("neighbour").split(separator: "\n").map(String.init)
      #expect(neighbour.first == "hello", "another network asked the host's address: \(neighbour)")
      #expect(!neighbour.contains { $0.contains("found web") || $0.contains("reached") }, "\(neighbour)")

      try bed.expectPage("127.0.0.1:8080", "hello\n")
      try bed.expectPage("localhost:8080", "hello\n")
      try bed.expectPage("\(TestSandbox.hostAddress):8080", "hello\n")
      try bed.expectPage("\(TestSandbox.hostAddress):8080", "hello\n", outside: true)
      // The writable layer is the container's; the layers below stay as they are.
      try bed.expectPage("127.0.0.1:8080/made.txt", "made\n")
      #expect(!bed.exists("site/www/made.txt"))

      let rows = try bed.ps()
      #expect(rows.map(\.name) == ["t-app-1", "t-job-1", "t-neighbour-1", "t-web-1"])
      #expect(try bed.container("job").state == "exited")
      #expect(try bed.container("job").exitCode == 0)
      #expect(try bed.container("web").health == "healthy")
      #expect(try bed.container("web").ports == ["0.0.0.0:8080->80/tcp", "[::]:8080->80/tcp"])
      #expect(try bed.container("web").memoryLimit == 64 << 20)
      #expect(try bed.container("web").address() == "10.77.1.5")

      let table = try bed.run("containr", ["ps", "-p", "t"]).succeeding().output
      #expect(table.hasPrefix("NAME"))
      #expect(table.split(separator: "\n").count == 5, "\(table)")

      #expect(try bed.up().output.contains("nothing to do: 4 containers match"))
      try bed.down()
      #expect(bed.exists("state"), "the volume stays without -v")
    }
  }

  @Test("a port that is bound to 127.0.0.1 is not reached from the world outside, not even by a forged route")
  func localPort() throws {
    try Bed.use(
      """
      services:
        web:
          layers: [./base]
          command: [sh, -c, "mkdir /www; echo local > /www/index.html; exec httpd -f -p 80 -h /www"]
          ports: ["127.0.0.1:8080:80"]
          stop_signal: SIGKILL
      """
    ) { bed in
      try bed.up()
      try bed.expectPage("127.0.0.1:8080", "local\n")
      #expect(try bed.fetch("\(TestSandbox.hostAddress):8080", timeout: 1) != "local\n")
      #expect(try bed.fetch("\(TestSandbox.hostAddress):8080", outside: true, timeout: 1) != "local\n")
      // A neighbour on the link who sends packets for 127.0.0.1, or for the container itself, to the host.
      let address = try #require(try bed.container("web").address())
      try bed.sandbox.runOutside("ip", ["route", "add", address + "/32", "via", TestSandbox.hostAddress]).succeeding()
      #expect(try bed.fetch("\(address):80", outside: true, timeout: 1) != "local\n")
      try bed.sandbox.runOutside(
        "sh",
        [
          "-c",
          "echo 1 > /proc/sys/net/ipv4/conf/world/route_localnet; ip addr del 127.0.0.1/8 dev lo; "
            + "ip route add 127.0.0.1/32 via 198.51.100.1",
        ]
      ).succeeding()
      #expect(try bed.fetch("127.0.0.1:8080", outside: true, timeout: 1) != "local\n")
    }
  }

  @Test("containers reach the world outside through the host's address, those of an internal network do not")
  func outgoing() throws {
    // The caller's input does not end: Debian 12's pasta forgets a connection that was closed by the client first.
    try Bed.use(
      """
      x-call: &call
        layers: [./base]
        volumes: ["./out:/out"]
        command: [sh, -c, "{ mkfifo f; exec 3<>f; printf 'GET /x HTTP/1.0\\r\\n\\r\\n' >&3; nc -w $$PATIENCE 198.51.100.2 9999 <&3; echo END; } > /out/$$NAME 2>&1"]
      services:
        open: { <<: *call, environment: { NAME: open, PATIENCE: 30 } }
        closed: { <<: *call, environment: { NAME: closed, PATIENCE: 2 }, networks: [inner] }
      networks:
        inner: { internal: true }
      """
    ) { bed in
      let server = try Command(
        "nsenter",
        ["--net=/run/netns/\(try #require(bed.sandbox.outside))", "busybox", "httpd", "-f", "-vv", "-p", "9999"])
      defer { server.signal(SIGKILL) }
      try eventually("the world serves") {
        try bed.sandbox.runOutside("cat", ["/proc/net/tcp", "/proc/net/tcp6"]).output.contains(":270F ")
      }
      try bed.up()
      let answer = try bed.output("open")
      #expect(answer.contains("404"), "\(answer)")
      #expect(!(try bed.output("closed")).contains("404"))
      // The world outside sees the host's address and no other.
      try eventually("the call is written down") { server.errorsSoFar.contains("404") }
      let callers = server.errorsSoFar.split(separator: "\n").filter { $0.contains("404") }
      #expect(
        !callers.isEmpty && callers.allSatisfy { $0.contains("198.51.100.1]") || $0.contains("198.51.100.1:") },
        "\(server.errorsSoFar)")
    }
  }

  @Test("forwarding is turned on only where it is needed, said so, and turned back")
  func forwarding() throws {
    try Bed.use(
      """
      services:
        a: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, ports: ["8080:80"] }
      networks:
        default: { internal: true }
      """
    ) { bed in
      func setting(_ link: String) throws -> String {
        try bed.inside("cat /proc/sys/net/ipv4/conf/\(link)/forwarding").trimmingCharacters(in: .newlines)
      }
      let inner = try bed.up()
      #expect(try setting("uplink") == "0" && setting("all") == "0", "an internal network needs nothing of the uplink")
      #expect(!inner.errors.contains("uplink"), "\(inner)")
      try bed.down()
      try bed.edit("internal: true", "internal: false")
      let open = try bed.up()
      #expect(try setting("uplink") == "1" && setting("all") == "0" && setting("lo") == "0")
      #expect(open.errors.contains("/proc/sys/net/ipv4/conf/uplink/forwarding is 1 now, was 0"), "\(open)")
      try bed.down()
      #expect(try setting("uplink") == "0")
    }
  }

  @Test("two stacks do not reach each other, nor the host's loopback services, past what is published")
  func isolation() throws {
    try Bed.use(
      """
      services:
        web:
          layers: [./base]
          command: [sh, -c, "mkdir /www; echo one > /www/index.html; exec httpd -f -p 80 -h /www"]
          stop_signal: SIGKILL
      """
    ) { bed in
      try bed.up()
      let address = try #require(try bed.container("web").address())
      let gateway = address.split(separator: ".").dropLast().joined(separator: ".") + ".1"
      // A service of the host that listens on its loopback only.
      try bed.sandbox.directory.write("secret", to: "local/index.html")
      let local = try Command(
        "nsenter",
        ["--net=/run/netns/\(try #require(bed.sandbox.networkNamespace))", "busybox", "httpd", "-f", "-p"]
          + ["127.0.0.1:7777", "-h", bed.path + "/local"])
      defer { local.signal(SIGKILL) }
      try bed.expectPage("127.0.0.1:7777", "secret")
      try bed.sandbox.directory.write(
        """
        name: u
        services:
          spy:
            layers: [./base]
            cap_add: [NET_ADMIN]
            volumes: ["./out:/out"]
            command:
              - sh
              - -c
              - |
                {
                nc -w 1 \(address) 80 < /dev/null && echo "reached the other stack"
                nc -w 1 web 80 < /dev/null && echo "found the other stack by name"
                printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 1 127.0.0.1 7777
                printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 1 \(gateway) 7777
                printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 1 198.51.100.1 7777
                ip route add 127.0.0.1/32 via $$(ip route | grep default | cut -d' ' -f3) 2>/dev/null
                echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet
                ip addr del 127.0.0.1/8 dev lo 2>&1
                printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 1 127.0.0.1 7777
                echo END
                } > /out/spy 2>&1
                sleep 100000
            stop_signal: SIGKILL
        """, to: "other.yaml")
      defer { _ = try? bed.run("containr-down", ["-v", "other.yaml"]) }
      try bed.run("containr-up", ["-d", "other.yaml"]).succeeding()
      let spy = try bed.output("spy")
      #expect(!spy.contains("reached") && !spy.contains("found") && !spy.contains("secret"), "\(spy)")
      // Each is taken down by itself.
      try bed.down()
      #expect(try bed.run("containr", ["ps", "-p", "u"]).succeeding().output.contains("t-spy") == false)
      #expect(try bed.run("containr", ["ps", "-p", "u"]).succeeding().output.contains("u-spy-1"))
      try bed.run("containr-down", ["-v", "other.yaml"]).succeeding()
    }
  }
}

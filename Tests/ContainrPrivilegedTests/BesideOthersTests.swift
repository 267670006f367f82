// Stacks beside each other and beside others of this host: what one does leaves the rest as it is.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Beside others", .serialized, .asRoot)
struct BesideOthersTests {
  private func service(_ name: String, _ more: String = "") -> String {
    "  \(name): { layers: [./base], command: [sleep, \"1000\"], stop_signal: SIGKILL\(more.isEmpty ? "" : ", " + more) }\n"
  }

  private func inside(_ bed: Bed, _ stack: String, _ service: String, _ script: String) throws -> CommandResult {
    try bed.run("containr", ["exec", "-p", stack, service, "sh", "-c", script])
  }

  @Test("down of a network's owner leaves it to those who are on it, and says so")
  func guests() throws {
    try Bed.use { bed in
      try bed.write("services:\n" + service("a"))
      try bed.up()
      try bed.sandbox.directory.write(
        "name: u\nservices:\n" + service("b", "networks: [shared]")
          + "networks: { shared: { external: true, name: t_default } }\n", to: "other.yaml")
      try bed.run("containr-up", ["-d", "-y", "other.yaml"]).succeeding()
      let reach = "ping -c 1 -W 20 \(TestSandbox.outsideAddress)"
      #expect(try inside(bed, "u", "b", reach).code == 0)
      // Made again it would be gone for a moment as well.
      try bed.edit("services:", "networks: { default: { ipam: { config: [ { subnet: 10.96.7.0/24 } ] } } }\nservices:")
      let refused = try bed.tryUp()
      #expect(refused.code == 2 && refused.errors.contains("error[network-in-use]"), "\(refused)")
      let down = try bed.run("containr-down", ["-y", Bed.file])
      #expect(down.code != 0 && down.errors.contains("in use by container u-b-1 of other stacks"), "\(down)")
      #expect(try bed.run("containr", ["ps", "-q", "-p", "t"]).output.isEmpty)
      let still = try inside(bed, "u", "b", reach)
      #expect(still.code == 0, "\(still)")
      #expect(try bed.run("containr", ["plan", "other.yaml"]).output.hasPrefix("nothing to do"))
      try bed.run("containr-down", ["-y", "other.yaml"]).succeeding()
      try bed.run("containr-down", ["-y", Bed.file]).succeeding()
    }
  }

  @Test("an up that waits for long writes nothing over what other stacks did meanwhile")
  func meanwhile() throws {
    try Bed.use { bed in
      let web = "command: [httpd, -f, -p, \"80\", -h, /etc]"
      func other(_ name: String, _ port: Int) throws {
        try bed.sandbox.directory.write(
          "name: \(name)\nservices:\n  web: { layers: [./base], \(web), stop_signal: SIGKILL, ports: [\"\(port):80\"] }\n",
          to: "\(name).yaml")
        try bed.run("containr-up", ["-d", "-y", "\(name).yaml"]).succeeding()
      }
      try other("u", 8081)
      try bed.write(
        """
        services:
          slow:
            layers: [./base]
            volumes: ["./out:/out"]
            command: [sleep, "1000"]
            stop_signal: SIGKILL
            ports: ["8080:80"]
            healthcheck: { test: [CMD, test, -f, /out/well], interval: 1s, start_interval: 50ms, start_period: 100s }

        """)
      let up = try bed.sandbox.start("containr-up", ["-d", "-y", "--wait", Bed.file])
      try eventually("it waits") { bed.exists("run/stacks/t/health/t-slow-1") }
      try bed.run("containr-down", ["-y", "u.yaml"]).succeeding()
      try other("v", 8082)
      try bed.sandbox.directory.write("", to: "out/well")
      let result = up.wait()
      #expect(result.code == 0, "\(result)")
      try eventually("the new one serves") { try bed.fetch("127.0.0.1:8082/hosts").contains("localhost") }
      #expect(try !bed.inside("nft list table ip \(bed.sandbox.nftTable)").contains("u-web-1"))
      for file in [Bed.file, "v.yaml"] {
        #expect(try bed.run("containr", ["plan", file]).output.hasPrefix("nothing to do"), "\(file)")
      }
      try bed.run("containr-down", ["-y", "v.yaml"]).succeeding()
    }
  }

  @Test("a bridge that is somebody else's by now is not taken away")
  func strangers() throws {
    try Bed.use { bed in
      let bridge = "br-\(bed.sandbox.linkPrefix)"
      try bed.write(
        "services:\n" + service("a")
          + "networks: { default: { driver_opts: { com.docker.network.bridge.name: \(bridge) } } }\n")
      try bed.up()
      try bed.inside("ip link delete \(bridge); ip link add \(bridge) type bridge")
      _ = try bed.run("containr-down", ["-y", Bed.file])
      #expect(try bed.inside("ip -o link").contains("\(bridge):"))
      try bed.inside("ip link delete \(bridge)")
      try bed.run("containr-down", ["-y", Bed.file]).succeeding()
    }
  }

  @Test(
    "forwarding that others want as well outlives our last network",
    .notAsUser("a user's network, with its settings, goes with the user's last stack"))
  func forwarding() throws {
    try Bed.use { bed in
      let uplink = "/proc/sys/net/ipv4/conf/uplink/forwarding"
      try bed.write("services:\n" + service("a"))
      let before = try bed.shell("cat \(uplink)")
      try bed.up()
      #expect(try bed.shell("cat \(uplink)") == "1\n")
      try bed.down()
      #expect(try bed.shell("cat \(uplink)") == before)
      try bed.up()
      try bed.shell("echo 1 > /proc/sys/net/ipv4/ip_forward")
      try bed.down()
      #expect(try bed.shell("cat \(uplink)") == "1\n")
      try bed.shell("echo 0 > /proc/sys/net/ipv4/ip_forward")
    }
  }

  @Test("a container on an interface of the host keeps its place there when it joins another network")
  func joins() throws {
    try Bed.use { bed in
      try bed.write(
        "services:\n" + service("a", "networks: [lan]") + service("b")
          + """
          networks:
            default:
            lan:
              driver: macvlan
              driver_opts: { parent: uplink }
              ipam: { config: [ { subnet: 198.51.100.0/24, gateway: 198.51.100.2, ip_range: 198.51.100.64/26 } ] }

          """)
      try bed.up()
      let address = try inside(bed, "t", "a", "ip -o -4 addr show eth0").output
      #expect(address.contains("198.51.100."))
      // It sorts before the other, and so leads out.
      try bed.run("containr", ["network", "connect", "t_default", "t-a-1"]).succeeding()
      #expect(try inside(bed, "t", "a", "ip -o -4 addr show eth0").output == address)
      #expect(try inside(bed, "t", "a", "ping -c 1 -W 20 b").code == 0)
    }
  }

  @Test("each family goes out by a network that has it")
  func families() throws {
    try Bed.use { bed in
      try bed.write(
        "services:\n" + service("a", "networks: [one, two]")
          + "networks: { one: { enable_ipv4: false }, two: { enable_ipv6: false } }\n")
      try bed.up()
      let routes = try inside(bed, "t", "a", "ip route; ip -6 route").output
      #expect(routes.contains("default via 10.") && routes.contains("default via fd"), "\(routes)")
      #expect(try inside(bed, "t", "a", "ping -c 1 -W 20 \(TestSandbox.outsideAddress)").code == 0)
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("a rolling update may bring the first port of this host that obeys its firewall")
  func firstGuard() throws {
    try Bed.use { bed in
      try bed.write(
        """
        services:
          web:
            layers: [./base]
            command: [sh, -c, "echo v1 > /tmp/index.html; exec httpd -f -p 80 -h /tmp"]
            stop_signal: SIGKILL
            deploy: { update_config: { order: start-first, monitor: 200ms } }

        """)
      try bed.up()
      try bed.edit("echo v1", "echo v2")
      try bed.edit("stop_signal: SIGKILL", "stop_signal: SIGKILL\n    ports: [\"8080:80\"]")
      try bed.up()
      try bed.expectPage("127.0.0.1:8080/", "v2\n")
      let plan = try bed.plan()
      #expect(plan.hasPrefix("nothing to do"), "\(plan)")
    }
  }
}

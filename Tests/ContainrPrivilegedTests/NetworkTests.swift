// Networks of both families, external ones, and `containr network`, by the built programs.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Networks", .serialized, .asRoot)
struct NetworkTests {
  private func network(_ bed: Bed, _ words: String...) throws -> CommandResult {
    try bed.run("containr", ["network"] + words)
  }

  private func inside(_ bed: Bed, _ service: String, _ script: String) throws -> CommandResult {
    try bed.run("containr", ["exec", "-p", "t", service, "sh", "-c", script])
  }

  private func service(_ name: String, _ more: String = "") -> String {
    """
      \(name):
        layers: [./base]
        command: [sleep, "1000"]
        stop_signal: SIGKILL
        \(more)

    """
  }

  private func world6(_ bed: Bed) throws {
    try bed.shell("ip -6 addr add 2001:db8::1/64 dev uplink nodad; ip -6 route add default via 2001:db8::2")
    let outside = try bed.sandbox.runOutside("ip", ["-6", "addr", "add", "2001:db8::2/64", "dev", "world", "nodad"])
    #expect(outside.code == 0, "\(outside)")
  }

  @Test("both families at once: members reach each other, and the world under the host's address; nothing comes in")
  func dualStack() throws {
    try Bed.use { bed in
      try world6(bed)
      let before = try bed.shell("cat /proc/sys/net/ipv6/conf/all/forwarding /proc/sys/net/ipv6/conf/uplink/accept_ra")
      try bed.write(
        "services:\n" + service("a") + service("b") + service("c", "networks: [closed]")
          + "networks: { default: , closed: { internal: true } }\n")
      try bed.up()
      #expect(try inside(bed, "a", "ping -6 -c 1 -W 20 b").code == 0)
      #expect(try inside(bed, "a", "ping -4 -c 1 -W 20 b").code == 0)
      let world = try inside(bed, "a", "ping -6 -c 1 -W 20 2001:db8::2")
      #expect(world.code == 0, "\(world)")
      #expect(try inside(bed, "c", "ping -6 -c 1 -W 1 2001:db8::2").code != 0, "an internal network has no way out")
      let text = try network(bed, "inspect", "-f", "{{.Containers}} {{.EnableIPv6}} {{.IPAM}}", "t_default")
        .succeeding()
        .output
      #expect(text.hasPrefix("t-a-1,t-b-1 true "), "\(text)")
      let subnet = try #require(
        text.split(separator: ",").last.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) })
      #expect(subnet.hasPrefix("fd") && subnet.hasSuffix("/64"))
      // Who knows the way is stopped at the host.
      let member = subnet.replacingOccurrences(of: "::/64", with: "::2")
      _ = try bed.sandbox.runOutside("ip", ["-6", "route", "add", subnet, "via", "2001:db8::1"])
      #expect(try bed.sandbox.runOutside("busybox", ["ping", "-6", "-c", "1", "-W", "1", member]).code != 0)
      #expect(try bed.inside("busybox ping -6 -c 1 -W 20 \(member)").contains("1 packets received"))
      #expect(try bed.plan().hasPrefix("nothing to do"))
      // An address that goes is seen, and comes again.
      _ = try bed.sandbox.runInNetwork(
        "nsenter", ["-t", "\(try bed.pid("a"))", "-n", "ip", "-6", "addr", "flush", "dev", "eth0", "scope", "global"])
      try eventually("the plan sees it") { try bed.plan().contains("on network default is gone") }
      try bed.up()
      #expect(try inside(bed, "a", "ping -6 -c 1 -W 20 b").code == 0)
      try bed.down()
      #expect(
        try bed.shell("cat /proc/sys/net/ipv6/conf/all/forwarding /proc/sys/net/ipv6/conf/uplink/accept_ra") == before)
    }
  }

  @Test("IPv6 alone, with fixed addresses, a range, and one that somebody else has")
  func sixAlone() throws {
    try Bed.use { bed in
      try bed.write(
        "services:\n" + service("a", "networks: { six: { ipv6_address: \"fd00:77::77\" } }")
          + service("b", "networks: [six]") + service("c", "networks: [six]")
            + """
            networks:
              six:
                enable_ipv4: false
                ipam:
                  config:
                    - subnet: fd00:77::/64
                      ip_range: fd00:77::10/124
                      gateway: fd00:77::f
                      aux_addresses: { router: "fd00:77::10" }

            """)
      try bed.up()
      let text = try inside(
        bed, "b", "ip -4 -o addr show eth0; ip -6 -o addr show eth0; ip -6 route; cat /etc/resolv.conf"
      )
      .succeeding().output
      #expect(text.contains("fd00:77::11/64") && text.contains("default via fd00:77::f"), "\(text)")
      #expect(!text.contains("inet 10.") && text.contains("nameserver fd00:77::f"), "\(text)")
      #expect(try inside(bed, "c", "ip -6 -o addr show eth0").output.contains("fd00:77::12/64"))
      let answer = try inside(bed, "b", "ping -6 -c 1 -W 20 a")
      #expect(answer.code == 0 && answer.output.contains("fd00:77::77"), "\(answer)")
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test(
    "a host without IPv6 works, and says so only to who asks for it",
    .notAsUser("a user's network has IPv6 of its own, whatever the host's setting is"))
  func noIPv6() throws {
    try Bed.use { bed in
      try bed.shell("echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6")
      try bed.write("services:\n" + service("a") + service("b"))
      let made = try bed.up()
      #expect(!made.errors.contains("IPv6"), "\(made)")
      #expect(try inside(bed, "a", "ping -c 1 -W 20 b").code == 0)
      #expect(try network(bed, "ls", "--format", "{{.IPv6}}").output == "false\n")
      #expect(try bed.plan().hasPrefix("nothing to do"))
      try bed.down()
      try bed.write("services:\n" + service("a") + "networks: { default: { enable_ipv6: true } }\n")
      let refused = try bed.tryUp()
      #expect(refused.code == 2 && refused.errors.contains("error[no-ipv6]"), "\(refused)")
      #expect(refused.errors.contains("stack.yaml:"), "\(refused)")
      try bed.shell("echo 0 > /proc/sys/net/ipv6/conf/all/disable_ipv6")
    }
  }

  @Test("a host without any way out brings a stack up")
  func noUplink() throws {
    try Bed.use { bed in
      try bed.shell("ip link set uplink down; ip route flush table main")
      try bed.write("services:\n" + service("a") + service("b"))
      try bed.up()
      #expect(try inside(bed, "a", "ping -c 1 -W 20 b").code == 0)
      #expect(try bed.plan().hasPrefix("nothing to do"))
      try bed.down()
      try bed.shell(
        "ip addr flush dev uplink; ip addr add \(TestSandbox.hostAddress)/24 dev uplink; ip link set uplink up; "
          + "ip route add default via \(TestSandbox.outsideAddress)")
    }
  }

  @Test("names of interfaces, priorities, parameters and further addresses are what the file says")
  func places() throws {
    try Bed.use { bed in
      try bed.write(
        "services:\n"
          + service(
            "a",
            """
            networks:
                  one: { priority: 5, interface_name: lan7, link_local_ips: [169.254.8.8, "fe80::88"] }
                  two: { gw_priority: 9, mac_address: "02:42:ac:11:00:77" }
                  three: { priority: 1, driver_opts: { com.docker.network.endpoint.sysctls: "net.ipv4.conf.IFNAME.log_martians=1" } }
            """)
            + """
            networks:
              one: { driver_opts: { com.docker.network.bridge.name: br-\(bed.sandbox.linkPrefix) } }
              two: { driver_opts: { com.docker.network.driver.mtu: 1300 } }
              three: { driver_opts: { com.docker.network.container_iface_prefix: net }, labels: { team: red } }

            """)
      try bed.up()
      let text = try inside(bed, "a", "ip -o addr; ip -o link; ip route; cat /proc/sys/net/ipv4/conf/net0/log_martians")
        .succeeding().output
      #expect(text.contains("lan7    inet 169.254.8.8/16") && text.contains("fe80::88/64"), "\(text)")
      #expect(text.contains("02:42:ac:11:00:77") && text.contains("mtu 1300"), "\(text)")
      let exit = try #require(text.split(separator: "\n").first { $0.hasPrefix("default") })
      #expect(exit.contains("dev eth0"), "\(text)")
      #expect(text.hasSuffix("\n1\n"), "\(text)")
      #expect(try bed.inside("ip -o link").contains("br-\(bed.sandbox.linkPrefix):"))
      let pid = try bed.pid("a")
      // The way out turns in place, and a label is only written down.
      try bed.edit("two: { gw_priority: 9,", "two: { gw_priority: -9,")
      try bed.edit("team: red", "team: blue")
      #expect(try bed.plan().contains("labels.team: red → blue"))
      try bed.up()
      #expect(try bed.pid("a") == pid)
      let turned = try inside(bed, "a", "ip route").output.split(separator: "\n").filter { $0.hasPrefix("default") }
      #expect(turned.count == 1 && turned[0].contains("dev lan7"), "\(turned)")
      #expect(try network(bed, "ls", "-q", "--filter", "label=team=blue").output == "t_three\n")
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("a network that is told so keeps its members apart, and one without masquerading their addresses")
  func options() throws {
    try Bed.use { bed in
      try bed.write(
        "services:\n" + service("a") + service("b")
          + "networks: { default: { driver_opts: { com.docker.network.bridge.enable_icc: \"false\", com.docker.network.bridge.enable_ip_masquerade: \"false\" } } }\n"
      )
      try bed.up()
      #expect(try inside(bed, "a", "ping -4 -c 1 -W 1 t-b-1").code != 0)
      #expect(try !bed.inside("nft list table ip \(bed.sandbox.nftTable)").contains("masquerade comment \"out of "))
      try bed.edit("com.docker.network.bridge.enable_icc: \"false\", ", "")
      try bed.up()
      #expect(try inside(bed, "a", "ping -4 -c 1 -W 20 t-b-1").code == 0)
    }
  }

  @Test("create, ls, inspect, connect, disconnect, rm and prune; an external network outlives the stacks on it")
  func commands() throws {
    try Bed.use { bed in
      try bed.write(
        "services:\n" + service("a", "networks: [lan, default]") + "networks: { lan: { external: true } }\n")
      let missing = try bed.tryUp()
      #expect(missing.code == 2 && missing.errors.contains("containr network create lan"), "\(missing)")
      #expect(
        try network(bed, "create", "--subnet", "10.97.5.0/24", "--label", "a=b", "lan").succeeding().output == "lan\n")
      let again = try network(bed, "create", "lan")
      #expect(again.code == 2 && again.errors.contains("there is a network lan already"), "\(again)")
      let overlap = try network(bed, "create", "--subnet", "10.97.0.0/16", "wide")
      #expect(overlap.code == 2 && overlap.errors.contains("overlaps 10.97.5.0/24"), "\(overlap)")
      let wrong = try network(bed, "create", "--subnet", "10.98.0.0/24", "--gateway", "10.99.0.1", "x")
      #expect(wrong.code != 0 && wrong.errors.contains("no host address"), "\(wrong)")
      try bed.up()
      #expect(try network(bed, "ls", "-q").output == "lan\nt_default\n")
      #expect(try network(bed, "ls", "-q", "--filter", "stack=t").output == "t_default\n")
      #expect(try network(bed, "ls").output.hasPrefix("NAME"))
      let json = try network(bed, "inspect", "lan").succeeding().output
      let all = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
      let members = all?.first?["Containers"] as? [String: [String: String]]
      #expect(members?["t-a-1"]?["IPv4Address"] == "10.97.5.2/24", "\(json)")
      let used = try network(bed, "rm", "lan")
      #expect(used.code == 1 && used.errors.contains("in use by container t-a-1"), "\(used)")
      let owned = try network(bed, "rm", "t_default")
      #expect(owned.code == 1, "\(owned)")
      // By hand, to a container that runs: it keeps its process, and a plan tells.
      let pid = try bed.pid("a")
      try network(bed, "create", "side").succeeding()
      try network(bed, "connect", "--alias", "extra", "side", "t-a-1").succeeding()
      #expect(try inside(bed, "a", "ip -o link").output.contains("eth2"))
      #expect(try inside(bed, "a", "nslookup extra").code == 0)
      #expect(try network(bed, "connect", "side", "t-a-1").errors.contains("is on network side already"))
      #expect(try bed.plan().contains("networks.side"))
      try network(bed, "disconnect", "side", "t-a-1").succeeding()
      #expect(try bed.plan().hasPrefix("nothing to do"))
      try network(bed, "disconnect", "lan", "t-a-1").succeeding()
      #expect(try bed.plan().contains("it is not connected to network lan"))
      try bed.up()
      #expect(try bed.pid("a") == pid)
      try bed.down()
      #expect(try network(bed, "ls", "-q").output == "lan\nside\n")
      // A bridge that went, with a reboot or by hand, comes again with the first who needs it.
      let link = try network(bed, "inspect", "-f", "{{.Interface}}", "lan").output.trimmingCharacters(in: .newlines)
      try bed.inside("ip link delete \(link)")
      try bed.up()
      #expect(try bed.inside("ip -o link").contains("\(link):"))
      try bed.down()
      #expect(try network(bed, "prune", "-f", "--filter", "label=a").output == "Deleted Networks:\nlan\n")
      #expect(try network(bed, "rm", "side", "none").code == 1)
      #expect(try network(bed, "ls", "-q").output.isEmpty)
    }
  }

  @Test(
    "what an interrupted 'network create' has left is finished by the next one: the same subnets, on the same bridge")
  func interrupted() throws {
    try Bed.use { bed in
      // A user's networks are there as long as something of the user's runs.
      let running = try bed.sandbox.start("containr", ["metrics", "--listen", bed.path + "/metrics.sock"])
      defer { running.signal(SIGKILL); _ = running.wait() }
      try eventually("it runs") { running.errorsSoFar.contains("metrics at ") }
      for (name, words) in [("lan", ["--subnet", "10.97.6.0/24"]), ("side", [])] {
        let create = ["network", "create"] + words + [name]
        let dead = try bed.run("containr", create, environment: ["CONTAINR_FAILPOINT": "network \(name):made"])
        #expect(dead.code != 0 && dead.output.isEmpty, "\(dead)")
        let begun = try network(bed, "inspect", name).succeeding().output
        try bed.run("containr", create).succeeding()
        #expect(try network(bed, "inspect", name).succeeding().output == begun)
        let bridge = try network(bed, "inspect", "-f", "{{.Interface}}", name).output.trimmingCharacters(in: .newlines)
        let addresses = try bed.inside("ip -4 -o address show dev \(bridge)")
        #expect(addresses.split(separator: "\n").count == 1, "\(addresses)")
        #expect(try network(bed, "create", name).code == 2, "it is whole")
        try network(bed, "rm", name).succeeding()
      }
    }
  }

  @Test(
    "containers on an interface of the host have their own addresses beside it",
    .notAsUser("interfaces of the host are not in a user's network"))
  func macvlan() throws {
    try Bed.use { bed in
      try bed.write(
        "services:\n" + service("a", "networks: [lan]") + service("b", "networks: [lan]")
          + """
          networks:
            lan:
              driver: macvlan
              driver_opts: { parent: uplink }
              ipam: { config: [ { subnet: 198.51.100.0/24, gateway: 198.51.100.2, ip_range: 198.51.100.64/26 } ] }

          """)
      try bed.up()
      #expect(try inside(bed, "a", "ping -c 1 -W 20 \(TestSandbox.outsideAddress)").code == 0)
      #expect(try inside(bed, "a", "ip -o addr show eth0").output.contains("198.51.100.64/24"))
      #expect(try inside(bed, "a", "ping -c 1 -W 20 198.51.100.65").code == 0)
      #expect(try bed.sandbox.runOutside("busybox", ["ping", "-c", "1", "-W", "20", "198.51.100.64"]).code == 0)
      #expect(try bed.plan().hasPrefix("nothing to do"))
      try bed.edit("parent: uplink", "parent: nowhere9")
      let refused = try bed.tryUp()
      #expect(refused.code == 2 && refused.errors.contains("error[no-parent]"), "\(refused)")
      try bed.edit("parent: nowhere9", "parent: uplink")
    }
  }

  @Test("ipvlan is had where the kernel has it; where not, the start says so")
  func ipvlan() throws {
    try Bed.use { bed in
      try bed.write(
        "services:\n" + service("a", "networks: [lan]")
          + """
          networks:
            lan:
              driver: ipvlan
              driver_opts: { parent: uplink, ipvlan_mode: l3, ipvlan_flag: private }
              ipam: { config: [ { subnet: 198.51.100.0/24, ip_range: 198.51.100.64/26 } ] }

          """)
      let made = try bed.tryUp()
      if try bed.sandbox.runInNetwork("ip", ["link", "add", "probe", "link", "uplink", "type", "ipvlan"]).code == 0 {
        try bed.shell("ip link delete probe")
        #expect(made.code == 0, "\(made)")
        #expect(try inside(bed, "a", "ip -o addr show eth0").output.contains("198.51.100.64/24"))
      } else {
        let words = "create ipvlan eth0 on uplink: Operation not supported (Unknown device type)"
        #expect(made.code == 4 && made.errors.contains(words), "\(made)")
        #expect(try bed.ps().allSatisfy { $0.pid == nil })
      }
    }
  }

  @Test("who shares the network of another one keeps it, and open connections in it, when that one is started again")
  func sharedNetwork() throws {
    try Bed.use { bed in
      // A connection that stays open: what one end says in the end is heard at the other.
      try bed.write(
        """
        services:
          vpn: { layers: [./base], command: [sleep, "1000"], stop_signal: SIGKILL, restart: always }
          peer:
            layers: [./base]
            command: [sh, -c, "sleep 1000 | nc -l -p 77 > /tmp/heard"]
            stop_signal: SIGKILL
          app:
            layers: [./base]
            command: [sh, -c, "mkfifo /tmp/say; exec 3<>/tmp/say; until nc peer 77 < /tmp/say; do sleep 0.1; done; sleep 1000"]
            stop_signal: SIGKILL
            network_mode: "service:vpn"

        """)
      try bed.up()
      func namespace(_ service: String) throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(bed.pid(service))/ns/net")
      }
      let (before, app, vpn) = (try namespace("app"), try bed.pid("app"), try bed.pid("vpn"))
      #expect(try namespace("vpn") == before)
      try eventually("the connection is there") {
        try inside(bed, "app", "cat /proc/net/tcp /proc/net/tcp6").output.contains(":004D 01 ")
      }
      let address = try inside(bed, "app", "ip -o addr show eth0 scope global").output
      kill(vpn, SIGKILL)
      try eventually("the supervisor starts it again") {
        let row = try bed.container("vpn")
        return row.state == "running" && row.pid != nil && row.pid != vpn
      }
      #expect(try bed.pid("app") == app, "it is not started again")
      #expect(try namespace("vpn") == before && namespace("app") == before)
      let again = try inside(bed, "vpn", "ip -o addr show eth0 scope global")
      #expect(again.output == address, "\(again)")
      _ = try inside(bed, "app", "echo hello > /tmp/say")
      try eventually("what is said is heard") { try inside(bed, "peer", "cat /tmp/heard").output == "hello\n" }
      try eventually("the supervisor has done what there is to do") { try bed.plan().hasPrefix("nothing to do") }
      // Started again by hand, in the same one as well.
      try bed.killSupervision()
      kill(try bed.pid("vpn"), SIGKILL)
      try eventually("it has ended") { try bed.container("vpn").state != "running" }
      try bed.up()
      #expect(try bed.pid("app") == app && namespace("vpn") == before)
      // One that is made again has a new one, and who shares it follows.
      try bed.edit("restart: always }", "restart: always, environment: { A: b } }")
      try bed.up()
      #expect(try bed.pid("app") != app && namespace("vpn") == namespace("app"))
      #expect(try inside(bed, "app", "ping -c 1 -W 20 peer").code == 0)
    }
  }

  @Test("on another stack's network a new name is known before the next container starts")
  func namesOfGuests() throws {
    try Bed.use { bed in
      try bed.sandbox.directory.write(
        "name: owner\nservices:\n" + service("o") + "networks: { default: { name: proxy } }\n", to: "owner.yaml")
      try bed.run("containr-up", ["-d", "-y", "owner.yaml"]).succeeding()
      try bed.write(
        """
        services:
          db:
            layers: [./base]
            command: [sleep, "1000"]
            stop_signal: SIGKILL
            healthcheck: { test: ["CMD", "true"], interval: 1s }
          app:
            layers: [./base]
            command: [sh, -c, "nslookup -type=a db. > /tmp/found 2>&1; echo done >> /tmp/found; sleep 1000"]
            stop_signal: SIGKILL
            depends_on: { db: { condition: service_healthy } }
        networks: { default: { external: true, name: proxy } }

        """)
      try bed.up()
      let db = try #require(try bed.container("db").address())
      try eventually("it has asked") { try inside(bed, "app", "cat /tmp/found").output.hasSuffix("done\n") }
      let found = try inside(bed, "app", "cat /tmp/found").output
      #expect(found.contains(": \(db)\n"), "\(found)")
      try bed.down()
      try bed.run("containr-down", ["-y", "owner.yaml"]).succeeding()
    }
  }

  @Test("names of a network that several stacks share are answered by the next one when the first has gone")
  func nextServer() throws {
    try Bed.use { bed in
      try network(bed, "create", "lan").succeeding()
      try bed.write("services:\n" + service("a", "networks: [lan]") + "networks: { lan: { external: true } }\n")
      try bed.up()
      let first = try #require(try bed.supervisor())
      try bed.sandbox.directory.write(
        "name: other\nservices:\n" + service("b", "networks: [lan]") + "networks: { lan: { external: true } }\n",
        to: "other.yaml")
      try bed.run("containr-up", ["-d", "-y", "other.yaml"]).succeeding()
      func isFound() throws -> Bool {
        try bed.run("containr", ["exec", "-p", "other", "b", "nslookup", "-type=a", "a."]).code == 0
      }
      #expect(try isFound())
      kill(first, SIGTERM)
      try eventually("the first has ended") { try bed.supervisor() != first }
      try eventually("the other one answers") { try isFound() }
      try bed.run("containr-down", ["-y", "other.yaml"]).succeeding()
      try bed.down()
      try network(bed, "rm", "lan").succeeding()
    }
  }
}

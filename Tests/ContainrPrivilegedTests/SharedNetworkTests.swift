// Networks that several stacks are on: external ones of another stack, containers connected by hand, names across stacks.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Shared networks", .serialized, .asRoot)
struct SharedNetworkTests {
  private static let owner = """
    services:
      a: { layers: [./base], command: [sleep, "1000"], stop_signal: SIGKILL }
      b: { layers: [./base], command: [sleep, "1000"], stop_signal: SIGKILL }
    networks: { default: }

    """

  private static let guest = """
    name: u
    services:
      x:
        layers: [./base]
        command: [sleep, "1000"]
        stop_signal: SIGKILL
        networks: [lan]
        external_links: ["t-a-1:friend"]
      y: { layers: [./base], command: [sleep, "1000"], stop_signal: SIGKILL }
    networks: { lan: { external: true, name: t_default } }

    """

  private func other(_ bed: Bed, _ words: String...) throws -> CommandResult {
    try bed.run("containr-up", ["-d", "-y"] + words + ["other.yaml"])
  }

  private func inside(_ bed: Bed, _ stack: String, _ service: String, _ script: String) throws -> CommandResult {
    try bed.run("containr", ["exec", "-p", stack, service, "sh", "-c", script])
  }

  private func pid(_ bed: Bed, _ service: String) throws -> String {
    try bed.run("containr", ["ps", "-p", "u", "--json"]).succeeding().output.components(
      separatedBy: "\"service\": \"\(service)\""
    ).dropFirst().first?.components(separatedBy: "\"pid\": ").dropFirst().first.map {
      String($0.prefix { $0.isNumber })
    } ?? ""
  }

  private func finds(_ bed: Bed, _ stack: String, _ service: String, _ name: String) throws -> Bool {
    try inside(bed, stack, service, "nslookup -type=a \(name).").code == 0
  }

  @Test(
    "a stack joins the network of another one: names lead both ways, and its links follow while both supervisors live")
  func external() throws {
    try Bed.use(Self.owner) { bed in
      try bed.sandbox.directory.write(Self.guest, to: "other.yaml")
      let early = try other(bed)
      #expect(early.code == 2 && early.errors.contains("error[missing-network]"), "\(early)")
      #expect(early.errors.contains("other.yaml:"), "\(early)")
      try bed.up()
      try other(bed).succeeding()
      for name in ["a", "t-b-1", "friend"] {
        #expect(try finds(bed, "u", "x", name), "\(name)")
        #expect(try inside(bed, "u", "x", "ping -c 1 -W 20 \(name)").code == 0, "\(name)")
      }
      #expect(try finds(bed, "t", "a", "x") && finds(bed, "t", "a", "u-x-1"))
      #expect(try !finds(bed, "t", "a", "friend") && !finds(bed, "t", "a", "y"), "a link is x's own, y is elsewhere")
      let address = try #require(try bed.container("b").address())
      let process = try pid(bed, "x")
      let text = Self.guest.replacingOccurrences(of: "t-a-1:friend", with: "t-b-1:fellow")
      try bed.sandbox.directory.write(text, to: "other.yaml")
      try other(bed).succeeding()
      #expect(try pid(bed, "x") == process && !process.isEmpty, "in place")
      try eventually("the owner's supervisor has heard of it") {
        try inside(bed, "u", "x", "nslookup -type=a fellow.").output.contains(address)
      }
      #expect(try !finds(bed, "u", "x", "friend"))
      #expect(try bed.run("containr", ["plan", "other.yaml"]).output.hasPrefix("nothing to do"))
      #expect(try bed.plan().hasPrefix("nothing to do"))
      // The owner goes as far as it can: its guest stays on the network.
      let down = try bed.run("containr-down", ["-y", Bed.file])
      #expect(down.code == 4 && down.errors.contains("t_default is in use by container u-x-1"), "\(down)")
      #expect(try bed.run("containr", ["network", "ls", "-q"]).output.contains("t_default"))
      #expect(try pid(bed, "x") == process)
      try bed.run("containr-down", ["-y", "other.yaml"]).succeeding()
      try bed.down()
    }
  }

  @Test("a guest that has ended by itself is not found any more, and found again when it is started")
  func ends() throws {
    try Bed.use(Self.owner) { bed in
      let command = #"command: [sh, -c, "rm -f /end; while [ ! -e /end ]; do sleep 0.1; done"]"#
      let guest = Self.guest.replacingOccurrences(
        of: "    command: [sleep, \"1000\"]\n    stop", with: "    \(command)\n    stop")
      try bed.sandbox.directory.write(guest, to: "other.yaml")
      try bed.up()
      try other(bed).succeeding()
      #expect(try finds(bed, "t", "a", "x"))
      try inside(bed, "u", "x", "touch /end").succeeding()
      try eventually("the owner's supervisor has heard of its end") { try !finds(bed, "t", "a", "x") }
      #expect(try finds(bed, "t", "a", "b"))
      try bed.run("containr", ["start", "-p", "u", "x"]).succeeding()
      try eventually("the owner's supervisor has heard of its beginning") { try finds(bed, "t", "a", "x") }
      try bed.run("containr-down", ["-y", "other.yaml"]).succeeding()
    }
  }

  @Test("a container of another stack is connected by hand where the network lets others in, and only there")
  func attachable() throws {
    try Bed.use(Self.owner) { bed in
      try bed.sandbox.directory.write(Self.guest, to: "other.yaml")
      try bed.up()
      try other(bed).succeeding()
      func connect() throws -> CommandResult { try bed.run("containr", ["network", "connect", "t_default", "u-y-1"]) }
      let refused = try connect()
      #expect(refused.code != 0 && refused.errors.contains("'attachable: true' does"), "\(refused)")
      #expect(try inside(bed, "u", "y", "ip -o link").output.contains("eth1") == false)
      let pids = try bed.pids()
      try bed.edit("networks: { default: }", "networks: { default: { attachable: true } }")
      try bed.up()
      #expect(try bed.pids() == pids, "in place")
      try connect().succeeding()
      #expect(try inside(bed, "u", "y", "ping -c 1 -W 20 a").code == 0)
      #expect(try inside(bed, "t", "a", "ping -c 1 -W 20 u-y-1").code == 0)
      try bed.run("containr", ["network", "disconnect", "t_default", "u-y-1"]).succeeding()
      #expect(try !finds(bed, "t", "a", "u-y-1"))
      try bed.run("containr-down", ["-y", "other.yaml"]).succeeding()
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("who is on a network of the driver host is in the caller's network, on one of none in one that is empty")
  func driversOfTheKernel() throws {
    try Bed.use { bed in
      func service(_ name: String, _ network: String) -> String {
        "  \(name): { layers: [./base], command: [sleep, \"1000\"], stop_signal: SIGKILL, networks: [\(network)] }\n"
      }
      try bed.write(
        "services:\n" + service("a", "open") + service("b", "shut") + service("c", "outer")
          + "networks: { open: { driver: host }, shut: { driver: none }, outer: { external: true, name: host } }\n")
      try bed.up()
      let host = try bed.inside("readlink /proc/self/ns/net")
      for name in ["a", "c"] {
        #expect(try inside(bed, "t", name, "readlink /proc/self/ns/net").output == host, "\(name)")
      }
      let alone = try inside(bed, "t", "b", "ls /sys/class/net; ip -o addr show lo; ip route; ping -c 1 127.0.0.1")
      #expect(alone.code == 0 && alone.output.hasPrefix("lo\n") && alone.output.contains("127.0.0.1/8"), "\(alone)")
      #expect(!alone.output.contains("default") && !alone.output.contains("eth0"), "\(alone)")
      #expect(try bed.plan().hasPrefix("nothing to do"))
      try bed.edit("networks: [shut]", "networks: [open]")
      try bed.up()
      #expect(try inside(bed, "t", "b", "readlink /proc/self/ns/net").output == host)
    }
  }
}

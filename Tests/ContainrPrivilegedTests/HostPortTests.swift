// Who has a port of the host, and when: containers that are stopped, and our own name servers.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Host ports", .serialized, .asRoot)
struct HostPortTests {
  private static func stack(_ name: String, _ ports: String) -> String {
    """
    name: \(name)
    services:
      web: { layers: [./base], command: [sleep, "1000"], stop_signal: SIGKILL, ports: [\(ports)] }
      app: { layers: [./base], command: [sleep, "1000"], stop_signal: SIGKILL }

    """
  }

  private func leads(_ bed: Bed) throws -> Bool {
    try bed.shell("nft list map ip \(bed.sandbox.nftTable) publish").contains("8080")
  }

  @Test(
    "who is stopped or killed has no port, and another one may have it; who starts again asks for it anew",
    .notAsUser("it reads root's nft rules; a user's ports are relayed"))
  func stopped() throws {
    try Bed.use(Self.stack("t", "\"8080:80\"")) { bed in
      try bed.sandbox.directory.write(Self.stack("u", "\"8080:80\""), to: "other.yaml")
      func containr(_ words: String...) throws -> CommandResult {
        try bed.run("containr", [words[0], "-p", "t"] + words[1...])
      }
      func other() throws -> CommandResult { try bed.run("containr-up", ["-d", "-y", "other.yaml"]) }
      try bed.up()
      #expect(try leads(bed))
      let taken = try other()
      #expect(taken.code == 2 && taken.errors.contains("port 0.0.0.0:8080/tcp is taken by web of stack t"), "\(taken)")
      try containr("stop", "web").succeeding()
      #expect(try !leads(bed))
      #expect(try !bed.plan().contains("firewall"), "as it is wanted")
      try other().succeeding()
      #expect(try leads(bed))
      let late = try containr("start", "web")
      #expect(late.code == 2 && late.errors.contains("by container u-web-1"), "\(late)")
      try bed.run("containr-down", ["-y", "other.yaml"]).succeeding()
      #expect(try !leads(bed))
      try containr("start", "web").succeeding()
      #expect(try leads(bed))
      try containr("kill", "web").succeeding()
      #expect(try !leads(bed))
      try bed.up()
      #expect(try leads(bed) && bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test(
    "the port of our name servers can be published beside them: they have it on their gateways alone",
    .notAsUser("ports below 1024 are not a user's"))
  func names() throws {
    try Bed.use(Self.stack("t", "")) { bed in
      try bed.sandbox.directory.write(Self.stack("u", "\"253:80\", \"253:80/udp\""), to: "other.yaml")
      try bed.up()
      for _ in 0..<2 { try bed.run("containr-up", ["-d", "-y", "other.yaml"]).succeeding() }
      for stack in ["t", "u"] {
        let answer = try bed.run("containr", ["exec", "-p", stack, "app", "nslookup", "-type=a", "web."])
        #expect(answer.code == 0, "\(answer)")
      }
      try bed.run("containr-down", ["-y", "other.yaml"]).succeeding()
    }
  }
}

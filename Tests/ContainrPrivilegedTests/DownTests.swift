// `down` leaves nothing that was not there before; named volumes stay unless -v takes them.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Taking down", .serialized, .asRoot)
struct DownTests {
  private static let stack = """
    services:
      web:
        layers: [./base.tar, ./site]
        command: [sh, -c, "echo x >> /data/log; exec httpd -f -p 80 -h /www"]
        ports: ["8080:80"]
        volumes: ["data:/data"]
        networks: [front, back]
        mem_limit: 64m
        stop_signal: SIGKILL
        restart: always
        healthcheck: { test: [CMD, "true"], interval: 1s, start_interval: 50ms, start_period: 1s }
      app:
        layers: [./base.tar]
        command: [sleep, "100000"]
        networks: [back]
        stop_signal: SIGKILL
    networks: { front: {}, back: { internal: true } }
    volumes: { data: {} }
    """

  private func use(_ body: (Bed) throws -> Void) throws {
    try Bed.use { bed in
      try bed.sandbox.directory.write("hello\n", to: "site/www/index.html")
      try BaseLayer.pack(bed.path + "/base", into: bed.path + "/base.tar")
      try bed.write(Self.stack)
      try body(bed)
    }
  }

  @Test(
    "down leaves no mount, cgroup, link, namespace, table, process, lock, setting or directory; -v takes volumes too")
  func nothingLeft() throws {
    try use { bed in
      try bed.up("--wait")
      let during = bed.before.difference(to: try bed.sandbox.snapshot())
      // A user's network is another one.
      let outside = bed.sandbox.user == nil ? ["link", "nft", "address"] : []
      for topic in ["cgroup", "process", "network namespace"] + outside {
        #expect(during.contains { $0.hasPrefix("+ \(topic): ") }, "the snapshot sees the \(topic) of a running stack")
      }
      let down = try bed.down("-v")
      #expect(down.output.contains("t is down"), "\(down)")
      bed.expectNothingLeft()
    }
  }

  @Test("without -v exactly the named volume stays, with what is in it, and the next up has it again")
  func volumeStays() throws {
    try use { bed in
      func written() throws -> String {
        try bed.run("containr", ["exec", "-p", "t", "web", "cat", "/data/log"]).output
      }
      try bed.up("--wait")
      try eventually("it has written") { try written() == "x\n" }
      try bed.down()
      var left: [String] = []
      try eventually("nothing but the volume is left") {
        left = bed.before.difference(to: try bed.sandbox.snapshot())
        return left.allSatisfy { $0.hasPrefix("+ directory \(bed.sandbox.stateDirectory)") }
      }
      let logs = left.filter { $0.hasSuffix("/log") }
      #expect(logs.count == 1 && left.count <= 8, "\(left.joined(separator: "\n"))")
      #expect(try bed.run("containr", ["ps", "--json", "-p", "t"]).output == "[]\n")
      try bed.up("--wait")
      guard let log = logs.first?.components(separatedBy: ": ").last else {
        throw TestSupportError("no volume in \(left)")
      }
      try eventually("it has written again") { try bed.read(log) == "x\nx\n" }
      let plan = try bed.run("containr-down", ["-v", "-y", Bed.file])
      #expect(plan.code == 0)
      bed.expectNothingLeft()
    }
  }

  @Test("-v takes the volume of a stack that is down already")
  func volumeLater() throws {
    try use { bed in
      try bed.up()
      try bed.down()
      try bed.down("-v")
      bed.expectNothingLeft()
    }
  }

  @Test("files whose names are no UTF-8 are counted, copied and taken away as any others")
  func bytes() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./base]
          command:
            - sh
            - -c
            - |
              mkdir /copy; cd /tmp; f=$$(printf 'x\\377y'); echo hi > $$f; mkdir $$f.d; echo a > $$f.d/z; ls > /out/names
              echo END > /out/done; exec sleep 100000
          stop_signal: SIGKILL
          volumes: ["./out:/out"]
      """
    ) { bed in
      try bed.up()
      _ = try bed.output("done")
      let size = try bed.run("containr", ["ps", "-p", "t", "--format", "{{.Size}}"]).succeeding()
      #expect(size.output == "5B\n")
      try bed.run("containr", ["cp", "-p", "t", "a:/tmp", "out/copy"]).succeeding()
      let copied = try bed.run("containr", ["cp", "-p", "t", "out/copy/.", "a:/copy"])
      #expect(copied.code == 0, "\(copied)")
      let compare = "diff -r /tmp /copy && ls /copy | wc -l"
      let same = try bed.run("containr", ["exec", "-p", "t", "a", "sh", "-c", compare])
      #expect(same.code == 0 && same.output.trimmingCharacters(in: .whitespaces) == "2\n", "\(same)")
      try bed.down("-t", "0")
      try bed.awaitNothingLeft("after down")
    }
  }

  @Test("down twice, and down of what never was, is no error")
  func twice() throws {
    try use { bed in
      let never = try bed.run("containr-down", [Bed.file])
      #expect(never.code == 0 && never.output.contains("nothing to do"), "\(never)")
      bed.expectNothingLeft()
      try bed.up()
      try bed.down("-v")
      let again = try bed.down("-v")
      #expect(again.output.contains("nothing to do"), "\(again)")
      bed.expectNothingLeft()
    }
  }

  @Test("a stack whose file is gone or broken is taken down by its name")
  func byName() throws {
    try use { bed in
      try bed.up()
      try FileManager.default.removeItem(atPath: bed.path + "/" + Bed.file)
      let ps = try bed.ps()
      #expect(ps.count == 2)
      try bed.run("containr-down", ["-p", "t", "-v"]).succeeding()
      bed.expectNothingLeft()
      try bed.write("services: [")
      try bed.run("containr-down", ["-p", "t", "-v"]).succeeding()
    }
  }

  @Test("the layers of a stack that is gone go with it, those of another stack stay")
  func sharedLayers() throws {
    try use { bed in
      try bed.up()
      let other = Self.stack.replacingOccurrences(of: "8080", with: "8090")
      try bed.sandbox.directory.write("name: u\n" + other, to: "other.yaml")
      try bed.run("containr-up", ["-d", "other.yaml"]).succeeding()
      try bed.down("-v")
      #expect(try bed.run("containr", ["plan", "other.yaml"]).output.hasPrefix("nothing to do"))
      try bed.expectPage("127.0.0.1:8090", "hello\n")
      try bed.run("containr-down", ["-v", "other.yaml"]).succeeding()
      bed.expectNothingLeft()
    }
  }

  @Test("what somebody took away already does not stop a down")
  func alreadyGone() throws {
    try use { bed in
      try bed.up("--wait")
      for row in try bed.ps() { if let pid = row.pid { kill(pid, SIGKILL) } }
      try bed.killSupervision()
      try bed.inside("nft flush ruleset")
      for link in try bed.links("b") + bed.links("v") { try bed.inside("ip link delete \(link) 2>/dev/null || true") }
      try FileManager.default.removeItem(atPath: bed.sandbox.runDirectory)
      try bed.down("-v")
      bed.expectNothingLeft()
    }
  }

  @Test("a container that ignores its stop signal is killed after its grace period, -t shortens it")
  func graceful() throws {
    try Bed.use(
      """
      services:
        deaf:
          layers: [./base]
          command: [sh, -c, "trap '' TERM; while :; do sleep 1; done"]
          stop_grace_period: 1s
      """
    ) { bed in
      try bed.up()
      let start = Date()
      try bed.down()
      let took = Date().timeIntervalSince(start)
      // Unasked it has ten seconds.
      #expect(took > 0.95 && took < 9 * TestPace.factor, "\(took) s")
      try bed.edit("1s", "100s")
      try bed.up()
      let again = Date()
      try bed.down("-t", "0")
      #expect(Date().timeIntervalSince(again) < 50 * TestPace.factor)
    }
  }
}

// Every example: its plan is the golden one beside it, it comes up well, does what it says, and goes without a trace.
import ContainrTestSupport
import Foundation
import Testing

@Suite("The examples", .serialized, .asRoot)
struct ExampleTests {
  static let names: [String] = {
    let stacks = BuiltPrograms.repository.appendingPathComponent("examples/stacks").path
    return ((try? FileManager.default.contentsOfDirectory(atPath: stacks)) ?? []).sorted().filter {
      FileManager.default.fileExists(atPath: "\(stacks)/\($0)/stack.yaml")
    }
  }()

  @Test("there are at least five examples")
  func enough() { #expect(Self.names.count >= 5) }

  @Test(
    "its plan is the golden one, it comes up well, a second up has nothing to do, down leaves nothing", arguments: names
  )
  func example(_ name: String) throws {
    try Bed.use(name: name) { bed in
      // A copy, so that parallel tests and the repository's own layers are not touched.
      let source = BuiltPrograms.repository.appendingPathComponent("examples/stacks/\(name)").path
      let place = "\(bed.path)/\(name)"
      try FileManager.default.copyItem(atPath: source, toPath: place)
      try? FileManager.default.removeItem(atPath: "\(place)/layers")
      let script = BuiltPrograms.repository.appendingPathComponent("scripts/make-layers.sh").path
      try run(script, ["\(place)/layers/base.tar"]).succeeding()
      let before = try bed.sandbox.snapshot()

      let file = "\(name)/stack.yaml"
      let disk = try FileManager.default.contentsOfDirectory(atPath: "/sys/block").sorted().first {
        !$0.hasPrefix("zram") && FileManager.default.fileExists(atPath: "/dev/\($0)")
      }
      let variables = ["CONTAINR_EXAMPLE_DISK": "/dev/\(try #require(disk))"]
      func containr(_ program: String, _ arguments: String...) throws -> CommandResult {
        try bed.run(program, arguments, environment: variables)
      }

      let plan = try containr("containr", "plan", file)
      #expect(plan.code == 2, "\(plan)")
      var text = plan.output.replacingOccurrences(of: file, with: "stack.yaml").replacingOccurrences(
        of: place, with: ".")
      if bed.sandbox.user != nil {
        // Of a user's network the way out is pasta's link, whose size is told.
        let told = "   create\n      not there yet(   .*)\n      mtu 65520, that of uplink\n"
        text = text.replacingOccurrences(of: told, with: "   create$1\n", options: .regularExpression)
      }
      let golden = BuiltPrograms.repository.appendingPathComponent("examples/stacks/\(name)/plan.txt")
      if ProcessInfo.processInfo.environment["CONTAINR_WRITE_GOLDEN"] == "1" { try Data(text.utf8).write(to: golden) }
      #expect(
        try String(contentsOf: golden, encoding: .utf8) == text, "CONTAINR_WRITE_GOLDEN=1 writes it anew:\n\(text)")

      let up = try containr("containr-up", "-d", "--wait", file)
      #expect(up.code == 0, "\(up)")
      let again = try containr("containr-up", "-d", file)
      #expect(again.output.hasPrefix("nothing to do"), "\(again)")
      try check(name, bed, file)
      let down = try containr("containr-down", "-v", "-y", file)
      #expect(down.code == 0, "\(down)")
      try bed.awaitNothingLeft("after the example", since: before)
    }
  }

  /// What an example says of itself.
  private func check(_ name: String, _ bed: Bed, _ file: String) throws {
    func logs() throws -> String { try bed.run("containr", ["logs", "--file", file]).succeeding().output }
    switch name {
    case "hello":
      try eventually("its page is there") { try bed.fetch("127.0.0.1:8080").contains("Hello from Containr") }
      #expect(try bed.fetch("127.0.0.1:8080/host.txt").hasPrefix("Hello from Containr"))
      try eventually("the app tells what web says") {
        try logs().contains("web says: Hello from Containr")
      }
    case "parts":
      try eventually("the greeter has asked") {
        try logs().contains("good day, the store says apples")
      }
      let over = try bed.run("containr", ["plan", "-f", file, "-f", "\(name)/stack.override.yaml"])
      #expect(over.output.contains("mem_limit: 16777216 → 25165824   \(name)/stack.override.yaml:4:16"), "\(over)")
      #expect(over.output.contains("cap_add: [\"CHOWN\"] → (not set)"), "\(over)")
    case "networks":
      try bed.expectPage("127.0.0.1:8081", "gateway\n")
      try eventually("the probe is done") { try logs().contains("out of reach, as it should be") }
      // Names of the back network are told to the gateway, which is on both, and not to the probe.
      #expect(try logs().contains("bad address 'database'"))
    case "volumes":
      try eventually("the reader has read") { try logs().contains("read 1") }
    case "limits":
      #expect(
        try bed.cgroupValue(
          bed.cgroupDirectory("memory", path: "limits/limits-memory-1"), "memory.limit_in_bytes") == "33554432")
    default: break
    }
  }
}

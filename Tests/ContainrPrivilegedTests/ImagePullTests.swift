// Stacks whose images come from a registry: when they are pulled, what comes of it, and what is said if they cannot be had.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Images of a stack from a registry", .serialized, .asRoot)
struct ImagePullTests {
  private let sandbox: TestSandbox
  private let registry: TestRegistry
  private let layout: ImageLayout
  private var path: String { sandbox.directory.path }
  private var name: String { "\(registry.address)/demo:1" }

  init() throws {
    sandbox = try TestSandbox()
    registry = try TestRegistry(.http, try RegistryMaterial())
    layout = ImageLayout(directory: sandbox.directory.path + "/layout")
    try BaseLayer.make(at: sandbox.directory.url.appendingPathComponent("base"))
  }

  private func containr(_ program: String = "containr", _ words: String...) throws -> CommandResult {
    try sandbox.run(program, words, environment: ["HOME": path, "DOCKER_CONFIG": path + "/docker", "NO_COLOR": "1"])
  }

  /// Puts an image into the registry that sleeps for so many seconds; its digest.
  @discardableResult
  private func push(_ seconds: Int) throws -> String {
    try layout.add("demo", layers: [path + "/base"], config: #"{"Cmd":["sleep","\#(seconds)"]}"#)
    try run(
      "skopeo", ["copy", "--dest-tls-verify=false", "oci:\(layout.directory):demo", "docker://\(name)"]
    ).succeeding()
    // Layers are packed on the way, and so it is another one than in the layout.
    let digest = try run("skopeo", ["inspect", "--tls-verify=false", "--format", "{{.Digest}}", "docker://\(name)"])
      .succeeding().output.trimmingCharacters(in: .newlines)
    return digest
  }

  private func write(_ more: String = "") throws {
    try sandbox.directory.write(
      """
      name: t
      services:
        one:
          image: \(name)
          network_mode: none
          stop_signal: SIGKILL
          \(more)
        two:
          image: \(name)
          network_mode: none
          stop_signal: SIGKILL
          \(more)
      """, to: "stack.yaml")
  }

  /// Whatever a test does, its stack goes.
  private func use(_ body: () throws -> Void) throws {
    do { try body() } catch { Issue.record(error) }
    try containr("containr-down", "-p", "t", "-v", "-y", "-t", "1").succeeding()
    for failure in sandbox.removeEverything() { Issue.record("clean-up: \(failure)") }
  }

  private func commandLine(_ service: String) throws -> String {
    let result = try containr("containr", "ps", "--json", "-p", "t").succeeding()
    let rows = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]] ?? []
    let row = rows.first { $0["service"] as? String == service }
    guard let pid = row?["pid"] as? Int else { throw TestSupportError("\(service) does not run: \(rows)") }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/cmdline"))
    return String(decoding: bytes, as: UTF8.self).replacingOccurrences(of: "\0", with: " ")
  }

  @Test("an image is pulled once for all services, and not again; with always a new one makes the containers again")
  func pulled() throws {
    try use {
      try push(1001)
      try write()
      let plan = try containr("containr", "plan", "stack.yaml")
      #expect(plan.output.components(separatedBy: "image \(name)   pull   stack.yaml:4:12").count == 2, "\(plan)")
      try containr("containr-up", "-d", "-y", "stack.yaml").succeeding()
      #expect(try commandLine("one") == "sleep 1001 " && commandLine("two") == "sleep 1001 ")
      try push(1002)
      #expect(try containr("containr", "plan", "stack.yaml").output.hasPrefix("nothing to do"), "missing: it is here")
      try write("pull_policy: always")
      let second = try containr("containr", "plan", "stack.yaml")
      #expect(second.code == 2 && second.output.contains("pull_policy is always"), "\(second)")
      let up = try containr("containr-up", "-d", "-y", "stack.yaml").succeeding()
      #expect(up.output.contains("image \(name): sha256:"), "the drift that the pull has shown: \(up)")
      #expect(try commandLine("one") == "sleep 1002 " && commandLine("two") == "sleep 1002 ")
      let third = try containr("containr-up", "-d", "-y", "--pull", "missing", "stack.yaml").succeeding()
      #expect(third.output.hasPrefix("nothing to do"), "\(third)")
      let down = try containr("containr-down", "-y", "--rmi", "all", "stack.yaml").succeeding()
      #expect(down.output.contains("image \(name) removed"), "\(down)")
      let index = try String(contentsOfFile: sandbox.stateDirectory + "/images/index.json", encoding: .utf8)
      #expect(!index.contains(name), "\(index)")
    }
  }

  @Test("what is locked is pulled by its digest, wherever the tag leads by now")
  func locked() throws {
    try use {
      let first = try push(1001)
      try sandbox.directory.write("version: 1\nimages:\n  \"\(name)\": \(first)\n", to: "stack.lock")
      try push(1002)
      try write()
      try containr("containr-up", "-d", "-y", "--frozen", "stack.yaml").succeeding()
      #expect(try commandLine("one") == "sleep 1001 ")
    }
  }

  @Test("one that the registry does not have is told with the line that asks for it, and nothing starts")
  func missing() throws {
    try use {
      try write()
      let up = try containr("containr-up", "-d", "-y", "stack.yaml")
      #expect(up.code == 4, "\(up)")
      #expect(up.errors.contains("stack.yaml:4:12") && up.errors.contains("demo"), "\(up)")
      #expect(try containr("containr", "ps", "--json", "-p", "t").output.contains("\"running\"") == false)
    }
  }

  @Test("an image of an index is that of the platform that is asked for")
  func platform() throws {
    try use {
      try push(1001)
      try write("platform: linux/s390x")
      let up = try containr("containr-up", "-d", "-y", "stack.yaml")
      #expect(up.code == 4 || up.code == 2, "\(up)")
      #expect(up.errors.contains("linux/s390x"), "\(up)")
    }
  }
}

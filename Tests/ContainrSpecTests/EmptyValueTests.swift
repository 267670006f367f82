// Empty text where a variable may be missing: `user: ${UID:-}` is as good as no `user`.
import Testing

@testable import ContainrSpec

struct EmptyValueTests {
  @Test(
    "empty text says as little as no key",
    arguments: [
      "user", "hostname", "domainname", "working_dir", "stop_signal", "restart", "network_mode", "pid", "ipc", "uts",
      "mac_address", "platform", "networks: {default: {ipv4_address", "deploy: {restart_policy: {condition",
    ])
  func scalars(key: String) throws {
    let closing = String(repeating: "}", count: key.count { $0 == "{" })
    for text in ["\"\"", "''", "'${GONE:-}'"] {
      let loaded = loadWeb("\(key): \(text)\(closing)")
      #expect(loaded.errors.isEmpty, "\(loaded.text)")
      let plain = try loadWeb("").service()
      let service = try loaded.service()
      #expect(
        service.user == plain.user && service.hostname == plain.hostname && service.stopSignal == plain.stopSignal)
    }
  }

  @Test(
    "where a value has to be, empty text is none",
    arguments: [
      ("ports: [\"${GONE:-}\"]", "C0117"), ("cpus: \"\"", "C0113"), ("mem_limit: \"\"", "C0112"),
      ("stop_grace_period: \"\"", "C0111"), ("volumes: [{type: tmpfs, target: \"\"}]", "C0104"),
      ("volumes: [\":/x\"]", "C0110"), ("cap_add: [\"\"]", "C0115"), ("read_only: \"\"", "C0101"),
    ])
  func needed(attribute: String, code: String) {
    #expect(loadWeb(attribute).errors.map(\.code) == [code])
  }

  @Test("an empty build is a build of nothing in particular, and an empty context is the project's directory")
  func build() {
    for text in ["build: \"\"", "build: {context: \"\"}", "build: {dockerfile: \"\"}"] {
      #expect(loadWeb(text).errors.allSatisfy { $0.code == "C0401" }, "\(text)")
    }
  }
}

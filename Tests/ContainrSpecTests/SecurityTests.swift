// Capabilities, and everything that is refused because ignoring it would be less safe or wrong.
import Testing

@testable import ContainrSpec

struct SecurityTests {
  @Test("capabilities are normalised and sorted")
  func capabilities() throws {
    let service = try loadWeb("cap_add: [NET_ADMIN, cap_chown, CAP_NET_ADMIN]\ncap_drop: [ALL, KILL]").service()
    #expect(service.capAdd == ["CHOWN", "NET_ADMIN"])
    #expect(service.capDrop == ["ALL"])
    #expect(CapabilityText.names == CapabilityText.names.sorted())
    #expect(CapabilityText.names.count == 41)
  }

  @Test("unknown and contradicting capabilities are errors")
  func badCapabilities() {
    #expect(loadWeb("cap_add: [NET_ADMN]").text.contains("did you mean 'NET_ADMIN'?"))
    #expect(loadWeb("cap_add: [FOO]").codes == ["C0115"])
    #expect(loadWeb("cap_add: [KILL]\ncap_drop: [CAP_KILL]").codes == ["C0222"])
    #expect(loadWeb("cap_drop: ALL").codes == ["C0101"])
  }

  @Test(
    "a limit or protection that cannot be had stops the start",
    arguments: [
      "userns_mode: keep-id", "cgroup_parent: user.slice", "cpu_percent: 5", "network_mode: front",
      "storage_opt: {size: 1g}", "runtime: runsc",
      "volumes_from: [web]", "isolation: hyperv", "use_api_socket: true",
      "deploy: {mode: global}",
    ])
  func refused(line: String) throws {
    let loaded = loadWeb(line)
    #expect(loaded.codes == ["C0401"])
    #expect(loaded.result.plan == nil)
  }

  @Test(
    "what asks for what happens anyway is silent",
    arguments: [
      "privileged: false", "init: false", "tty: false", "stdin_open: false", "oom_kill_disable: false", "ipc: private",
      "security_opt: []", "devices:", "cgroup: private", "attach: true", "isolation: default",
      "deploy: {mode: replicated}",
      "ulimits: {}", "oom_score_adj: 0", "x-anything: {a: [b]}",
    ])
  func neutral(line: String) {
    #expect(loadWeb(line).codes.isEmpty)
  }

  @Test(
    "what does not matter to the service is a warning with its line",
    arguments: [
      "attach: false",
      "develop: {watch: []}", "deploy: {labels: {a: b}}",
      "deploy: {placement: {constraints: [a]}}",
    ])
  func ignored(line: String) throws {
    let loaded = loadWeb(line)
    #expect(loaded.codes == ["C0400"])
    #expect(loaded.result.diagnostics[0].severity == .warning)
    #expect(loaded.result.diagnostics[0].primary?.start.line == 5)
    #expect(loaded.result.plan != nil)
  }
}

// !reset and !override: how a later file takes values away or replaces what would be merged.
import Testing

@testable import ContainrSpec

struct ResetTests {
  @Test(
    "!reset takes the value away, whatever stands behind it",
    arguments: [
      ("ports: [\"80:80\"]", "ports: !reset []", "ports"), ("ports: [\"80:80\"]", "ports: !reset null", "ports"),
      ("environment: {A: 1}", "environment: !reset", "environment"),
      ("mem_limit: 5m", "mem_limit: !reset 0", "mem_limit"),
      ("healthcheck: {test: a}", "healthcheck: !reset {}", "healthcheck"),
    ])
  func reset(base: String, over: String, key: String) {
    let loaded = mergedWeb(base, over)
    #expect(loaded.codes.filter { $0 != "C0401" && $0 != "C0400" }.isEmpty, "\(loaded.text)")
    #expect(loaded.at("services", "web", key) == "-")
  }

  @Test("!reset of one entry leaves the others")
  func entries() {
    let loaded = mergedWeb("environment: {A: 1, B: 2}", "environment: {A: !reset null}")
    #expect(loaded.at("services", "web", "environment") == "{B: 2}")
    let both = merged("services: {a: {image: x}, b: {image: x}}", "services: {b: !reset null}")
    #expect(both.result.model?["services"]?.entries.map(\.key) == ["a"])
  }

  @Test("!override replaces what would be merged")
  func override() {
    let loaded = mergedWeb("ports: [\"80:80\", \"81:81\"]", "ports: !override [\"90:90\"]")
    #expect(loaded.at("services", "web", "ports", "0", "published") == "90")
    #expect(loaded.at("services", "web", "ports", "1") == "-")
    let mapping = mergedWeb("environment: {A: 1}", "environment: !override {B: 2}")
    #expect(mapping.at("services", "web", "environment") == "{B: 2}")
  }

  @Test("in a file that overrides nothing the tags are harmless")
  func alone() {
    let loaded = loadFiles([
      "stack.yaml": "services: {web: {image: x, ports: !reset [\"80:80\"], command: !override [a]}}"
    ])
    #expect(loaded.at("services", "web", "ports") == "-")
    #expect(loaded.at("services", "web", "command") == "[a]")
  }

  @Test("a service that extends another one can reset and override as well")
  func extends() {
    let loaded = loadFiles([
      "stack.yaml": """
      services:
        base: {image: x, environment: {A: 1}, cap_add: [KILL], labels: {a: b}}
        web: {extends: base, environment: !override {B: 2}, cap_add: !reset []}
      """
    ])
    #expect(
      loaded.at("services", "web") == "{environment: {B: 2}, image: x, labels: {a: b}, networks: {default: null}}")
  }

  @Test("another tag is an error with a suggestion")
  func unknown() {
    #expect(
      loadFiles(["stack.yaml": "services: {web: {image: x, ports: !rest []}}"]).text.contains("did you mean '!reset'?"))
  }
}

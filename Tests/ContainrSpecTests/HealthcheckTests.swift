// healthcheck.
import Testing

@testable import ContainrSpec

struct HealthcheckTests {
  @Test("every form of the test")
  func forms() throws {
    func command(_ text: String) throws -> [String]? {
      try loadWeb("healthcheck: {test: \(text)}").service().healthcheck?.command
    }
    #expect(try command("[CMD, wget, -q, 80]") == ["wget", "-q", "80"])
    #expect(try command("[CMD-SHELL, \"a || b\"]") == ["/bin/sh", "-c", "a || b"])
    #expect(try command("redis-cli ping || exit 1") == ["/bin/sh", "-c", "redis-cli ping || exit 1"])
    #expect(try command("[NONE]") == nil)
    #expect(try command("NONE") == nil)
    #expect(try loadWeb("healthcheck: {test: x, disable: true}").service().healthcheck == nil)
    #expect(try loadWeb("healthcheck: {disable: true}").service().healthcheck == nil)
    #expect(try loadWeb("healthcheck: {disable: false}").service().healthcheck == nil)
  }

  @Test("times and defaults")
  func times() throws {
    let check = try loadWeb(
      "healthcheck: {test: x, interval: 1m30s, timeout: 10s, retries: 5, start_period: 40s, start_interval: 2s}"
    ).service().healthcheck
    #expect(check?.interval == 90_000 && check?.timeout == 10_000 && check?.retries == 5)
    #expect(check?.startPeriod == 40_000 && check?.startInterval == 2000)
    let plain = try loadWeb("healthcheck: {test: x, interval: 0s}").service()
    #expect(plain.healthcheck?.interval == 30_000 && plain.healthcheck?.retries == 3)
    #expect(plain.origins["healthcheck.interval"] == nil)
  }

  @Test(
    "mistakes",
    arguments: [
      ("{interval: 5s}", "C0104"), ("{test: [wget, x]}", "C0110"), ("{test: []}", "C0110"), ("{test: [CMD]}", "C0110"),
      ("{test: [CMD-SHELL]}", "C0110"), ("{test: x, interval: 5}", "C0111"), ("{test: x, retries: -1}", "C0113"),
      ("{test: x, intervall: 5s}", "C0102"), ("{test: \" \"}", "C0110"), ("{test: {a: b}}", "C0101"), ("x", "C0101"),
      ("{test: x, timeout: -5s}", "C0111"),
    ])
  func mistakes(text: String, code: String) {
    #expect(loadWeb("healthcheck: \(text)").codes == [code])
  }

  @Test("times alone are right where an image may bring the test, and so is waiting for such a service")
  func fromImage() {
    let files = """
      services:
        web: {image: x, depends_on: {db: {condition: service_healthy}}}
        db: {image: y, healthcheck: {interval: 5s}}
      """
    #expect(load(files).errors.allSatisfy { $0.code == "C0401" })
    let off = files.replacing("{interval: 5s}", with: "{disable: true}")
    #expect(load(off).codes.contains("C0205"))
    #expect(load(files.replacing("{interval: 5s}", with: "{test: NONE}")).codes.contains("C0205"))
    #expect(loadWeb("healthcheck: {interval: 5s}").codes == ["C0104"])
    let layers = "services: {a: {layers: [x], command: [c], depends_on: {b: {condition: service_healthy}}}, "
    #expect(load(layers + "b: {layers: [x], command: [c]}}").codes == ["C0205"])
  }

  @Test("a list after CMD-SHELL is what the shell gets, with a warning")
  func shellList() throws {
    let loaded = loadWeb("healthcheck: {test: [CMD-SHELL, redis-cli, ping]}")
    #expect(loaded.codes == ["C0312"])
    #expect(try loaded.service().healthcheck?.command == ["/bin/sh", "-c", "redis-cli", "ping"])
  }

  @Test("a list that lacks CMD is shown with it")
  func help() {
    #expect(loadWeb("healthcheck: {test: [wget, x]}").text.contains("write [CMD, wget, x]"))
  }
}

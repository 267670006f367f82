// Every field of a plan that the file sets knows its place; nothing else claims one.
import ContainrTestSupport
import Testing

@testable import ContainrSpec

struct OriginTests {
  @Test("every field of a service that sets everything has an origin, and every origin has a field")
  func service() throws {
    let loaded = load(FullStack.text, environment: ["WORD": "w"])
    let service = try loaded.service()
    // Everything at once is once too much: `shm_size` has no effect beside `ipc: host`.
    #expect(loaded.codes == ["C0312"])
    // What is in a file has a place of its own beside the place of the file.
    let contents: Set = ["content./etc/app.conf", "content./run/secrets/token"]
    #expect(Set(service.fields.map(\.path)).union(contents) == Set(service.origins.keys))
    #expect(service.fields.count == 76)
    #expect(service.origins["mem_limit"]?.description == "stack.yaml:29:16", "the value's place, not the key's")
    #expect(service.origins["configs./etc/app.conf"]?.description == "stack.yaml:46:49")
    #expect(service.origins["content./etc/app.conf"]?.description == "stack.yaml:67:23")
    #expect(service.origins["content./run/secrets/token"]?.through == ["WORD from the environment, through ./${WORD}"])
    #expect(service.origins["environment.B"]?.description == "stack.yaml:7:30")
    #expect(service.origins["ports.0.0.0.0:auto:81/udp"]?.description == "stack.yaml:26:17")
  }

  @Test("every field of a plain service without an origin has its default value")
  func defaults() throws {
    let service = try loadWeb("healthcheck: {test: x}").service()
    let missing = service.fields.filter { service.origins[$0.path] == nil }.map { "\($0.path)=\($0.value)" }
    #expect(
      missing == [
        "healthcheck.interval=30000ms", "healthcheck.retries=3", "healthcheck.start_interval=5000ms",
        "healthcheck.start_period=0ms", "healthcheck.timeout=30000ms", "networks.default=", "replicas=1",
        "stop_grace_period=10000ms", "stop_signal=SIGTERM", "working_dir=/",
      ])
  }

  @Test("every field of a network that sets everything has an origin")
  func network() throws {
    let networks = try load(FullStack.text).plan().networks
    let front = try #require(networks.first { $0.key == "front" })
    #expect(Set(front.fields.map(\.path)) == Set(front.origins.keys))
    #expect(networks.first { $0.key == "back" }?.location?.line == 65)
  }

  @Test("the plan is sorted and does not depend on dictionary order")
  func stable() throws {
    let plan = try load(FullStack.text).plan()
    #expect(plan.services.map(\.name) == ["job", "web"])
    #expect(plan.networks.map(\.key) == ["back", "default", "front"])
    for _ in 0..<5 { #expect(try load(FullStack.text).plan() == plan) }
  }
}

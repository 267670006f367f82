// depends_on: forms, references, cycles, conditions, profiles.
import Testing

@testable import ContainrSpec

struct DependencyTests {
  private func stack(_ services: [(String, String)]) -> String {
    "services:\n" + services.map { "  \($0.0): {layers: [x], command: [c], \($0.1)}\n" }.joined()
  }

  @Test("list and mapping")
  func forms() throws {
    let loaded = load(
      stack([
        ("a", "depends_on: [b]"), ("b", "healthcheck: {test: NONE, disable: true}"),
        (
          "c",
          "depends_on: {a: {condition: service_completed_successfully, restart: true}, b: , gone: {required: false}}"
        ),
      ]))
    let dependencies = try loaded.service("c").dependsOn
    #expect(
      dependencies == [
        DependencyPlan(service: "a", condition: .completed, restart: true),
        DependencyPlan(service: "b", condition: .started),
      ])
    #expect(try loaded.service("a").dependsOn.map(\.service) == ["b"])
    #expect(loaded.codes == ["C0201"])
    #expect(loaded.errors.isEmpty)
  }

  @Test("undefined services are errors with the nearest name")
  func undefined() throws {
    let finding = try load(stack([("web", "depends_on: [databse]"), ("database", "")])).finding("C0201")
    #expect(finding.help == "did you mean 'database'?")
  }

  @Test("a cycle names all its services and lines, once")
  func cycle() throws {
    let finding = try load(stack([("a", "depends_on: [b]"), ("b", "depends_on: [c]"), ("c", "depends_on: [a]")]))
      .finding("C0202")
    #expect(finding.message == "services wait for each other: a → b → c → a")
    #expect([finding.primary?.start.line] + finding.secondary.map(\.span.start.line) == [2, 3, 4])
    #expect(load(stack([("a", "depends_on: [a]")])).codes == ["C0202"])
  }

  @Test("a chain of ten thousand services does not exhaust the stack")
  func longChain() throws {
    var text = "x-a: &a [x]\nservices:\n"
    for index in 0..<10_000 { text += "  s\(index): {layers: *a, command: *a, depends_on: [s\(index + 1)]}\n" }
    text += "  s10000: {layers: *a, command: *a}\n"
    #expect(try load(text).plan().services.count == 10_001)
  }

  @Test("conditions")
  func conditions() {
    #expect(load(stack([("a", "depends_on: {b: {condition: service_ready}}"), ("b", "")])).codes == ["C0203"])
    #expect(
      load(stack([("a", "depends_on: {b: {condition: healthy}}"), ("b", "")])).text.contains("'service_healthy'"))
    #expect(load(stack([("a", "depends_on: {b: {condition: service_healthy}}"), ("b", "")])).codes == ["C0205"])
    #expect(
      load(stack([("a", "depends_on: {b: {condition: service_healthy}}"), ("b", "healthcheck: {test: x}")])).codes
        .isEmpty)
    let completes = "depends_on: {b: {condition: service_completed_successfully}}"
    #expect(load(stack([("a", completes), ("b", "restart: always")])).codes == ["C0206"])
    #expect(load(stack([("a", completes), ("b", "restart: on-failure")])).codes.isEmpty)
  }

  @Test("a dependency that a profile disables says so")
  func disabled() throws {
    let services = [("web", "depends_on: [db]"), ("db", "profiles: [dev, test]")]
    let finding = try load(stack(services)).finding("C0204")
    #expect(finding.message == "the service 'db' is disabled")
    #expect(finding.secondary[0].label == "its profiles [dev, test] are not active")
    #expect(load(stack(services), profiles: ["dev"]).codes.isEmpty)
    let optional = load(stack([("web", "depends_on: {db: {required: false}}"), ("db", "profiles: [dev]")]))
    #expect(optional.codes == ["C0204"])
    #expect(try optional.service().dependsOn.isEmpty)
  }

  @Test("shape mistakes")
  func shapes() {
    #expect(loadWeb("depends_on: db").codes == ["C0101"])
    #expect(loadWeb("depends_on: [[a]]").codes == ["C0101"])
    #expect(loadWeb("depends_on: {web: true}").codes.contains("C0101"))
    #expect(load(stack([("a", "depends_on: [b, b]"), ("b", "")])).codes == ["C0221"])
  }
}

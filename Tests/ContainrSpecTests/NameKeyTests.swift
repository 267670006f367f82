// container_name, links, external_links, extra_hosts and the keys of the resolver, as a plan has them.
import Testing

@testable import ContainrSpec

struct NameKeyTests {
  private let two = "  db: {layers: [x], command: [c]}"

  @Test("links are names of services, which start first")
  func links() throws {
    let service = try loadWeb("links: [db, \"db:Store\"]", rest: two).service()
    #expect(service.links == [LinkPlan(name: "db", target: "db"), LinkPlan(name: "store", target: "db")])
    #expect(service.dependsOn == [DependencyPlan(service: "db", condition: .started, restart: true)])
    #expect(service.fields.contains(PlanField(path: "links.store", value: "db")))
    let said = loadWeb("links: [db]\ndepends_on: {db: {condition: service_started, restart: false}}", rest: two)
    #expect(try said.service().dependsOn == [DependencyPlan(service: "db", condition: .started)])
    #expect(loadWeb("links: [\"db:a\", \"db:a\"]", rest: two).codes == ["C0221"])
    #expect(loadWeb("links: [\"db:a:b\"]", rest: two).codes == ["C0401"])
    #expect(loadWeb("links: [\"db:-a\"]", rest: two).codes == ["C0401"])
    #expect(loadWeb("links: [bd]", rest: two).text.contains("did you mean 'db'?"))
  }

  @Test("containers outside the stack and a further name of one's own")
  func outside() throws {
    let service = try loadWeb("external_links: [redis_1, \"other-db-1:db\"]\ncontainer_name: The.Web").service()
    #expect(
      service.externalLinks == [
        LinkPlan(name: "db", target: "other-db-1"), LinkPlan(name: "redis_1", target: "redis_1"),
      ])
    #expect(service.containerName == "The.Web")
  }

  @Test("further hosts: every form, several addresses, the host itself")
  func hosts() throws {
    func hosts(_ text: String) throws -> [String] {
      try loadWeb("extra_hosts: \(text)").service().extraHosts.map { "\($0.name) \($0.address)" }
    }
    #expect(
      try hosts("[\"b:10.0.0.2\", \"a=10.0.0.1,10.0.0.3\", \"h=host-gateway\"]") == [
        "a 10.0.0.1", "a 10.0.0.3", "b 10.0.0.2", "h host-gateway",
      ])
    #expect(try hosts("{a: [\"::1\", 10.0.0.1], b: \"[fd00::1]\"}") == ["a 10.0.0.1", "a ::1", "b fd00::1"])
    #expect(loadWeb("extra_hosts: [\"a\\tb=10.0.0.1\"]").codes == ["C0401"], "it would be another line's word")
    #expect(loadWeb("extra_hosts: [\"a=x\"]").codes == ["C0116"])
  }

  @Test("the resolver: servers of either family in their order, domains, options")
  func resolver() throws {
    let service = try loadWeb(
      "dns: [9.9.9.9, \"fd00::1\", 9.9.9.9, \"\"]\ndns_search: example.org.\ndns_opt: [\"ndots:2\"]"
    ).service()
    var expected = ResolverPlan()
    expected.servers = ["9.9.9.9", "fd00::1"]
    expected.search = ["example.org"]
    expected.options = ["ndots:2"]
    #expect(service.resolver == expected)
    #expect(service.fields.contains(PlanField(path: "dns", value: "[\"9.9.9.9\", \"fd00::1\"]")))
    #expect(try loadWeb("dns: []").service().resolver == nil)
    #expect(try loadWeb("dns_search: .").service().resolver?.search == ["."])
    #expect(loadWeb("dns: 127.0.0.53").codes == ["C0312"], "not the container's loopback")
    #expect(loadWeb("dns: [9.9.9.9, \"::1\"]").codes == ["C0312"])
    #expect(try loadWeb("dns: 127.0.0.53").service().resolver?.servers == ["127.0.0.53"])
    #expect(loadWeb("dns_opt: [\"a b\"]").codes == ["C0401"])
    #expect(loadWeb("dns_search: \"a\\nnameserver 1.1.1.1\"").codes == ["C0401"])
  }

  @Test(
    "names have no meaning where the network is somebody else's, or there is none",
    arguments: [
      ("network_mode: host\nlinks: [db]", "C0401"), ("network_mode: none\ndns: 9.9.9.9", "C0401"),
      ("network_mode: none\nextra_hosts: {a: host-gateway}", "C0401"),
      ("network_mode: service:db\nextra_hosts: {a: 10.0.0.1}", "C0401"),
      ("network_mode: service:db\ndns_opt: [use-vc]", "C0401"),
    ])
  func conflicts(lines: String, code: String) { #expect(loadWeb(lines, rest: two).codes == [code]) }

  @Test(
    "what a network of the host's or none can have is taken",
    arguments: [
      "network_mode: host\ndns: 9.9.9.9\nextra_hosts: {a: host-gateway}",
      "network_mode: none\nextra_hosts: {a: 10.0.0.1}",
    ])
  func allowed(lines: String) { #expect(loadWeb(lines, rest: two).codes.isEmpty) }
}

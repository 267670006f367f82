// networks: top level, attachments, addresses.
import Testing

@testable import ContainrSpec

struct NetworkTests {
  @Test("a service without networks joins the implicit default")
  func implicit() throws {
    let plan = try loadWeb("").plan()
    #expect(plan.networks == [NetworkPlan(key: "default", name: "demo_default")])
    #expect(plan.services[0].networks == [AttachmentPlan(network: "default")])
    #expect(try loadWeb("networks: []").plan().networks.count == 1)
  }

  @Test("default can be configured, and unused networks are not planned")
  func configured() throws {
    let rest = """
      networks:
        default: {internal: true, name: mynet, driver: bridge, driver_opts: {com.docker.network.driver.mtu: 1400}}
        unused: {}
      """
    let plan = try loadWeb("", rest: rest).plan()
    #expect(plan.networks.count == 1)
    let network = plan.networks[0]
    #expect(network.isInternal && network.name == "mynet" && network.mtu == 1400)
    #expect(Set(network.origins.keys) == ["internal", "name", "driver_opts.mtu"])
  }

  @Test("attachments: list, mapping, aliases, addresses")
  func attachments() throws {
    let rest = "networks: {front: {ipam: {config: [{subnet: 10.9.0.0/24, gateway: 10.9.0.254}]}}, back: }"
    let list = try loadWeb("networks: [front, back]", rest: rest).service()
    #expect(list.networks.map(\.network) == ["back", "front"])
    let map = loadWeb("networks: {back: , front: {aliases: [www, a.b, www], ipv4_address: 10.9.0.1}}", rest: rest)
    #expect(
      try map.service().networks[1]
        == AttachmentPlan(network: "front", aliases: ["a.b", "www"], ipv4Address: "10.9.0.1"))
    #expect(try map.plan().networks.first { $0.key == "front" }?.gateway == "10.9.0.254")
  }

  @Test("undeclared networks are errors with a suggestion")
  func undeclared() throws {
    #expect(
      try loadWeb("networks: [frnt]", rest: "networks: {front: }").finding("C0211").help == "did you mean 'front'?")
    #expect(loadWeb("networks: [front, front]", rest: "networks: {front: }").codes == ["C0221"])
    #expect(loadWeb("networks: front", rest: "networks: {front: }").codes == ["C0101"])
  }

  @Test("address mistakes")
  func addresses() {
    func front(_ config: String, _ address: String? = nil) -> [String] {
      loadWeb(
        "networks: {front: {\(address.map { "ipv4_address: \($0)" } ?? "")}}",
        rest: "networks: {front: {ipam: {config: [{\(config)}]}}}"
      ).codes
    }
    #expect(front("subnet: 10.9.0.1/24") == ["C0116"])
    #expect(front("subnet: 10.9.0.0") == ["C0116"])
    #expect(front("subnet: 10.9.0.0/33") == ["C0116"])
    #expect(front("subnet: 10.9.0.0/99999999999999999999") == ["C0116"])
    #expect(front("subnet: \"fd00::/64\"") == ["C0401"])
    #expect(front("gateway: 10.9.0.1") == ["C0224"])
    #expect(front("subnet: 10.9.0.0/24, gateway: 10.8.0.1") == ["C0224"])
    #expect(front("subnet: 10.9.0.0/24", "10.9.1.5") == ["C0224"])
    #expect(front("subnet: 10.9.0.0/24", "10.9.0.1") == ["C0224"])
    #expect(front("subnet: 10.9.0.0/24", "10.9.0.255") == ["C0224"])
    #expect(front("subnet: 10.9.0.0/24", "10.9.0.05") == ["C0116"])
    #expect(front("subnet: 10.9.0.0/24", "10.9.0.5").isEmpty)
    #expect(front("", "10.9.0.5") == ["C0224"])
  }

  @Test("the same address twice, several containers with one address, overlapping subnets, equal names")
  func conflicts() {
    let networks = "networks: {f: {ipam: {config: [{subnet: 10.9.0.0/24}]}}}"
    let two =
      "services: {a: {layers: [x], command: [c], networks: {f: {ipv4_address: 10.9.0.5}}}, b: {layers: [x], command: [c], networks: {f: {ipv4_address: 10.9.0.5}}}}\n"
    #expect(load(two + networks).codes == ["C0224"])
    #expect(loadWeb("networks: {f: {ipv4_address: 10.9.0.5}}\nscale: 2", rest: networks).codes == ["C0223"])
    let overlap =
      "networks: {f: {ipam: {config: [{subnet: 10.9.0.0/16}]}}, g: {ipam: {config: [{subnet: 10.9.5.0/24}]}}}"
    #expect(loadWeb("", rest: overlap).codes == ["C0224"])
    #expect(loadWeb("", rest: "networks: {a: {name: x}, b: {name: x}}").codes == ["C0221"])
    #expect(loadWeb("", rest: "networks: {a: {name: demo_default}}").codes == ["C0221"])
  }

  @Test("what is not available says so")
  func refused() throws {
    let cases = [
      ("external: true", "C0401"), ("external: false", ""), ("driver: overlay", "C0401"),
      ("enable_ipv6: true", "C0401"),
      ("labels: {a: b}", "C0400"), ("attachable: true", ""), ("driver_opts: {x: y}", "C0401"),
      ("ipam: {driver: foo}", "C0401"), ("ipam: {config: [{subnet: 10.0.0.0/24, ip_range: 10.0.0.0/25}]}", "C0401"),
      ("driver_opts: {com.docker.network.driver.mtu: 10}", "C0113"), ("internal: x", "C0101"), ("name: a/b", "C0119"),
    ]
    for (text, code) in cases {
      #expect(loadWeb("", rest: "networks: {default: {\(text)}}").codes.first ?? "" == code, "\(text)")
    }
    #expect(loadWeb("networks: {default: {ipv6_address: \"::1\"}}").codes == ["C0401"])
    let plan = try loadWeb("networks: {default: {mac_address: \"02-42-AC-11-00-03\"}}").service()
    #expect(plan.networks[0].macAddress == "02:42:ac:11:00:03")
  }
}

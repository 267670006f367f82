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
    #expect(front("subnet: \"fd00::/64\"").isEmpty)
    #expect(front("subnet: \"fd00::1/64\"") == ["C0116"])
    #expect(front("subnet: \"fd00::/64\"", "10.9.0.5") == ["C0224"])
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
      ("external: true", ""), ("external: false", ""), ("driver: overlay", "C0401"),
      ("enable_ipv6: true", ""), ("labels: {a: b}", ""), ("attachable: true", ""), ("driver_opts: {x: y}", "C0401"),
      ("ipam: {driver: foo}", "C0401"), ("ipam: {config: [{subnet: 10.0.0.0/24, ip_range: 10.0.0.0/25}]}", ""),
      ("driver_opts: {com.docker.network.driver.mtu: 10}", "C0113"), ("internal: x", "C0101"), ("name: a/b", "C0119"),
    ]
    for (text, code) in cases {
      #expect(loadWeb("", rest: "networks: {default: {\(text)}}").codes.first ?? "" == code, "\(text)")
    }
    #expect(loadWeb("networks: {default: {ipv6_address: \"fd00::5\"}}").codes == ["C0224"])
    let plan = try loadWeb("networks: {default: {mac_address: \"02-42-AC-11-00-03\"}}").service()
    #expect(plan.networks[0].macAddress == "02:42:ac:11:00:03")
  }

  @Test("what a file says of both families is in the plan")
  func families() throws {
    let networks = """
      networks:
        f:
          enable_ipv6: true
          labels: {team: a}
          attachable: true
          driver_opts: {com.docker.network.driver.mtu: 1400, com.docker.network.bridge.name: br-f}
          ipam:
            config:
              - {subnet: 10.9.0.0/24, ip_range: 10.9.0.128/25, aux_addresses: {router: 10.9.0.130}}
              - {subnet: "FD00:9:0::/64", gateway: "fd00:9::9"}
      """
    let stack = try loadWeb(
      "networks: {f: {ipv4_address: 10.9.0.5, ipv6_address: \"fd00:9:0:0::5\"}}", rest: networks
    ).plan()
    let plan = try #require(stack.networks.first)
    #expect(
      plan.fields.map { "\($0.path)=\($0.value)" } == [
        "attachable=true", "driver_opts.com.docker.network.bridge.name=br-f", "driver_opts.mtu=1400",
        "enable_ipv6=true", "internal=false", "ipam.config.aux_addresses.router=10.9.0.130",
        "ipam.config.gateway6=fd00:9::9", "ipam.config.ip_range=10.9.0.128/25", "ipam.config.subnet=10.9.0.0/24",
        "ipam.config.subnet6=fd00:9::/64", "labels.team=a", "name=demo_f",
      ])
    // Where each stands is known, so that a plan can name the line.
    for field in plan.fields where !["internal", "name"].contains(field.path) {
      #expect(plan.origins[field.path] != nil, "\(field.path)")
    }
    let service = try #require(stack.services.first)
    #expect(service.fields.first { $0.path == "networks.f" }?.value == "10.9.0.5 fd00:9::5")
  }

  @Test("addresses of IPv6 are checked as those of IPv4 are")
  func addresses6() {
    func web(_ subnet: String, _ address: String) -> [String] {
      loadWeb(
        "networks: {f: {ipv6_address: \"\(address)\"}}",
        rest: "networks: {f: {ipam: {config: [{subnet: \"\(subnet)\"}]}}}"
      ).codes
    }
    #expect(web("fd00:9::/64", "fd00:9::5").isEmpty)
    #expect(web("fd00:9::/64", "fd00:8::5") == ["C0224"])
    #expect(web("fd00:9::/64", "fd00:9::1") == ["C0224"])
    #expect(web("fd00:9::/64", "fd00:9::") == ["C0224"])
    #expect(web("10.9.0.0/24", "fd00:9::5") == ["C0224"])
    let off = "networks: {f: {enable_ipv6: false}}"
    #expect(loadWeb("networks: {f: {ipv6_address: \"fd00:9::5\"}}", rest: off).codes == ["C0222"])
    let overlap =
      "networks: {f: {ipam: {config: [{subnet: \"fd00:9::/48\"}]}}, g: {ipam: {config: [{subnet: \"fd00:9::/64\"}]}}}"
    #expect(loadWeb("", rest: overlap).codes == ["C0224"])
  }

  @Test("a place on a network is one line of words, and priorities order the networks")
  func places() throws {
    let service = try loadWeb(
      """
      mac_address: 02:42:ac:11:00:09
      networks:
        a: {gw_priority: 5, aliases: [x]}
        b:
          priority: 10
          interface_name: lan0
          link_local_ips: ["FE80::7", 169.254.3.3]
          driver_opts: {com.docker.network.endpoint.sysctls: "net.ipv4.conf.IFNAME.log_martians=1"}
      """, rest: "networks: {a: , b: }"
    ).service()
    #expect(service.fields.first { $0.path == "networks.a" }?.value == "gw-priority=5 aliases=x")
    #expect(
      service.fields.first { $0.path == "networks.b" }?.value
        == "link-local=169.254.3.3,fe80::7 interface=lan0 priority=10 sysctls=net.ipv4.conf.IFNAME.log_martians=1")
    #expect(service.orderedNetworks.map(\.network) == ["b", "a"])
    #expect(service.macAddress(on: service.networks[1]) == "02:42:ac:11:00:09")
    #expect(service.macAddress(on: service.networks[0]) == nil)
    let twice = "networks: {a: {interface_name: lan0}, b: {interface_name: lan0}}"
    #expect(loadWeb(twice, rest: "networks: {a: , b: }").codes == ["C0222"])
    let opposed =
      "networks: {a: {interface_name: lan0, driver_opts: {com.docker.network.endpoint.ifname: lan1}}}"
    #expect(loadWeb(opposed, rest: "networks: {a: }").codes == ["C0222"])
    for value in ["net.ipv4.ip_forward=1", "net.ipv4.conf.eth0.log_martians=1", "net.ipv4.conf.IFNAME.log_martians"] {
      let options = "networks: {a: {driver_opts: {com.docker.network.endpoint.sysctls: \"\(value)\"}}}"
      #expect(loadWeb(options, rest: "networks: {a: }").codes == ["C0110"], "\(value)")
    }
  }

  @Test(
    "host and none as networks are what they are as network_mode",
    arguments: [
      ("driver: host", "host"), ("driver: none", "none"), ("external: true, name: host", "host"),
    ])
  func modes(text: String, mode: String) throws {
    let rest = "networks: {n: {\(text)}, m: }"
    let service = try loadWeb("networks: [n]", rest: rest).service()
    #expect(service.networks.isEmpty)
    #expect(service.namespaces.map(\.text) == [mode])
    #expect(loadWeb("networks: [n, m]", rest: rest).codes == ["C0222"])
    #expect(loadWeb("networks: {n: {aliases: [a]}}", rest: rest).codes == ["C0222"])
    let implied = try loadWeb("", rest: "networks: {default: {\(text)}}").service()
    #expect(implied.namespaces.map(\.text) == [mode])
  }

  @Test("an external network has its own name, and a place on it says which")
  func external() throws {
    let stack = try loadWeb("networks: [n]", rest: "networks: {n: {external: true, name: lan}}").plan()
    #expect(stack.networks.map(\.name) == ["lan"])
    #expect(stack.networks[0].isExternal == true)
    #expect(stack.services[0].fields.first { $0.path == "networks.n" }?.value == "external=lan")
    // Its maker knows its subnets.
    #expect(
      loadWeb("networks: {n: {ipv4_address: 10.0.0.5}}", rest: "networks: {n: {external: true}}").errors.isEmpty)
  }
}

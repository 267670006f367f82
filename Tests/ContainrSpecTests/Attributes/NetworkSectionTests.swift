// networks at the top level.
import Testing

struct NetworkSectionTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("", "{name: demo_n}"),
      ("{}", "{name: demo_n}"),
      ("{name: real}", "{name: real}"),
      (#"{name: "${WORD}-${NUMBER}"}"#, "{name: word-3}"),
      ("{driver: overlay}", "{driver: overlay, name: demo_n}"),
      (
        "{driver_opts: {com.docker.network.driver.mtu: 1400, a: b, c: 1}}",
        "{driver_opts: {a: b, c: '1', com.docker.network.driver.mtu: '1400'}, name: demo_n}"
      ),
      (
        #"{attachable: true, internal: "${YES}", enable_ipv4: "true", enable_ipv6: true}"#,
        "{attachable: true, enable_ipv4: true, enable_ipv6: true, internal: true, name: demo_n}"
      ),
      ("{labels: [a=1]}", "{labels: {a: '1'}, name: demo_n}"),
      (
        "{ipam: {driver: default, config: [{subnet: 10.1.0.0/16, gateway: 10.1.0.1, ip_range: 10.1.2.0/24, aux_addresses: {h: 10.1.0.5}}], options: {a: b}}}",
        "{ipam: {config: [{aux_addresses: {h: 10.1.0.5}, gateway: 10.1.0.1, ip_range: 10.1.2.0/24, subnet: 10.1.0.0/16}], driver: default, options: {a: b}}, name: demo_n}"
      ),
      ("{external: true}", "{external: true, name: n}"),
      ("{external: true, name: real}", "{external: true, name: real}"),
      ("{external: {name: real}}", "{external: true, name: real}"),
      ("{external: false}", "{name: demo_n}"),
      (#"{external: "${YES}"}"#, "{external: true, name: n}"),
      ("{x-a: 1}", "{name: demo_n, x-a: 1}"),
    ])
  func forms(text: String, expected: String) {
    #expect(sectionModel("networks", "n", text) == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("text", "C0101 2:15"),
      ("[a]", "C0101 2:15"),
      ("{drivers: x}", "C0102 2:16"),
      ("{internal: maybe}", "C0101 2:26"),
      (#"{name: "a b"}"#, "C0119 2:22"),
      ("{driver: [a]}", "C0101 2:24"),
      ("{driver_opts: [a]}", "C0101 2:29"),
      ("{driver_opts: {a: [b]}}", "C0101 2:33"),
      ("{labels: text}", "C0101 2:24"),
      ("{ipam: [a]}", "C0101 2:22"),
      ("{ipam: {configs: []}}", "C0102 2:23"),
      ("{ipam: {config: {subnet: 10.1.0.0/16}}}", "C0101 2:31"),
      ("{ipam: {config: [{subnet: x}]}}", "C0116 2:41"),
      ("{ipam: {config: [{range: x}]}}", "C0102 2:33"),
      ("{ipam: {config: [{subnet: 10.1.0.0/16, aux_addresses: {a: x}}]}}", "C0116 2:73"),
      ("{external: [a]}", "C0101 2:26"),
      ("{external: {id: x}}", "C0102 2:27"),
      ("{external: {name: a}, name: b}", "C0222 2:43"),
    ])
  func wrong(text: String, expected: String) {
    #expect(sectionMistakes("networks", "n", text) == expected)
  }

  @Test(
    "key by key; address ranges by subnet, labels by name",
    arguments: [
      (
        "{driver: bridge, labels: {a: 1}}", "{internal: true, labels: [b=2]}",
        "{driver: bridge, internal: true, labels: {a: '1', b: '2'}, name: demo_n}"
      ),
      (
        "{ipam: {config: [{subnet: 10.1.0.0/16, gateway: 10.1.0.1}]}}",
        "{ipam: {config: [{subnet: 10.1.0.0/16, ip_range: 10.1.2.0/24}]}}",
        "{ipam: {config: [{gateway: 10.1.0.1, ip_range: 10.1.2.0/24, subnet: 10.1.0.0/16}]}, name: demo_n}"
      ),
      ("{driver: bridge}", "", "{driver: bridge, name: demo_n}"),
      ("", "{driver: bridge}", "{driver: bridge, name: demo_n}"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(sectionModel("networks", "n", base, over) == expected)
  }

  @Test(
    "what this version does with it",
    arguments: [
      ("", ""),
      ("{driver: bridge, internal: true, attachable: true}", ""),
      ("{driver: overlay}", "C0401 2:16"),
      ("{labels: {a: b}}", ""),
      ("{enable_ipv6: true}", ""),
      ("{enable_ipv4: false}", ""),
      ("{enable_ipv4: false, enable_ipv6: false}", "C0222 2:36"),
      (#"{enable_ipv6: false, ipam: {config: [{subnet: "fd00:1::/64"}]}}"#, "C0222 2:53"),
      ("{external: true}", ""),
      ("{driver: macvlan}", "C0104 2:16"),
      ("{driver: macvlan, driver_opts: {parent: eth0, macvlan_mode: vepa}}", ""),
      ("{driver: ipvlan, driver_opts: {parent: eth0, ipvlan_mode: l3, ipvlan_flag: private}}", ""),
      ("{driver: ipvlan, driver_opts: {parent: eth0, macvlan_mode: vepa}}", "C0222 2:60"),
      ("{driver_opts: {parent: eth0}}", "C0222 2:30"),
      ("{driver: host}", ""), ("{driver: none}", ""),
      ("{driver_opts: {com.docker.network.bridge.name: br-front}}", ""),
      ("{driver_opts: {com.docker.network.bridge.enable_icc: false}}", ""),
      ("{driver_opts: {com.docker.network.bridge.enable_ip_masquerade: \"false\"}}", ""),
      ("{driver_opts: {a: b}}", "C0401 2:30"),
      ("{driver_opts: {com.docker.network.driver.mtu: 1400}}", ""),
      ("{ipam: {driver: x}}", "C0401 2:23"),
      ("{ipam: {config: [{subnet: 10.1.0.0/16, ip_range: 10.1.2.0/24}]}}", ""),
      ("{ipam: {config: [{subnet: 10.1.0.0/16, ip_range: 10.2.2.0/24}]}}", "C0224 2:64"),
      (#"{ipam: {config: [{subnet: 10.1.0.0/16}, {subnet: "fd00:1::/64", gateway: "fd00:1::7"}]}}"#, ""),
      (#"{ipam: {config: [{subnet: "fd00:1::/64", gateway: "fd00:2::7"}]}}"#, "C0224 2:65"),
      ("{ipam: {config: [{subnet: 10.1.0.0/16, aux_addresses: {router: 10.1.0.9}}]}}", ""),
      ("{ipam: {config: [{subnet: 10.1.0.0/16, aux_addresses: {router: 10.2.0.9}}]}}", "C0224 2:78"),
      ("{ipam: {config: [{subnet: 10.1.0.0/16}, {subnet: 10.2.0.0/16}]}}", "C0401 2:55"),
    ])
  func run(text: String, expected: String) {
    #expect(sectionRunning("networks", "n", text) == expected)
  }

  @Test("other tools let an external network say more, so that is a warning")
  func external() {
    let loaded = loadFiles(["services: {web: {image: i}}\nnetworks: {n: {external: true, driver: bridge}}"])
    #expect(loaded.errors.isEmpty)
    #expect(loaded.codes.contains("C0312"))
  }

  @Test("the default network is there if a service uses it, and can be described")
  func implied() {
    #expect(model(at: "networks", ["services: {web: {image: i}}"]) == "{default: {name: demo_default}}")
    #expect(model(at: "networks", ["services: {web: {image: i, network_mode: none}}"]) == "-")
    let described = "services: {web: {image: i}}\nnetworks: {default: {name: real}}"
    #expect(model(at: "networks", [described]) == "{default: {name: real}}")
  }
}

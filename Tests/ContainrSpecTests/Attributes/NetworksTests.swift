// networks that a service joins.
import Testing

struct NetworksTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("[front, back]", "{back: null, front: null}"),
      ("{front: , back: {}}", "{back: null, front: null}"),
      (
        #"{front: {aliases: [a, b.c], ipv4_address: 10.0.0.5, ipv6_address: "fd00::5", link_local_ips: [169.254.1.1, "fe80::1"], mac_address: "02:42:ac:11:00:03", driver_opts: {com.docker.network.endpoint.ifname: eth5}, priority: 1000, gw_priority: -1, interface_name: eth5}}"#,
        "{front: {aliases: [a, b.c], driver_opts: {com.docker.network.endpoint.ifname: eth5}, gw_priority: -1, interface_name: eth5, ipv4_address: 10.0.0.5, ipv6_address: fd00::5, link_local_ips: [169.254.1.1, fe80::1], mac_address: 02:42:ac:11:00:03, priority: 1000}}"
      ),
      (#"["${NONE:-front}"]"#, "{front: null}"),
      (#"{front: {ipv4_address: "${ADDRESS}"}}"#, "{front: {ipv4_address: 10.0.0.9}}"),
      ("[default]", "{default: null}"),
      ("[]", "{default: null}"),
      ("{front: {x-a: 1}}", "{front: {x-a: 1}}"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("networks", "networks: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("front", "C0101 4:15"),
      ("[nothing]", "C0211 4:16"),
      ("{nothing: }", "C0211 4:16"),
      ("[front, front]", "C0221 4:23"),
      ("[{a: b}]", "C0101 4:16"),
      ("{front: [a]}", "C0101 4:23"),
      ("{front: {alias: [a]}}", "C0102 4:24"),
      ("{front: {aliases: a}}", "C0101 4:33"),
      ("{front: {ipv4_address: x}}", "C0116 4:38"),
      ("{front: {ipv6_address: 1.2.3.4}}", "C0116 4:38"),
      ("{front: {mac_address: x}}", "C0116 4:37"),
      ("{front: {priority: x}}", "C0113 4:34"),
      ("{front: {link_local_ips: [x]}}", "C0116 4:41"),
      ("{front: {link_local_ips: [10.0.0.1]}}", "C0116 4:41"),
      (#"{front: {link_local_ips: ["fd00::1"]}}"#, "C0116 4:41"),
      ("{front: {interface_name: a/b}}", "C0119 4:40"),
      ("{front: {gw_priority: x}}", "C0113 4:37"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("networks: \(text)") == expected)
  }

  @Test(
    "both add up, and what is said about one network is merged",
    arguments: [
      ("[front]", "[back]", "{back: null, front: null}"),
      (
        "{front: {aliases: [a], priority: 1}}", "{front: {aliases: [b, a], ipv4_address: 10.0.0.5}}",
        "{front: {aliases: [a, b], ipv4_address: 10.0.0.5, priority: 1}}"
      ),
      ("[front]", "{front: {priority: 2}}", "{front: {priority: 2}}"),
      ("{front: {priority: 2}}", "[front, back]", "{back: null, front: {priority: 2}}"),
      ("[front]", "!override [back]", "{back: null}"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("networks", "networks: \(base)", "networks: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it does not start, unless it asks for what happens anyway",
    arguments: [
      ("[front]", ""),
      ("{front: {aliases: [a], priority: 1}}", ""),
      (#"{front: {ipv6_address: "fd00::5"}}"#, ""),
      (#"{back: {ipv6_address: "fd00::5"}}"#, "C0224 4:16"),
      ("{front: {gw_priority: 1}}", ""),
      (#"{front: {mac_address: "02:42:ac:11:00:03"}}"#, ""),
      ("{front: {interface_name: eth5}}", ""),
      ("{front: {driver_opts: {a: b}}}", "C0401 4:38"),
      ("{front: {driver_opts: {com.docker.network.endpoint.ifname: eth5}}}", ""),
      ("{front: {link_local_ips: [169.254.1.1]}}", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("networks: \(text)") == expected)
  }

  @Test("an alias may be as long as DNS allows")
  func longAlias() {
    let name = String(repeating: "a.", count: 100) + "b"
    #expect(running("networks: {front: {aliases: [\(name)]}}") == "")
    #expect(mistakes("networks: {front: {aliases: [\(name).\(name)]}}") == "C0119 4:34")
  }
}

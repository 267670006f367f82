// Ways out over families and neighbours that nobody has asked for.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Networks give what they say and nothing else", .serialized, .asRoot)
struct NetworkEscapeTests {
  // With IPv6 left on: an address of the link on eth0, by which every neighbour is reached past the rules of IPv4.
  @Test("CVE-2024-32473: on a network of IPv4 alone no interface has IPv6, and its program cannot switch it on")
  func familyAlone() throws {
    let stack = """
      services:
        web: {layers: [./base], command: [sleep, "1000"], stop_signal: SIGKILL, cap_add: [NET_ADMIN], networks: [four]}
        both: {layers: [./base], command: [sleep, "1000"], stop_signal: SIGKILL, networks: [six]}
      networks: {four: {enable_ipv6: false}, six: {enable_ipv6: true}}
      """
    try Bed.use(stack) { bed in
      try bed.up()
      func addresses(_ service: String) throws -> [String] {
        let script =
          "ip link set eth0 down; ip link set eth0 up; echo 0 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6; cat /proc/net/if_inet6"
        return try bed.run("containr", ["exec", "-p", "t", service, "sh", "-c", script]).output.split(separator: "\n")
          .filter { $0.hasSuffix(" eth0") }.map(String.init)
      }
      #expect(try !addresses("both").isEmpty, "the kernel has IPv6")
      #expect(try addresses("web") == [])
    }
  }
}

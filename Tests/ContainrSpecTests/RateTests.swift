// x-containr.ingress and egress: what is read, where it may stand, what it is called in a plan.
import Testing

@testable import ContainrSpec

struct RateTests {
  @Test(
    "bits are counted in thousands, bytes as sizes are, and one spelling is written",
    arguments: [
      ("10mbit", 1_250_000, "10mbit"), ("1GBIT", 125_000_000, "1gbit"), ("2500mbit", 312_500_000, "2500mbit"),
      ("1.5 mbit", 187_500, "1500kbit"), ("8000bit", 1000, "8kbit"), ("5mb", 5 << 20, "5mb"), ("5m", 5 << 20, "5mb"),
      ("64KiB", 64 << 10, "64kb"), ("1.5gb", 3 << 29, "1536mb"), ("1001b", 1001, "8008bit"),
      ("1000gbit", 125_000_000_000, "1000gbit"),
    ])
  func rates(text: String, bytes: Int64, spelled: String) throws {
    #expect(try RateText.bytes(text) == bytes)
    #expect(RateText.text(bytes) == spelled)
    #expect(try RateText.bytes(spelled) == bytes)
  }

  @Test(
    "what is neither, or both, is told apart",
    arguments: [
      ("10", "neither bits nor bytes"), ("10mbps", "a rate is of a second anyway"),
      ("5mb/s", "a rate is of a second anyway"),
      ("5 parsecs", "unknown unit 'parsecs'"),
    ])
  func wrong(text: String, label: String) {
    do throws(ValueProblem) {
      _ = try RateText.bytes(text)
      Issue.record("it is read")
    } catch {
      #expect(error.label == label)
    }
  }

  @Test("a service's rates are fields of it, those of a place are in the place's own")
  func fields() throws {
    let text =
      "x-containr: {ingress: {rate: 10mbit, burst: 64k}, egress: 5mb}\nnetworks: {back: {x-containr: {egress: 1mbit}}, front: }"
    let service = try loadWeb(text, rest: "networks: {back: , front: }").service()
    let fields = service.fields.filter { $0.path.hasSuffix("gress") || $0.path.hasPrefix("networks.") }
    #expect(
      fields.map { "\($0.path)=\($0.value)" } == [
        "networks.back=egress=1mbit", "networks.front=", "x-containr.egress=5mb",
        "x-containr.ingress=10mbit,burst=65536",
      ])
    #expect(service.rates(on: "back").egress == RatePlan(rate: 125_000))
    #expect(service.rates(on: "front").egress == RatePlan(rate: 5 << 20))
    #expect(service.rates(on: "back").ingress == RatePlan(rate: 1_250_000, burst: 65_536))
  }

  @Test(
    "where the host has no end of the link a rate is an error at its place",
    arguments: [
      ("network_mode: host\nx-containr: {egress: 1mbit}", "", "'egress' has no meaning with 'network_mode: host'"),
      (
        "network_mode: none\nx-containr: {ingress: 1mbit}", "", "'ingress' has no meaning with 'network_mode: none'"
      ),
      (
        "networks: [lan]\nx-containr: {egress: 1mbit}",
        "networks: {lan: {driver: macvlan, driver_opts: {parent: eth0}}}",
        "'egress' cannot be kept on a network with 'driver: macvlan'"
      ),
      (
        "networks: {lan: {x-containr: {ingress: 1mbit}}}",
        "networks: {lan: {driver: ipvlan, driver_opts: {parent: eth0}}}",
        "'ingress' cannot be kept on a network with 'driver: ipvlan'"
      ),
      (
        "networks: [h]\nx-containr: {egress: 1mbit}", "networks: {h: {external: true, name: host}}",
        "'egress' has no meaning on the network 'h'"
      ),
    ])
  func nowhere(text: String, rest: String, message: String) {
    let found = loadWeb(text, rest: rest).errors
    #expect(found.map(\.message) == [message])
  }
}

// What the MTU of the host's way out means for a plan.
import ContainrReconcile
import ContainrSpec
import Testing

@Suite("MTU of the uplink")
struct UplinkTests {
  private func plan(mtu: Int? = nil, _ change: (inout NetworkPlan) -> Void = { _ in }) -> StackPlan {
    var plan = stack([service("a")])
    plan.networks[0].mtu = mtu
    change(&plan.networks[0])
    return plan
  }

  private func text(_ plan: StackPlan, _ uplink: ObservedUplink?) -> String {
    var observed = ObservedState()
    observed.uplink = uplink
    return up(plan, observed).text
  }

  @Test("a new network says what it gets where that is not the usual one")
  func new() {
    #expect(text(plan(), ObservedUplink(name: "eth0", mtu: 1400)).contains("      mtu 1400, that of eth0\n"))
    #expect(text(plan(), ObservedUplink(name: "wg0", mtu: 1000)).contains("      mtu 1280: that of wg0 is 1000\n"))
    for uplink in [nil, ObservedUplink(name: "eth0", mtu: 1500)] { #expect(!text(plan(), uplink).contains("mtu")) }
    #expect(!text(plan(mtu: 1300), ObservedUplink(name: "eth0", mtu: 1400)).contains("mtu"))
  }

  @Test("one that asks for more than the way out carries is told so, also when nothing is to be done")
  func larger() {
    let words = "its mtu of 9000 is larger than that of eth0, 1500: larger packets do not get out"
    let eth0 = ObservedUplink(name: "eth0", mtu: 1500)
    #expect(text(plan(mtu: 9000), eth0).contains(words))
    var observed = running(plan(mtu: 9000))
    observed.uplink = eth0
    let changeset = up(plan(mtu: 9000), observed)
    #expect(changeset.isEmpty && changeset.text.contains(words))
    #expect(!text(plan(mtu: 9000), ObservedUplink(name: "eth0", mtu: 9000)).contains("larger"))
    #expect(!text(plan(mtu: 9000) { $0.isInternal = true }, eth0).contains("larger"), "nothing of it goes there")
    #expect(!text(plan(mtu: 9000), nil).contains("larger"))
  }

  @Test("what a network gets: the uplink's, never so little that IPv6 goes, never more than a veth carries")
  func bounds() {
    func mtu(_ uplink: Int?) -> Int { ObservedUplink.mtu(below: uplink.map { ObservedUplink(name: "eth0", mtu: $0) }) }
    #expect([mtu(nil), mtu(1400), mtu(9000), mtu(1000), mtu(65_536)] == [1500, 1400, 9000, 1280, 65_535])
  }

  @Test("another one since is drift: the network first, then the containers' ends, and nothing starts again")
  func moved() {
    var observed = running(plan())
    observed.networks[0].drift = ["the mtu of bridge b is 1500, not 1400, that of eth0"]
    observed.containers[0].linkFaults = [
      ObservedLinkFault(network: "default", words: "its mtu on network default is 1500, not 1400, that of eth0")
    ]
    let changeset = up(plan(), observed)
    #expect(
      changeset.steps.filter { !$0.hasPrefix("reload") } == [
        "ensure-network network hello_default", "attach container hello-a-1",
      ])
    #expect(changeset.follows("attach container hello-a-1", "ensure-network network hello_default"))
    #expect(changeset.effect == .inPlace)
  }
}

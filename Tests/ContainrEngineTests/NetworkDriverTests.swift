// What a network's options become, from the file's words to the link that the kernel is asked for: pure.
import ContainrNetwork
import ContainrReconcile
import ContainrSpec
import ContainrStore
import Testing

@testable import ContainrEngine

@Suite("Drivers of networks")
struct NetworkDriverTests {
  private func link(_ driver: NetworkPlan.Driver, _ options: [String: String]) -> SubordinateLink? {
    var plan = NetworkPlan(key: "lan", name: "t_lan", isInternal: false)
    plan.driver = driver
    plan.options = options.sorted { $0.key < $1.key }.map { EnvironmentPlan(name: $0.key, value: $0.value) }
    let record = NetworkRecord(
      name: "t_lan", key: "lan", stack: "t", stage: .ready, bridge: "b", subnet: "", gateway: "", isInternal: false,
      mtu: nil, fields: PlanCoding.text(plan.fields))
    return NetworkTraits(record).subordinate
  }

  @Test("every mode and flag of ipvlan and macvlan is what the kernel is asked for, and each has its default")
  func modes() {
    for mode in SubordinateLink.IPvlanMode.allCases {
      for flag in SubordinateLink.IPvlanFlag.allCases {
        let options = ["parent": "eth9", "ipvlan_mode": mode.rawValue, "ipvlan_flag": flag.rawValue]
        #expect(link(.ipvlan, options) == .ipvlan(mode, flag))
      }
    }
    #expect(link(.ipvlan, ["parent": "eth9"]) == .ipvlan(.l2, .bridge))
    for mode in SubordinateLink.MacvlanMode.allCases {
      #expect(link(.macvlan, ["parent": "eth9", "macvlan_mode": mode.rawValue]) == .macvlan(mode))
    }
    #expect(link(.macvlan, ["parent": "eth9"]) == .macvlan(.bridge))
    #expect(link(.bridge, [:]) == nil)
  }
}

import ContainrReconcile
import ContainrSpec
import Testing

@Suite("Differences between plans")
struct PlanDifferenceTests {
  private let old = stack([
    service("app", line: 3), service("web", line: 9) { $0.environment = [EnvironmentPlan(name: "TOKEN", value: "a")] },
  ])

  @Test("are none between a plan and itself, wherever its lines have moved")
  func same() {
    var moved = old
    moved.services[0].location = at(40)
    moved.services[0].origins = ["command": at(41)]
    #expect(planDifferences(from: old.parts, to: moved.parts).isEmpty)
    #expect(PlanDifference.text([]) == "no difference\n")
  }

  @Test("are told field by field in a changeset's words, services first, secrets hidden")
  func text() {
    var new = stack([
      service("db", line: 5),
      service("web", line: 9) {
        $0.environment = [EnvironmentPlan(name: "TOKEN", value: "b")]
        $0.resources.memoryLimit = 1024
        $0.origins = ["mem_limit": at(11, 16)]
      },
    ])
    new.networks[0].subnet = "10.1.0.0/24"
    let differences = planDifferences(from: old.parts, to: new.parts)
    #expect(
      PlanDifference.text(differences) == """
        -   service app   removed
        +   service db   added   stack.yaml:5:3
        ~   service web   changed
              environment.TOKEN: (hidden) → (hidden)   stack.yaml:9:3   recreate
              mem_limit: (not set) → 1024   stack.yaml:11:16   in place
        ~   network default   changed
              ipam.config.subnet: (not set) → 10.1.0.0/24   recreate
        1 added, 2 changed, 1 removed

        """)
    #expect(PlanDifference.json(differences).allSatisfy { !$0.contains("\"a\"") && !$0.contains("\"b\"") })
  }

  @Test("to what is recorded have no places of their own")
  func recorded() {
    let parts = old.parts.map { PlanPart(address: $0.address, fields: $0.fields) }
    #expect(planDifferences(from: parts, to: old.parts).isEmpty)
    #expect(planDifferences(from: old.parts, to: []).map(\.kind) == [.removed, .removed, .removed])
  }
}

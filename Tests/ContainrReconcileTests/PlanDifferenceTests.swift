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

  @Test("tell of contents that are others, as far as both are known, and cost what the service says")
  func contents() {
    func part(_ contents: [PartContent], reaction: ChangeReaction? = nil) -> PlanPart {
      let plan = stack([
        service("web") {
          $0.onChange = reaction
          $0.origins = ["configs./etc/a": at(7)]
        }
      ])
      var part = plan.parts[0]
      part.contents = contents
      return part
    }
    func told(_ old: [PartContent], _ new: [PartContent], _ reaction: ChangeReaction? = nil) -> [String] {
      planDifferences(from: [part(old, reaction: reaction)], to: [part(new, reaction: reaction)]).flatMap {
        difference in
        difference.reasons.map(\.text)
      }
    }
    let one = PartContent(target: "/etc/a", source: "text", digest: "1111", shown: "digest 1111")
    let two = PartContent(target: "/etc/a", source: "text", digest: "2222", shown: "digest 2222")
    let file = PartContent(target: "/etc/a", source: "file /a", shown: "file /a")
    let other = PartContent(target: "/etc/a", source: "file /b", shown: "file /b")
    let recorded = PartContent(target: "/etc/a", digest: "2222", shown: "digest 2222")
    #expect(told([one], [two]) == ["content./etc/a: digest 1111 → digest 2222   stack.yaml:7:5   in place"])
    #expect(told([one], [two], .restart) == ["content./etc/a: digest 1111 → digest 2222   stack.yaml:7:5   restart"])
    #expect(told([one], [recorded]) == ["content./etc/a: digest 1111 → digest 2222   stack.yaml:7:5   in place"])
    #expect(told([file], [other]) == ["content./etc/a: file /a → file /b   stack.yaml:7:5   in place"])
    #expect(told([file], [two]) == ["content./etc/a: file /a → digest 2222   stack.yaml:7:5   in place"])
    for (old, new) in [
      ([one], [one]), ([two], [recorded]), ([file], [file]), ([file], [recorded]), ([], [two]), ([one], []),
    ]
      as [([PartContent], [PartContent])]
    {
      #expect(told(old, new) == [])
    }
  }

  @Test("to what is recorded have no places of their own")
  func recorded() {
    let parts = old.parts.map { PlanPart(address: $0.address, fields: $0.fields) }
    #expect(planDifferences(from: parts, to: old.parts).isEmpty)
    #expect(planDifferences(from: old.parts, to: []).map(\.kind) == [.removed, .removed, .removed])
  }
}

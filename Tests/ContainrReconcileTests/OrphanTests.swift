import ContainrReconcile
import ContainrSpec
import Foundation
import Testing

@Suite("Orphans")
struct OrphanTests {
  private let two = stack([service("app", line: 3), service("web", line: 9)])
  private var one: StackPlan { stack([two.services[1]]) }

  private func up(_ desired: StackPlan, _ observed: ObservedState, _ rule: OrphanRule = .keep) -> Changeset {
    var options = ReconcileOptions()
    options.orphans = rule
    return reconcile(desired: desired, observed: observed, stack: desired.name, options: options)
  }

  @Test("stay, and the plan names them and says how they go")
  func kept() {
    let changes = up(one, running(two))
    #expect(changes.isEmpty && changes.orphans == ["hello-app-1"])
    #expect(
      changes.text == """
        nothing to do: 1 container matches
        orphan: container hello-app-1 stays, its service is not in the file; --remove-orphans removes it

        """)
    #expect(changes.json.contains("\"changes\": [],\n  \"orphans\": [\"hello-app-1\"]\n}"))
  }

  @Test("that are to be ignored are not named")
  func ignored() {
    let changes = up(one, running(two), .ignore)
    #expect(changes.isEmpty && changes.orphans.isEmpty && !changes.json.contains("orphans"))
  }

  @Test("go one service at a time if that is asked for")
  func some() {
    let three = stack([service("app"), service("old"), service("web")])
    let changes = up(one, running(three), .removeOnly(["app"]))
    #expect(changes.steps.filter { $0.hasPrefix("remove ") } == ["remove container hello-app-1"])
    #expect(changes.orphans == ["hello-old-1"])
  }

  @Test("keep the networks that only they use")
  func networks() {
    var before = stack([service("app") { $0.networks = [AttachmentPlan(network: "side")] }, service("web")])
    before.networks.append(NetworkPlan(key: "side", name: "hello_side"))
    let kept = up(one, running(before))
    #expect(kept.isEmpty, "\(kept.text)")
    let removed = up(one, running(before), .remove)
    #expect(removed.follows("remove-network network hello_side", "remove container hello-app-1"))
  }

  @Test("are connected again when their bridge is made again")
  func bridge() {
    var observed = running(two)
    observed.networks[0].bridgeMissing = true
    observed.networks[0].drift = ["bridge b is gone"]
    let changes = up(one, observed)
    #expect(changes.follows("attach container hello-app-1", "ensure-network network hello_default"))
  }

  @Test("whose start or removal was interrupted go: that was begun")
  func interrupted() {
    for stage in [ObservedContainer.Stage.creating, .removing] {
      var observed = running(two)
      observed.containers[0].stage = stage
      let changes = up(one, observed)
      #expect(changes.index("remove container hello-app-1") != nil && changes.orphans.isEmpty)
    }
  }

  @Test("are not the containers of services whose profile is not active: those stay, also with --remove-orphans")
  func profiles() {
    var plan = one
    plan.inactiveServices = ["app"]
    for rule in [OrphanRule.keep, .remove] {
      let changes = up(plan, running(two), rule)
      #expect(changes.isEmpty && changes.orphans.isEmpty)
    }
  }

  @Test("are no reason to refuse a saved plan of an earlier version, which does not speak of them")
  func coding() throws {
    let old = #"{"stack": "hello", "changes": [], "matching": 1}"#
    let changes = try JSONDecoder().decode(Changeset.self, from: Data(old.utf8))
    #expect(changes == Changeset(stack: "hello", matching: 1))
  }
}

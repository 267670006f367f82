import ContainrReconcile
import ContainrSpec
import Testing

@Suite("What down and stop do")
struct DownTests {
  let plan = stack(
    [
      service("app") { $0.dependsOn = [DependencyPlan(service: "web", condition: .started)] }, service("web"),
    ], volumes: [VolumePlan(key: "data", name: "hello_data")])

  private func down(_ state: ObservedState, volumes: Bool = false) -> Changeset {
    reconcile(
      desired: nil, observed: state, stack: "hello",
      options: ReconcileOptions(goal: .down, removeVolumes: volumes))
  }

  @Test("Dependents stop first, the record goes last, volumes stay")
  func order() {
    let changes = down(running(plan))
    #expect(
      changes.text == """
        -   container hello-app-1   remove
        -   container hello-web-1   remove
        ~   supervisor hello   stop
        -   network hello_default   remove
        ~   firewall   change
        1 to change, 1 to stop, 3 to remove

        """)
    #expect(changes.follows("remove container hello-web-1", "remove container hello-app-1"))
    #expect(changes.changes.last?.action == .removeStack)
    #expect(changes.changes.last?.dependencies == Array(0..<(changes.changes.count - 1)))
    #expect(!changes.isDestructive)
  }

  @Test("Teardown goes on past a failure: only the record needs all of it")
  func goesOn() {
    for change in down(running(plan)).changes.dropLast() { #expect(change.dependencies.isEmpty) }
  }

  @Test("Volumes go when asked for, and that is marked as loss of data")
  func volumes() {
    let changes = down(running(plan), volumes: true)
    #expect(changes.text.contains("-   volume hello_data   remove\n      its data is deleted   data loss"))
    #expect(changes.isDestructive)
  }

  @Test("A stack that is not there needs nothing")
  func nothing() {
    #expect(down(ObservedState()).isEmpty)
    #expect(down(ObservedState()).text == "nothing to do: 0 containers match\n")
  }

  @Test("A stack of which only a row is left is removed")
  func row() {
    var state = ObservedState()
    state.stack = ObservedStack(name: "hello", file: "/f", ownerUID: 0, sameBoot: true)
    #expect(down(state).changes.last?.action == .removeStack)
  }

  @Test("Stop keeps everything and stops what runs, dependents first")
  func stop() {
    var state = running(plan)
    let changes = reconcile(
      desired: nil, observed: state, stack: "hello", options: ReconcileOptions(goal: .stop))
    #expect(
      changes.steps == [
        "stop container hello-app-1", "stop container hello-web-1", "reload-supervisor supervisor hello",
      ])
    for index in state.containers.indices {
      state.containers[index].process = .ended(code: 0, bySignal: false)
      state.containers[index].stage = .stopped
    }
    #expect(up(plan, state).steps.filter { $0.hasPrefix("start ") }.count == 2)
  }

  @Test("Some go, and with them what lets them onto their networks; who had none leaves the firewall as it is")
  func some() {
    let alone = stack([service("app") { $0.networks = [] }, service("web")])
    func removed(_ service: String) -> [String] {
      var options = ReconcileOptions(goal: .remove)
      options.removeOnly = [ContainerName(stack: "hello", service: service, index: 1).id]
      return reconcile(desired: nil, observed: running(alone), stack: "hello", options: options).steps
    }
    #expect(
      removed("web") == [
        "remove container hello-web-1", "write-firewall firewall", "reload-supervisor supervisor hello",
      ])
    #expect(removed("app") == ["remove container hello-app-1", "reload-supervisor supervisor hello"])
  }

  @Test("Who was only connected by hand to a network goes from the firewall too")
  func connected() {
    var state = running(stack([service("app") { $0.networks = [] }]))
    state.containers[0].addresses = ["default": "10.0.0.9"]
    var options = ReconcileOptions(goal: .remove)
    options.removeOnly = [state.containers[0].id]
    let changes = reconcile(desired: nil, observed: state, stack: "hello", options: options)
    #expect(changes.follows("write-firewall firewall", "remove container hello-app-1"))
  }
}

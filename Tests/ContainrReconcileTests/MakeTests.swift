import ContainrReconcile
import ContainrSpec
import Testing

@Suite("Making without starting")
struct MakeTests {
  private func make(_ desired: StackPlan, _ observed: ObservedState) -> Changeset {
    var options = ReconcileOptions()
    options.startsNothing = true
    return reconcile(desired: desired, observed: observed, stack: desired.name, options: options)
  }

  private let two = stack(
    [
      service("app") { $0.dependsOn = [DependencyPlan(service: "web", condition: .healthy)] },
      service("web") {
        $0.mounts = [MountPlan(kind: .volume, source: "data", target: "/data")]
        $0.healthcheck = HealthcheckPlan(command: ["true"])
      },
    ], volumes: [VolumePlan(key: "data", name: "hello_data")])

  @Test("nothing waits for anybody, but for what it stands on")
  func first() {
    let changes = make(two, ObservedState())
    #expect(
      changes.steps.contains("make container hello-app-1") && changes.steps.contains("make container hello-web-1"))
    #expect(
      !changes.steps.contains {
        $0.hasPrefix("await") || $0.hasPrefix("start container") || $0.hasPrefix("create container")
      })
    #expect(changes.follows("make container hello-web-1", "create-volume volume hello_data"))
    #expect(!changes.follows("make container hello-app-1", "make container hello-web-1"))
    #expect(changes.text.contains("+   container hello-web-1   create"))
  }

  @Test("what has ended stays so; what runs and has changed is made again and not started, without a rolling update")
  func there() {
    var state = running(two)
    state.containers[0].process = .ended(code: 1, bySignal: false)
    #expect(make(two, state).isEmpty)
    #expect(!up(two, state).isEmpty)
    var changed = two
    changed.services[1].command = ["/bin/other"]
    changed.services[1].update = UpdatePlan()
    let steps = make(changed, running(two)).steps
    #expect(
      steps.filter { $0.contains("hello-web-1") } == ["remove container hello-web-1", "make container hello-web-1"])
  }

  @Test("asked for, all is made again, and says why")
  func again() {
    var options = ReconcileOptions()
    options.remakes = .all
    let changes = reconcile(desired: two, observed: running(two), stack: "hello", options: options)
    #expect(changes.steps.filter { $0.hasPrefix("remove container") }.count == 2)
    #expect(changes.follows("create container hello-web-1", "remove container hello-web-1"))
    #expect(changes.text.contains("is to be made again"))
    options.remakes = .services(["web"])
    let one = reconcile(desired: two, observed: running(two), stack: "hello", options: options)
    #expect(one.steps.filter { $0.hasPrefix("remove container") } == ["remove container hello-web-1"])
  }

  @Test("who is not awaited is waited for by nobody")
  func notAwaited() {
    var options = ReconcileOptions()
    options.only = [ContainerName(stack: "hello", service: "app", index: 1)]
    let waits = reconcile(desired: two, observed: ObservedState(), stack: "hello", options: options)
    #expect(waits.steps.contains("await service web"))
    options.awaited = ["app"]
    let alone = reconcile(desired: two, observed: ObservedState(), stack: "hello", options: options)
    #expect(!alone.steps.contains("await service web") && alone.steps.contains("create container hello-app-1"))
  }

  @Test("what is looked at as stopped is started, whether it runs, has done its work or has failed")
  func asStopped() {
    var state = running(two)
    state.containers[0].process = .ended(code: 0, bySignal: false)
    var options = ReconcileOptions()
    options.asStopped = Set(state.containers.map(\.name.id))
    let changes = reconcile(desired: two, observed: state, stack: "hello", options: options)
    #expect(changes.steps.contains("start container hello-app-1"))
    #expect(changes.steps.contains("start container hello-web-1"))
    options.asStopped = []
    let none = reconcile(desired: two, observed: running(two), stack: "hello", options: options)
    #expect(none.isEmpty)
  }
}

import ContainrReconcile
import ContainrSpec
import Testing

@Suite("Conditions between services")
struct DependencyTests {
  func plan(_ condition: DependencyPlan.Condition, required: Bool = true) -> StackPlan {
    stack([
      service("app") {
        $0.dependsOn = [DependencyPlan(service: "job", condition: condition, required: required)]
      },
      service("job"),
    ])
  }

  @Test("A condition becomes a wait between the two starts", arguments: [DependencyPlan.Condition.healthy, .completed])
  func waits(condition: DependencyPlan.Condition) {
    let changes = up(plan(condition), ObservedState())
    #expect(changes.follows("await service job", "create container hello-job-1"))
    #expect(changes.follows("create container hello-app-1", "await service job"))
  }

  @Test("A job that ended well is not run again and satisfies its dependents")
  func completed() {
    let plan = plan(.completed)
    var state = running(plan)
    state.containers[1].process = .ended(code: 0, bySignal: false)
    #expect(up(plan, state).isEmpty)
    state.containers.remove(at: 0)
    let changes = up(plan, state)
    #expect(changes.index("create container hello-app-1") != nil)
    #expect(changes.index("await service job") == nil)
    #expect(changes.index("start container hello-job-1") == nil)
  }

  @Test("A job that failed is run again, and what depends on it waits for it")
  func failed() {
    let plan = plan(.completed)
    var state = running(plan)
    state.containers[1].process = .ended(code: 3, bySignal: false)
    state.containers.remove(at: 0)
    let changes = up(plan, state)
    #expect(changes.text.contains("drift: process ended by itself with exit code 3"))
    #expect(changes.follows("create container hello-app-1", "await service job"))
    #expect(changes.follows("await service job", "start container hello-job-1"))
  }

  @Test("A service that is healthy already is not waited for")
  func healthy() {
    let plan = plan(.healthy)
    var state = running(plan)
    state.containers[1].health = .healthy
    state.containers.remove(at: 0)
    #expect(up(plan, state).index("await service job") == nil)
    state.containers[0].health = .starting
    #expect(up(plan, state).index("await service job") != nil)
  }

  @Test("An optional dependency is waited for, but its failure does not stop the dependent")
  func optional() {
    let changes = up(plan(.healthy, required: false), ObservedState())
    let app = changes.changes[changes.index("create container hello-app-1")!]
    let wait = changes.index("await service job")!
    #expect(app.after.contains(wait) && !app.dependencies.contains(wait))
  }
}

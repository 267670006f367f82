import ContainrReconcile
import ContainrSpec
import Testing

@Suite("Rolling updates")
struct RolloutTests {
  /// A service with so many containers that are made again by these rules.
  private func web(
    _ replicas: Int, command: String = "/bin/new", update: (inout UpdatePlan) -> Void = { _ in }
  ) -> ServicePlan {
    service("web") {
      $0.replicas = replicas
      $0.command = [command]
      var plan = UpdatePlan()
      update(&plan)
      $0.update = plan
    }
  }

  private func update(_ replicas: Int, _ rules: (inout UpdatePlan) -> Void) -> Changeset {
    up(stack([web(replicas, update: rules)]), running(stack([web(replicas, command: "/bin/old")])))
  }

  private func name(_ index: Int, _ slot: Int = 0) -> ContainerName {
    ContainerName(stack: "hello", service: "web", index: index, slot: slot)
  }

  @Test("without update_config all are stopped, then all are started, as before")
  func none() {
    var old = web(2, command: "/bin/old")
    var new = web(2)
    old.update = nil
    new.update = nil
    let changes = up(stack([new]), running(stack([old])))
    #expect(
      changes.steps == [
        "remove container hello-web-1", "remove container hello-web-2", "create container hello-web-1",
        "create container hello-web-2", "reload-supervisor supervisor hello",
      ])
    #expect(changes.text.contains("-/+ container hello-web-1   recreate\n"))
  }

  @Test("start-first: the new one starts in the other slot, proves itself, takes over, and only then the old one goes")
  func startFirst() throws {
    let changes = update(1) { $0.order = .startFirst }
    #expect(
      changes.steps == [
        "create container hello-web-1", "await-ready container hello-web-1", "switch-traffic container hello-web-1",
        "retire container hello-web-1", "reload-supervisor supervisor hello",
      ])
    #expect(changes.changes[0].action == .createContainer(name(1, 1)))
    #expect(changes.changes[1].action == .awaitReady(name(1, 1), monitor: 5000))
    #expect(changes.changes[2].action == .switchTraffic(from: name(1), to: name(1, 1)))
    #expect(changes.changes[3].action == .retireContainer(name(1)))
    for (later, earlier) in [(1, 0), (2, 1), (3, 2)] { #expect(changes.changes[later].dependencies == [earlier]) }
    #expect(
      changes.text == """
        -/+ container hello-web-1   recreate (start-first)
              command: ["/bin/old"] → ["/bin/new"]   stack.yaml:3:3   recreate
        1 to recreate

        """)
  }

  @Test("slots alternate, and people never see them")
  func alternate() {
    let old = stack([web(1, command: "/bin/old") { $0.order = .startFirst }])
    var state = running(old)
    state.containers[0] = ObservedContainer(
      name: name(1, 1), stage: .running, fields: old.services[0].fields, process: .running(pid: 7))
    let changes = up(stack([web(1) { $0.order = .startFirst }]), state)
    #expect(changes.changes[0].action == .createContainer(name(1)))
    #expect(changes.changes.allSatisfy { !$0.address.contains(".b") })
    #expect(name(1, 1).id == "hello-web-1.b" && name(1, 1).display == "hello-web-1")
    #expect(name(1, 1).place == name(1) && name(1, 1).other == name(1))
  }

  @Test("a health check is the gate, and then nothing more is watched unless monitor says so")
  func monitor() {
    func watched(_ check: Bool, _ order: UpdatePlan.Order, _ monitor: Int?) -> [Int] {
      let service = { (command: String) in
        var plan = self.web(1, command: command) {
          $0.order = order
          $0.monitor = monitor
        }
        if check { plan.healthcheck = HealthcheckPlan(command: ["/bin/check"]) }
        return plan
      }
      return up(stack([service("/bin/new")]), running(stack([service("/bin/old")]))).changes.compactMap {
        if case .awaitReady(_, let monitor) = $0.action { monitor } else { nil }
      }
    }
    #expect(watched(true, .startFirst, nil) == [0])
    #expect(watched(true, .startFirst, 700) == [700])
    #expect(watched(false, .startFirst, nil) == [5000])
    #expect(watched(false, .startFirst, 0) == [0])
    #expect(watched(false, .stopFirst, nil) == [0])
  }

  @Test("groups follow each other: the next one begins when the end of the one before has allowed it")
  func groups() throws {
    let changes = update(5) {
      $0.order = .startFirst
      $0.parallelism = 2
      $0.delay = 250
      $0.maxFailureRatio = 0.3
    }
    let ends = changes.changes.indices.filter { changes.changes[$0].action.verb == "end-group" }
    #expect(ends.count == 2, "after the last group there is nothing to decide")
    guard case .endGroup(let first) = changes.changes[ends[0]].action else { return }
    #expect(first.containers == [name(1), name(2)] && first.total == 5 && first.delay == 250)
    #expect(first.failureAction == .pause && first.maxFailureRatio == 0.3)
    let creates = changes.changes.indices.filter { changes.changes[$0].action.verb == "create" }
    #expect(creates.count == 5)
    #expect(changes.changes[creates[2]].dependencies.contains(ends[0]))
    #expect(changes.changes[creates[4]].dependencies.contains(ends[1]))
    #expect(!changes.changes[creates[1]].dependencies.contains(ends[0]))
    // What failed in a group does not keep its end from being reached.
    #expect(changes.changes[ends[0]].dependencies.isEmpty && !changes.changes[ends[0]].after.isEmpty)
    #expect(changes.text.contains("recreate (start-first, 3 of 3)"))
    #expect(
      changes.json.contains(
        #""containers": ["hello-web-1", "hello-web-2"], "delay_ms": 250, "failure_action": "pause", "max_failure_ratio": 0.3"#
      ))
    #expect(changes.json.contains(#""from": "hello-web-1", "to": "hello-web-1.b""#))
    #expect(changes.json.contains(#""rollout": {"order": "start-first", "group": 1, "groups": 3}"#))
  }

  @Test("stop-first in groups leaves later groups as they are until it is their turn")
  func stopFirst() {
    let changes = update(2) { $0.order = .stopFirst }
    #expect(
      changes.steps == [
        "vacate container hello-web-1", "create container hello-web-1", "await-ready container hello-web-1",
        "end-group service web",
        "vacate container hello-web-2", "create container hello-web-2", "await-ready container hello-web-2",
        "reload-supervisor supervisor hello",
      ])
    #expect(changes.changes[0].action == .vacateContainer(name(1), for: name(1, 1)))
    #expect(changes.changes[4].dependencies == [3])
    #expect(changes.text.contains("recreate (stop-first, 2 of 2)"))
  }

  @Test("parallelism 0 is all at once; then stop-first needs no second slot")
  func allAtOnce() {
    let changes = update(2) { $0.parallelism = 0 }
    #expect(
      changes.steps == [
        "remove container hello-web-1", "remove container hello-web-2", "create container hello-web-1",
        "await-ready container hello-web-1", "create container hello-web-2", "await-ready container hello-web-2",
        "reload-supervisor supervisor hello",
      ])
    #expect(changes.changes.allSatisfy { ($0.action.container?.slot ?? 0) == 0 })
  }

  @Test("failure_action rollback needs an end after the last group as well")
  func rollback() {
    let changes = update(1) { $0.failureAction = .rollback }
    guard case .endGroup(let end) = changes.changes.first(where: { $0.action.verb == "end-group" })?.action else {
      Issue.record("no end: \(changes.steps)")
      return
    }
    #expect(end.failureAction == .rollback && end.delay == 0)
  }

  @Test(
    "failures are too many when they are more than the ratio of the whole update",
    arguments: [(0, 4, 0.0, false), (1, 4, 0.0, true), (1, 4, 0.25, false), (2, 4, 0.25, true), (4, 4, 1.0, false)])
  func ratio(failures: Int, total: Int, ratio: Double, exceeded: Bool) {
    let group = RolloutGroup(
      service: "web", containers: [], total: total, delay: 0, failureAction: .pause, maxFailureRatio: ratio)
    #expect(group.isExceeded(by: failures) == exceeded)
  }

  @Test("a container that does not run has nothing to hand over: it is made again in its place")
  func ended() {
    let old = stack([web(1, command: "/bin/old")])
    var state = running(old)
    state.containers[0].process = .ended(code: 1, bySignal: false)
    let changes = up(stack([web(1) { $0.order = .startFirst }]), state)
    #expect(changes.steps.prefix(2) == ["remove container hello-web-1", "create container hello-web-1"])
  }

  @Test("a network that is made again takes its members along, whatever the order says")
  func network() {
    let old = stack([web(1, command: "/bin/old")])
    var new = stack([web(1) { $0.order = .startFirst }])
    new.networks[0].subnet = "10.9.0.0/24"
    let changes = up(new, running(old))
    #expect(changes.follows("remove-network network hello_default", "remove container hello-web-1"))
    #expect(!changes.steps.contains { $0.hasPrefix("switch-traffic") })
    #expect(changes.text.contains("recreate (stop-first)"))
  }

  @Test("dependents start when names lead to the new one")
  func dependents() {
    let app = service("app") {
      $0.dependsOn = [DependencyPlan(service: "web", condition: .started)]
      $0.command = ["/bin/other"]
    }
    let changes = up(
      stack([app, web(1) { $0.order = .startFirst }]),
      running(stack([service("app") { $0.dependsOn = app.dependsOn }, web(1, command: "/bin/old")])))
    #expect(changes.follows("create container hello-app-1", "switch-traffic container hello-web-1"))
    #expect(!changes.follows("create container hello-app-1", "retire container hello-web-1"))
  }

  // MARK: interrupted updates

  /// The rows that an update leaves when it is killed: `role` beside who serves in the other slot.
  private func interrupted(_ role: ObservedContainer.Role, _ stage: ObservedContainer.Stage) -> ObservedState {
    let plan = stack([web(1)])
    var state = running(plan)
    var other = ObservedContainer(
      name: name(1, 1), stage: stage, fields: plan.services[0].fields, process: .running(pid: 9))
    other.role = role
    state.containers.append(other)
    return state
  }

  @Test("killed before the turn: the new one goes, the old one serves on")
  func incoming() {
    let changes = up(stack([web(1)]), interrupted(.incoming, .creating))
    #expect(changes.steps == ["remove container hello-web-1 (incoming)", "reload-supervisor supervisor hello"])
    #expect(changes.changes[0].action == .removeContainer(name(1, 1)))
    #expect(changes.matching == 1)
  }

  @Test("killed after the turn: the old one goes, but not before the firewall is right")
  func outgoing() {
    var state = interrupted(.outgoing, .running)
    state.firewallDrift = ["published port 0.0.0.0:80/tcp changed"]
    let changes = up(stack([web(1)]), state)
    #expect(
      changes.steps == [
        "write-firewall firewall", "retire container hello-web-1 (outgoing)", "reload-supervisor supervisor hello",
      ])
    #expect(changes.follows("retire container hello-web-1 (outgoing)", "write-firewall firewall"))
  }

  @Test("the next update waits until the slot is free")
  func slotIsFree() {
    for role in [ObservedContainer.Role.incoming, .outgoing] {
      let changes = up(stack([web(1, command: "/bin/third") { $0.order = .startFirst }]), interrupted(role, .running))
      #expect(
        changes.follows("create container hello-web-1", changes.steps.first { $0.contains("(\(role.rawValue))") } ?? "")
      )
    }
  }

  @Test("down takes both, stop keeps the one that serves")
  func goals() {
    let state = interrupted(.incoming, .running)
    let down = reconcile(desired: nil, observed: state, stack: "hello", options: ReconcileOptions(goal: .down))
    #expect(down.steps.filter { $0.hasPrefix("remove container") }.count == 2)
    let stop = reconcile(desired: nil, observed: state, stack: "hello", options: ReconcileOptions(goal: .stop))
    #expect(stop.steps.contains("stop container hello-web-1"))
    #expect(stop.steps.contains("remove container hello-web-1 (incoming)"))
  }

  @Test("only some places: the others stay as they are, whatever the plan says")
  func only() {
    var options = ReconcileOptions()
    options.only = [name(2)]
    let changes = reconcile(
      desired: stack([web(3)]), observed: running(stack([web(3, command: "/bin/old"), service("gone")])),
      stack: "hello", options: options)
    #expect(Set(changes.changes.compactMap(\.action.container).map(\.place)) == [name(2)])
  }

  @Test("more or fewer containers change nothing about those that stay")
  func scale() {
    let three = up(stack([web(3)]), running(stack([web(1)])))
    #expect(
      three.steps.filter { !$0.contains("supervisor") } == [
        "create container hello-web-2", "create container hello-web-3",
      ])
    #expect(three.matching == 1)
    let one = up(stack([web(1)]), running(stack([web(3)])))
    #expect(
      Set(one.steps.filter { !$0.contains("supervisor") }) == [
        "remove container hello-web-2", "remove container hello-web-3",
      ])
    #expect(one.matching == 1)
  }
}

import ContainrReconcile
import ContainrSpec
import Testing

@Suite("Images in a changeset")
struct ImageTests {
  private func web(_ name: String = "web", _ change: (inout ImagePlan) -> Void = { _ in }) -> ServicePlan {
    service(name) {
      $0.layers = []
      var image = ImagePlan(reference: "demo:1")
      change(&image)
      $0.image = image
      $0.origins["image"] = at(4, 12)
    }
  }

  private func images(_ plan: StackPlan, digest: String? = "sha256:aa", isUnpacked: Bool = true, age: Int = 10)
    -> [ObservedImage]
  {
    var seen: Set<ImagePlan> = []
    return plan.services.flatMap(\.images).filter { seen.insert($0).inserted }.map {
      ObservedImage(plan: $0, digest: digest, isUnpacked: isUnpacked, age: age)
    }
  }

  @Test("one that is not here is pulled once, before all services that run it")
  func once() {
    let plan = stack([web("app"), web("web")])
    var state = ObservedState()
    state.images = images(plan, digest: nil)
    let changes = up(plan, state)
    #expect(changes.steps.filter { $0.hasPrefix("pull-image") } == ["pull-image image demo:1"])
    for name in ["app", "web"] {
      #expect(changes.follows("create container hello-\(name)-1", "pull-image image demo:1"))
    }
    #expect(changes.text.contains("+   image demo:1   pull   stack.yaml:4:12\n"), "\(changes.text)")
    #expect(changes.refreshes == nil, "what comes of it is known: the containers are new anyway")
  }

  @Test("one that is here is only unpacked, and nobody hears of it; one that runs is left alone")
  func here() {
    let plan = stack([web()])
    var state = ObservedState()
    state.images = images(plan, isUnpacked: false)
    let changes = up(plan, state)
    #expect(
      changes.changes.first { $0.action.verb == "pull-image" }?.action
        == .pullImage(reference: "demo:1", platform: nil, fetches: false))
    #expect(!changes.text.contains("image demo"))
    var running = running(plan)
    running.images = images(plan)
    #expect(up(plan, running).isEmpty)
    running.images = images(plan, digest: nil)
    #expect(up(plan, running).isEmpty, "the container has its layers")
  }

  @Test("one that is only mounted is pulled before the service as well")
  func mounted() {
    let plan = stack([
      service("web") { $0.mounts = [MountPlan(kind: .image, source: "data:1", target: "/data", readOnly: true)] }
    ])
    var state = ObservedState()
    state.images = images(plan, digest: nil)
    let changes = up(plan, state)
    #expect(changes.follows("create container hello-web-1", "pull-image image data:1"))
  }

  @Test("a container that is only started again has its layers, whatever became of the name of its image")
  func startedAgain() {
    var plan = stack([web()])
    var state = running(plan)
    state.images = images(plan, digest: nil)
    state.containers[0].process = .ended(code: 9, bySignal: true)
    #expect(up(plan, state).steps == ["start container hello-web-1", "reload-supervisor supervisor hello"])
    // Another one of the service is new: that one waits for the pull alone.
    plan.services[0].replicas = 2
    let both = up(plan, state)
    #expect(both.follows("create container hello-web-2", "pull-image image demo:1"))
    #expect(!both.follows("start container hello-web-1", "pull-image image demo:1"))
  }

  @Test("never: nothing is pulled, whatever is missing")
  func never() {
    let plan = stack([web { $0.policy = .never }])
    var state = ObservedState()
    state.images = images(plan, digest: nil)
    let changes = up(plan, state)
    #expect(
      changes.changes.first { $0.action.verb == "pull-image" }?.action
        == .pullImage(reference: "demo:1", platform: nil, fetches: false))
  }

  @Test(
    "policies of time: what is too old is fetched first, by itself, and not twice",
    arguments: [
      (PullPolicy.always, 0, true), (.every(100), 99, false), (.every(100), 100, true), (.missing, 1_000_000, false),
    ])
  func time(policy: PullPolicy, age: Int, isFetched: Bool) {
    let plan = stack([web { $0.policy = policy }])
    var state = running(plan)
    state.images = images(plan, age: age)
    let changes = up(plan, state)
    #expect(changes.isEmpty != isFetched)
    #expect((changes.refreshes?.changes.count ?? 0) == (isFetched ? 1 : 0))
    var options = ReconcileOptions()
    options.hasRefreshed = true
    #expect(reconcile(desired: plan, observed: state, stack: "hello", options: options).isEmpty)
  }

  @Test("a digest is what it is: nothing is fetched again")
  func digest() {
    let plan = stack([
      web {
        $0.policy = .always; $0.digest = "sha256:aa"
      }
    ])
    var state = running(plan)
    state.images = images(plan)
    #expect(up(plan, state).isEmpty)
  }

  @Test("another image under the name makes the container again, with both digests")
  func drift() {
    let plan = stack([web()])
    var state = running(plan)
    state.images = images(plan)
    state.containers[0].drift = [
      ObservedDrift(what: "image demo:1", expected: "sha256:bb", actual: "sha256:aa", repairable: false)
    ]
    let changes = up(plan, state)
    #expect(changes.effect == .recreate)
    #expect(changes.text.contains("image demo:1: sha256:aa → sha256:bb (drift)   stack.yaml:4:12"), "\(changes.text)")
  }

  @Test("-V: a container that is made again begins with new anonymous volumes; without it they stay")
  func renew() {
    var plan = stack([web()])
    var state = running(plan)
    state.images = images(plan)
    var volume = ObservedVolume(key: "/data", name: "hello-web-1.abc", exists: true, isOurs: true)
    volume.place = "hello-web-1"
    state.volumes = [volume]
    plan.services[0].command = ["other"]
    #expect(!up(plan, state).steps.contains { $0.hasPrefix("remove-volume") })
    var options = ReconcileOptions()
    options.renewsAnonymousVolumes = true
    let changes = reconcile(desired: plan, observed: state, stack: "hello", options: options)
    #expect(changes.follows("remove-volume volume hello-web-1.abc", "remove container hello-web-1"))
    #expect(changes.follows("create container hello-web-1", "remove-volume volume hello-web-1.abc"))
    state.volumes[0].isUnused = true
    #expect(
      !reconcile(desired: plan, observed: state, stack: "hello", options: options).steps.contains {
        $0.hasPrefix("remove-volume")
      }, "what nobody has is nobody's former life")
    state.volumes[0].isUnused = nil
    plan.services[0].replicas = 0
    for rule in [options, ReconcileOptions()] {
      let steps = reconcile(desired: plan, observed: state, stack: "hello", options: rule).steps
      #expect(!steps.contains { $0.hasPrefix("remove-volume") }, "it outlives its container")
    }
  }
}

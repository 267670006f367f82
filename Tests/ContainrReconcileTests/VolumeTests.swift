import ContainrReconcile
import ContainrSpec
import Testing

@Suite("Volumes in a changeset")
struct VolumeTests {
  private func volume(_ options: [String: String] = [:], labels: [String: String] = [:]) -> VolumePlan {
    func pairs(_ values: [String: String]) -> [EnvironmentPlan] {
      values.sorted { $0.key < $1.key }.map { EnvironmentPlan(name: $0.key, value: $0.value) }
    }
    return VolumePlan(
      key: "data", name: "hello_data", options: pairs(options), labels: pairs(labels), location: at(9))
  }

  private func plan(_ volume: VolumePlan) -> StackPlan {
    stack(
      [
        service("app"), service("web") { $0.mounts = [MountPlan(kind: .volume, source: "data", target: "/data")] },
      ], volumes: [volume])
  }

  private func state(_ volume: VolumePlan) -> ObservedState {
    var state = running(plan(volume))
    state.volumes[0].fields = volume.fields
    return state
  }

  @Test("the same options and labels are no change; a volume of an earlier release neither")
  func same() {
    let wanted = volume(["type": "tmpfs", "device": "tmpfs"], labels: ["a": "1"])
    #expect(up(plan(wanted), state(wanted)).isEmpty)
    #expect(up(plan(wanted), running(plan(volume()))).isEmpty)
  }

  @Test("other options lose data: the containers go first, then the volume, and both come again")
  func options() {
    let changes = up(plan(volume(["type": "tmpfs", "device": "tmpfs"])), state(volume()))
    #expect(changes.isDestructive)
    #expect(
      changes.steps.filter { !$0.contains("supervisor") } == [
        "remove container hello-web-1", "remove-volume volume hello_data", "create-volume volume hello_data",
        "create container hello-web-1",
      ])
    #expect(changes.follows("remove-volume volume hello_data", "remove container hello-web-1"))
    #expect(changes.follows("create container hello-web-1", "create-volume volume hello_data"))
    let reasons = changes.changes.flatMap(\.reasons)
    #expect(reasons.contains { $0.rule == .volumeData && $0.effect == .dataLoss })
    #expect(changes.text.contains("driver_opts.type: (not set) → tmpfs"))
    #expect(changes.text.contains("volume data is made again"))
  }

  @Test("what is mounted from elsewhere stays there: another server is no loss of data")
  func elsewhere() {
    func nfs(_ server: String) -> VolumePlan { volume(["type": "nfs", "o": "addr=\(server)", "device": ":/x"]) }
    let changes = up(plan(nfs("10.0.0.2")), state(nfs("10.0.0.1")))
    #expect(changes.effect == .recreate)
    #expect(changes.steps.contains("remove-volume volume hello_data"))
  }

  @Test("another label touches nobody")
  func labels() {
    let changes = up(plan(volume(labels: ["a": "2"])), state(volume(labels: ["a": "1"])))
    #expect(changes.steps == ["create-volume volume hello_data"])
    #expect(changes.effect == .inPlace)
  }

  @Test("a rolling update does not share a volume that is made again")
  func rollout() {
    var wanted = plan(volume(["type": "tmpfs", "device": "tmpfs"]))
    var update = UpdatePlan()
    update.order = .startFirst
    wanted.services[1].update = update
    var there = plan(volume())
    there.services[1].update = update
    var state = running(there)
    state.volumes[0].fields = volume().fields
    let changes = up(wanted, state)
    #expect(!changes.steps.contains { $0.hasPrefix("switch-traffic") || $0.hasPrefix("retire") })
    #expect(changes.follows("remove-volume volume hello_data", "remove container hello-web-1"))
  }

  @Test("a volume of another name makes the container again, once, whatever rows of the old name are left")
  func renamed() {
    var state = state(volume())
    state.containers[1].volumes = ["data": "hello_data"]
    var wanted = volume()
    wanted.name = "hello_other"
    let changes = up(plan(wanted), state)
    #expect(changes.steps.contains("create container hello-web-1"))
    #expect(changes.text.contains("volume data is another one now"))
    // Applied, the old volume stays beside the new one.
    var new = state.volumes[0]
    (new.name, new.fields) = ("hello_other", wanted.fields)
    state.volumes.append(new)
    state.containers[1].volumes = ["data": "hello_other"]
    #expect(up(plan(wanted), state).isEmpty)
  }

  @Test("down leaves all volumes, with names and without; -v takes them with their data")
  func down() {
    var state = state(volume())
    var anonymous = ObservedVolume(key: "/var/lib/x", name: "hello-web-1.abc", exists: true, isOurs: true)
    anonymous.place = "hello-web-1"
    state.volumes.append(anonymous)
    func down(_ volumes: Bool) -> Changeset {
      reconcile(
        desired: nil, observed: state, stack: "hello",
        options: ReconcileOptions(goal: .down, removeVolumes: volumes))
    }
    #expect(down(false).steps.filter { $0.hasPrefix("remove-volume") } == [])
    #expect(!down(false).isDestructive)
    #expect(
      down(true).steps.filter { $0.hasPrefix("remove-volume") } == [
        "remove-volume volume hello-web-1.abc", "remove-volume volume hello_data",
      ])
    #expect(down(true).isDestructive)
    #expect(up(plan(volume()), state).isEmpty, "they stay while their container does")
  }
}

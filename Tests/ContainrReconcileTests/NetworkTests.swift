// Networks that a running container joins and leaves.
import ContainrReconcile
import ContainrSpec
import Testing

@Suite("Networks of a running container")
struct NetworkTests {
  private func plan(_ a: [AttachmentPlan], _ b: [AttachmentPlan] = [AttachmentPlan(network: "default")]) -> StackPlan {
    var plan = stack([service("a") { $0.networks = a }, service("b") { $0.networks = b }])
    plan.networks += ["back", "front"].filter { key in (a + b).contains { $0.network == key } }.map {
      NetworkPlan(key: $0, name: "hello_\($0)")
    }
    return plan
  }

  private let place = AttachmentPlan(network: "default")
  private func changes(_ changeset: Changeset) -> [String] {
    changeset.steps.filter { !$0.hasPrefix("reload") }
  }

  @Test("one that is joined is made, then connected, then recorded; nothing starts again")
  func joins() {
    let changeset = up(plan([place, AttachmentPlan(network: "back")]), running(plan([place])))
    #expect(
      changes(changeset) == [
        "ensure-network network hello_back", "write-firewall firewall", "attach container hello-a-1",
        "update container hello-a-1",
      ])
    #expect(changeset.follows("attach container hello-a-1", "ensure-network network hello_back"))
    #expect(changeset.follows("update container hello-a-1", "attach container hello-a-1"))
    #expect(changeset.follows("reload-supervisor supervisor hello", "update container hello-a-1"))
    #expect(changeset.effect == .inPlace)
    #expect(changeset.matching == 1)
    guard case .attachContainer(_, let networks) = changeset.changes[2].action else { return #expect(Bool(false)) }
    #expect(networks == ["back"])
    #expect(changeset.changes[2].reasons.map(\.path) == ["networks.back"])
    #expect(changeset.text.contains("networks.back: (not set) → \"\"   "), "nothing is not shown as nothing")
  }

  @Test("one that is left is left before it goes")
  func leaves() {
    let changeset = up(plan([place]), running(plan([place, AttachmentPlan(network: "back")])))
    #expect(
      changes(changeset) == [
        "detach container hello-a-1", "remove-network network hello_back", "write-firewall firewall",
        "update container hello-a-1",
      ])
    #expect(changeset.follows("remove-network network hello_back", "detach container hello-a-1"))
    #expect(changeset.follows("update container hello-a-1", "detach container hello-a-1"))
    #expect(changeset.effect == .inPlace)
  }

  @Test("another one instead: off the one, onto the other, and the published port is led there")
  func swaps() {
    var before = plan([AttachmentPlan(network: "front")], [place, AttachmentPlan(network: "back")])
    var after = plan([AttachmentPlan(network: "back")], [place, AttachmentPlan(network: "front")])
    for number in [0, 1] {
      let port = PortPlan(hostAddress: nil, hostPort: 80 + number, containerPort: 80, transport: .tcp)
      before.services[number].ports = [port]
      after.services[number].ports = [port]
    }
    let changeset = up(after, running(before))
    #expect(changeset.follows("attach container hello-a-1", "detach container hello-b-1"))
    let firewall = changeset.changes.first { $0.address == "firewall" }
    #expect(firewall?.reasons.map(\.path).contains("the networks of container hello-a-1 change") == true)
    #expect(changeset.effect == .inPlace)
  }

  @Test("other aliases touch no link, another address makes it again")
  func addresses() {
    let aliases = up(plan([AttachmentPlan(network: "default", aliases: ["x"])]), running(plan([place])))
    #expect(changes(aliases) == ["update container hello-a-1"])
    let address = up(plan([AttachmentPlan(network: "default", ipv4Address: "10.0.0.9")]), running(plan([place])))
    #expect(changes(address) == ["attach container hello-a-1", "update container hello-a-1"])
  }

  @Test("who holds an address that another service asks for by name gets another one")
  func displaced() {
    let before = running(plan([place]))
    let taken = before.containers[1].addresses?["default"]
    let changeset = up(plan([AttachmentPlan(network: "default", ipv4Address: taken)]), before)
    #expect(
      changes(changeset) == [
        "attach container hello-a-1", "update container hello-a-1", "attach container hello-b-1",
      ])
    #expect(
      changeset.changes[2].reasons.map(\.path) == ["its address \(taken ?? "") on network default goes to service a"])
  }

  @Test("places that an interrupted run has recorded are put right though no field differs")
  func interrupted() {
    let both = plan([place, AttachmentPlan(network: "back")])
    var observed = running(both)
    observed.containers[0].addresses = ["default": "10.0.0.2", "front": "10.0.0.3"]
    let changeset = up(both, observed)
    #expect(changes(changeset) == ["detach container hello-a-1", "attach container hello-a-1"])
    #expect(changeset.changes[0].reasons.map(\.path) == ["it is connected to network front"])
    #expect(changeset.changes[1].reasons.map(\.path) == ["it is not connected to network back"])
  }

  @Test("a container that does not run is started in its new places")
  func stopped() {
    var observed = running(plan([place]))
    observed.containers[0].process = .ended(code: 1, bySignal: false)
    let changeset = up(plan([place, AttachmentPlan(network: "back")]), observed)
    #expect(changes(changeset).contains("start container hello-a-1"))
    #expect(!changes(changeset).contains("attach container hello-a-1"))
  }
}

import ContainrAddresses
import ContainrHost
import ContainrNetwork
import ContainrReconcile
import ContainrSpec
import ContainrStore
import Testing

@testable import ContainrEngine

@Suite("Two lives of one container")
struct RolloutRowTests {
  private static func web(_ command: String, port: PortPlan? = nil) -> ServicePlan {
    service("web") {
      $0.command = [command]
      $0.ports = [port ?? PortPlan(hostAddress: nil, hostPort: 8080, containerPort: 80, transport: .tcp)]
      $0.update = UpdatePlan()
      $0.update?.order = .startFirst
    }
  }

  /// The rows while a start-first update goes on, before names and ports turn.
  private func during(_ port: PortPlan? = nil) throws -> (before: StoreContents, during: StoreContents) {
    var before = try firstUp(stack([Self.web("/bin/old", port: port)]))
    for index in before.containers.indices { before.containers[index].stage = .running }
    for index in before.networks.indices { before.networks[index].stage = .ready }
    let name = ContainerName(stack: "hello", service: "web", index: 1)
    let changes = Changeset(
      stack: "hello",
      changes: [
        Change(.createContainer(name.other), address: "", reasons: [], effect: .none),
        Change(.switchTraffic(from: name, to: name.other), address: "", reasons: [], effect: .none),
        Change(.retireContainer(name), address: "", reasons: [], effect: .none),
      ])
    var planner = planner(before)
    let plan = stack([Self.web("/bin/new", port: port)])
    return (before, rows(try planner.writes(for: changes, desired: plan), on: before))
  }

  private func turned(_ contents: StoreContents) -> StoreContents {
    rows([.setRole(container: "hello-web-1", .outgoing), .setRole(container: "hello-web-1.b", .serving)], on: contents)
  }

  @Test("the new one is recorded beside the old one, which stays as it is")
  func intents() throws {
    let (before, during) = try during()
    #expect(during.containers.map(\.id).sorted() == ["hello-web-1", "hello-web-1.b"])
    let old = try #require(during.containers.first { $0.id == "hello-web-1" })
    let new = try #require(during.containers.first { $0.id == "hello-web-1.b" })
    #expect(old == before.containers[0])
    #expect(new.role == .incoming && new.stage == .creating && new.slot == 1)
    #expect(new.leases[0].address != old.leases[0].address && new.leases[0].link != old.leases[0].link)
    #expect(new.ports == old.ports)
    #expect(during.serving(new.name)?.id == "hello-web-1")
    #expect(turned(during).serving(old.name)?.id == "hello-web-1.b")
  }

  @Test(
    "a host port that was chosen stays the same",
    arguments: [nil, PortSpan(first: 9000, last: 9003)])
  func chosenPort(range: PortSpan?) throws {
    var port = PortPlan(hostAddress: nil, hostPort: nil, containerPort: 80, transport: .tcp)
    port.hostRange = range
    let (_, during) = try during(port)
    #expect(Set(during.containers.flatMap(\.ports).map(\.hostPort)).count == 1)
  }

  @Test("published ports and names lead to the one that serves, before and after the turn")
  func turn() throws {
    let (_, during) = try during()
    func target(_ contents: StoreContents) -> [String] {
      FirewallRows.plan(contents, settings: settings).ports.map(\.containerAddress.description)
    }
    func names(_ contents: StoreContents) -> DNSZone {
      ZoneRows.zone(of: contents.networks[0], contents, ended: [])
    }
    func address(_ id: String) -> String {
      during.containers.first { $0.id == id }?.leases[0].address ?? ""
    }
    #expect(target(during) == [address("hello-web-1")])
    #expect(target(turned(during)) == [address("hello-web-1.b")])
    for name in ["web", "hello-web-1"] {
      #expect(names(during).names[name]?.map(\.description) == [address("hello-web-1")])
      #expect(names(turned(during)).names[name]?.map(\.description) == [address("hello-web-1.b")])
    }
    // Both go by the same name, and nobody sees the slot.
    #expect(names(during).names["hello-web-1.b"] == nil)
    #expect(Set(names(during).reverse.values) == ["hello-web-1"])
  }

  @Test("a range of host ports gives each container its own number, and a fixed port of another service is left alone")
  func range() throws {
    let ranged = service("web") {
      $0.replicas = 3
      $0.ports = [PortPlan(hostAddress: nil, hostPort: nil, containerPort: 80, transport: .tcp)]
      $0.ports[0].hostRange = PortSpan(first: 9000, last: 9003)
    }
    let fixed = service("zoo") {
      $0.ports = [PortPlan(hostAddress: nil, hostPort: 9001, containerPort: 80, transport: .tcp)]
    }
    let contents = try firstUp(stack([ranged, fixed]))
    let chosen = contents.containers.filter { $0.service == "web" }.map { $0.ports[0].hostPort }
    #expect(chosen == [9000, 9002, 9003])
    var planner = planner(busyPorts: [9002])
    let changes = reconcile(desired: stack([ranged, fixed]), observed: ObservedState(), stack: "hello")
    #expect(throws: EngineError.self, "no fourth port is left") {
      _ = try planner.writes(for: changes, desired: stack([ranged, fixed]))
    }
  }
}

@Suite("Open connections")
struct OpenConnectionTests {
  private static let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"

  private func row(_ local: String, _ remote: String, _ state: String) -> String {
    "   0: \(local) \(remote) \(state) 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n"
  }

  @Test(
    "count what may still have to be read or sent",
    arguments: [
      ("01", 1), ("03", 1), ("04", 1), ("08", 1), ("09", 1), ("0B", 1), ("05", 0), ("06", 0), ("07", 0), ("0A", 0),
    ])
  func states(state: String, count: Int) {
    let table =
      Self.head + row("00000000:0050", "00000000:0000", "0A") + row("0200590A:0050", "0100590A:D2F0", state)
    #expect(OpenConnections.count([table]) == count)
  }

  @Test("do not count what the container itself opened to others, or to itself")
  func ownConnections() {
    let table =
      Self.head + row("00000000:0050", "00000000:0000", "0A") + row("0200590A:D2F0", "0300590A:1538", "01")
      + row("0100007F:0050", "0100007F:D2F1", "01")
    #expect(OpenConnections.count([table]) == 0)
  }

  @Test("see IPv4 clients of a socket that listens on IPv6")
  func mapped() {
    let zero = "00000000000000000000000000000000"
    let six =
      Self.head + row("\(zero):1F90", "\(zero):0000", "0A")
      + row("0000000000000000FFFF00000200590A:1F90", "0000000000000000FFFF00000100590A:D2F0", "01")
    #expect(OpenConnections.count([Self.head, six]) == 1)
  }

  @Test("are none where there is no table")
  func empty() { #expect(OpenConnections.count([]) == 0) }
}

@Suite("Taking an update back")
struct TakeBackTests {
  @Test("goes to the former plan by the rules of rollback_config, and no further")
  func rules() {
    let former = service("web") { $0.command = ["/bin/old"] }
    let present = service("web") {
      $0.replicas = 3
      $0.update = UpdatePlan()
      $0.update?.failureAction = .rollback
      $0.update?.parallelism = 2
    }
    let plain = StackEngine.returning(to: former, from: present)
    #expect(plain.command == ["/bin/old"] && plain.replicas == 3)
    #expect(plain.update?.parallelism == 2 && plain.update?.failureAction == .pause)
    var other = present
    other.rollback = UpdatePlan()
    other.rollback?.order = .startFirst
    #expect(StackEngine.returning(to: former, from: other).update == other.rollback)
  }

  @Test("the ledger counts what never took over")
  func ledger() {
    let places = (1...3).map { ContainerName(stack: "s", service: "web", index: $0) }
    let ledger = RolloutLedger()
    ledger.prove(places[0])
    #expect(ledger.countFailures(of: "web", among: [places[0]]) == 0)
    #expect(ledger.countFailures(of: "web", among: [places[1]]) == 1)
    #expect(ledger.countFailures(of: "web", among: [places[2]]) == 2)
    #expect(ledger.rollbacks.isEmpty)
  }
}

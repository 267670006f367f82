import ContainrAddresses
import ContainrHost
import ContainrNetwork
import ContainrReconcile
import ContainrSpec
import ContainrStore
import Testing

@testable import ContainrEngine

@Suite("Intents")
struct IntentTests {
  @Test("name everything before it is made: stack, network, addresses, links")
  func first() throws {
    let contents = try firstUp(stack([service("a"), service("b")]))
    #expect(contents.stacks.map(\.name) == ["hello"])
    let network = contents.networks[0]
    #expect(network.stage == .creating && network.bridge.hasPrefix("tstb") && network.bridge.utf8.count <= 15)
    #expect(contents.containers.map(\.id) == ["hello-a-1", "hello-b-1"])
    #expect(contents.containers.allSatisfy { $0.stage == .creating && $0.bootID == "boot" })
    let addresses = contents.containers.flatMap(\.leases).map(\.address)
    #expect(Set(addresses).count == 2 && !addresses.contains(network.gateway))
    #expect(contents.containers.flatMap(\.leases).allSatisfy { $0.link.hasPrefix("tstv") && $0.link.utf8.count <= 15 })
  }

  @Test("of who is stopped lead no ports anywhere, and its start has them again before it runs")
  func stoppedPorts() throws {
    let plan = stack([
      service("a") { $0.ports = [PortPlan(hostAddress: nil, hostPort: 8080, containerPort: 80, transport: .tcp)] }
    ])
    var before = try firstUp(plan)
    before.containers[0].stage = .running
    #expect(FirewallRows.plan(before, settings: settings).ports.count == 1)
    before.containers[0].stage = .stopped
    #expect(FirewallRows.plan(before, settings: settings).ports.isEmpty)
    #expect(FirewallRows.plan(before, settings: settings).members.count == 1, "it may be taking its leave")
    let name = before.containers[0].name
    var again = planner(before)
    let start = Change(.startContainer(name), address: "", reasons: [], effect: .none)
    let after = rows(try again.writes(for: Changeset(stack: "hello", changes: [start]), desired: plan), on: before)
    #expect(FirewallRows.plan(after, settings: settings).ports.count == 1)
    // Another stack has taken it meanwhile.
    var other = try firstUp(stack([service("b") { $0.ports = plan.services[0].ports }], name: "other"), on: before)
    other.containers[1].stage = .running
    var late = planner(other)
    #expect(throws: EngineError.self) {
      _ = try late.writes(for: Changeset(stack: "hello", changes: [start]), desired: plan)
    }
  }

  @Test("a member of a network answers to its name and to its id")
  func memberNames() {
    let member = NetworkMember(container: "t-a-1", id: "t-a-1.b", interface: "eth0", mac: "", address: "", address6: "")
    #expect(member.answers(to: "t-a-1") && member.answers(to: "t-a-1.b") && !member.answers(to: "t-a-2"))
  }

  @Test("are the same for the same input")
  func deterministic() throws {
    let plan = stack([service("a"), service("b") { $0.replicas = 3 }])
    #expect(try firstUp(plan) == firstUp(plan))
  }

  @Test("keep the address of a container that is made again")
  func keepAddress() throws {
    let plan = stack([service("a"), service("b"), service("c")])
    let before = try firstUp(plan)
    let change = Change(
      .createContainer(ContainerName(stack: "hello", service: "b", index: 1)), address: "", reasons: [], effect: .none)
    var planner = planner(before)
    let writes = try planner.writes(for: Changeset(stack: "hello", changes: [change]), desired: plan)
    let after = rows(writes, on: before)
    let lease = { (contents: StoreContents) in contents.containers.first { $0.service == "b" }?.leases }
    #expect(lease(before) == lease(after))
  }

  @Test(
    "keep what a container stands on that is made again: until it is stopped its image is in use, and says how to stop it"
  )
  func keepsFormer() throws {
    let plan = stack([service("a")])
    var before = try firstUp(plan)
    before.containers[0].layers = ["sha256:aa"]
    before.containers[0].volumes = [VolumeUse(key: "data", name: "hello_data")]
    before.containers[0].image = "sha256:bb"
    before.containers[0].merged = "{}"
    let name = ContainerName(stack: "hello", service: "a", index: 1)
    let changes = [ChangeAction.removeContainer(name), .createContainer(name)].map {
      Change($0, address: "", reasons: [], effect: .none)
    }
    var again = planner(before)
    let after = rows(try again.writes(for: Changeset(stack: "hello", changes: changes), desired: plan), on: before)
    let row = after.containers[0]
    #expect(row.stage == .creating && row.layers == ["sha256:aa"] && row.image == "sha256:bb" && row.merged == "{}")
    #expect(row.volumes == [VolumeUse(key: "data", name: "hello_data")])
    // One that begins in the other slot stands on nothing yet.
    var rolling = planner(before)
    let start = Change(.createContainer(name.other), address: "", reasons: [], effect: .none)
    let beside = rows(
      try rolling.writes(for: Changeset(stack: "hello", changes: [start]), desired: plan), on: before)
    #expect(beside.containers.map(\.image).sorted() == ["", "sha256:bb"])
  }

  @Test("are refused where another stack has taken a name, a bridge, a subnet or a port since the preflight")
  func conflicts() throws {
    func expect(_ words: String, _ plan: StackPlan, beside other: StackPlan) throws {
      let before = try firstUp(other)
      do {
        _ = try firstUp(plan, on: before)
        Issue.record("not refused: \(words)")
      } catch let error as EngineError {
        #expect(error.message.contains(words) && error.message.contains("in the meantime"), "\(error.message)")
      }
    }
    func named(_ stackName: String, _ change: (inout NetworkPlan) -> Void) -> StackPlan {
      var plan = stack([service("a")], name: stackName)
      change(&plan.networks[0])
      return plan
    }
    try expect(
      "the network name shared", named("one") { $0.name = "shared" }, beside: named("two") { $0.name = "shared" })
    let bridge = EnvironmentPlan(name: "com.docker.network.bridge.name", value: "br9")
    try expect("the bridge br9", named("one") { $0.options = [bridge] }, beside: named("two") { $0.options = [bridge] })
    try expect(
      "the subnet 10.7.0.0/24", named("one") { $0.subnet = "10.7.0.0/24" },
      beside: named("two") { $0.subnet = "10.7.0.0/16" })
    func publishing(_ stackName: String, _ address: String?) -> StackPlan {
      stack(
        [
          service("a") {
            $0.ports = [PortPlan(hostAddress: address, hostPort: 8080, containerPort: 80, transport: .tcp)]
          }
        ], name: stackName)
    }
    for (one, two) in [(nil, "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "10.1.1.1")] {
      try expect("host port 8080/tcp", publishing("one", one), beside: publishing("two", two))
    }
    _ = try firstUp(publishing("one", "127.0.0.1"), on: firstUp(publishing("two", "127.0.0.2")))
  }

  @Test("leave nobody the address that became the gateway's, a router's, or lies outside the range")
  func keptAddress() throws {
    var plan = stack([service("a")])
    plan.networks[0].subnet = "10.7.0.0/24"
    let before = try firstUp(plan)
    let had = before.containers[0].leases[0].address
    func address(_ change: (inout NetworkRecord) -> Void) throws -> String? {
      var before = before
      change(&before.networks[0])
      let again = Change(
        .createContainer(ContainerName(stack: "hello", service: "a", index: 1)), address: "", reasons: [], effect: .none
      )
      var planner = planner(before)
      let writes = try planner.writes(for: Changeset(stack: "hello", changes: [again]), desired: plan)
      return rows(writes, on: before).containers[0].leases.first?.address
    }
    #expect(try address { _ in } == had)
    #expect(try address { $0.gateway = had } != had)
    func field(_ path: String, _ value: String) -> String { PlanCoding.text([PlanField(path: path, value: value)]) }
    #expect(try address { $0.fields = field("ipam.config.aux_addresses.router", had) } != had)
    #expect(try address { $0.fields = field("ipam.config.ip_range", "10.7.0.128/25") }?.hasPrefix("10.7.0.1") == true)
  }

  @Test("name no external network that has gone since the preflight")
  func external() throws {
    var plan = stack([service("a")])
    plan.networks[0].isExternal = true
    #expect(throws: EngineError.self) { try firstUp(plan) }
  }

  @Test("give a fixed address to who asks for it, and another one to who had it")
  func fixedAddress() throws {
    let before = try firstUp(stack([service("a")]))
    let taken = before.containers[0].leases[0].address
    let plan = stack([
      service("a"), service("b") { $0.networks = [AttachmentPlan(network: "default", ipv4Address: taken)] },
    ])
    let changes = ["a", "b"].map { name in
      Change(
        .createContainer(ContainerName(stack: "hello", service: name, index: 1)), address: "", reasons: [],
        effect: .none)
    }
    var planner = planner(before)
    let after = rows(
      try planner.writes(for: Changeset(stack: "hello", changes: changes), desired: plan), on: before)
    #expect(after.containers.first { $0.service == "b" }?.leases[0].address == taken)
    #expect(after.containers.first { $0.service == "a" }?.leases[0].address != taken)
  }

  @Test("keep the names of the interfaces while networks come and go, and fill the gap")
  func interfaces() throws {
    func plan(_ keys: [String]) -> StackPlan {
      var plan = stack([service("a") { $0.networks = keys.map { AttachmentPlan(network: $0) } }])
      plan.networks = keys.map { NetworkPlan(key: $0, name: "hello_\($0)") }
      return plan
    }
    func names(_ contents: StoreContents) -> [String] {
      contents.containers[0].leases.sorted { $0.key < $1.key }.map { "\($0.key) \($0.interface)" }
    }
    let name = ContainerName(stack: "hello", service: "a", index: 1)
    let before = try firstUp(plan(["b", "c"]))
    #expect(names(before) == ["b eth0", "c eth1"])
    let changes: [ChangeAction] = [
      .detachContainer(name, networks: ["b"]), .ensureNetwork(key: "a", name: "hello_a"),
      .ensureNetwork(key: "d", name: "hello_d"), .attachContainer(name, networks: ["a", "d"]), .updateContainer(name),
    ]
    var planner = planner(before)
    let changeset = Changeset(
      stack: "hello", changes: changes.map { Change($0, address: "", reasons: [], effect: .inPlace) })
    let after = rows(try planner.writes(for: changeset, desired: plan(["a", "c", "d"])), on: before)
    #expect(names(after) == ["a eth0", "c eth1", "d eth2"])
    let lease = { (contents: StoreContents) in contents.containers[0].leases.first { $0.key == "c" } }
    #expect(lease(before) == lease(after))
  }

  @Test("swap two fixed addresses without either being twice in the rows")
  func swappedAddresses() throws {
    func plan(_ a: String, _ b: String) -> StackPlan {
      var plan = stack([
        service("a") { $0.networks = [AttachmentPlan(network: "default", ipv4Address: a)] },
        service("b") { $0.networks = [AttachmentPlan(network: "default", ipv4Address: b)] },
      ])
      plan.networks[0].subnet = "10.7.0.0/24"
      return plan
    }
    let before = try firstUp(plan("10.7.0.2", "10.7.0.3"))
    let changes = ["a", "b"].map { name in
      Change(
        .attachContainer(ContainerName(stack: "hello", service: name, index: 1), networks: ["default"]), address: "",
        reasons: [], effect: .inPlace)
    }
    var planner = planner(before)
    let writes = try planner.writes(
      for: Changeset(stack: "hello", changes: changes), desired: plan("10.7.0.3", "10.7.0.2"))
    let removals = writes.firstIndex { if case .putContainer = $0 { true } else { false } } ?? 0
    #expect(
      writes[..<removals].suffix(2) == [.removeContainer("hello-a-1"), .removeContainer("hello-b-1")])
    let after = rows(writes, on: before)
    #expect(after.containers.map { "\($0.service) \($0.leases[0].address)" } == ["a 10.7.0.3", "b 10.7.0.2"])
  }

  @Test("let a new container have the address of one that runs, and is given another")
  func addressOfRunning() throws {
    let before = try firstUp(stack([service("a")]))
    let taken = before.containers[0].leases[0].address
    let plan = stack([
      service("a"), service("b") { $0.networks = [AttachmentPlan(network: "default", ipv4Address: taken)] },
    ])
    let changes: [ChangeAction] = [
      .attachContainer(ContainerName(stack: "hello", service: "a", index: 1), networks: ["default"]),
      .createContainer(ContainerName(stack: "hello", service: "b", index: 1)),
    ]
    let changeset = Changeset(
      stack: "hello", changes: changes.map { Change($0, address: "", reasons: [], effect: .none) })
    var planner = planner(before)
    let writes = try planner.writes(for: changeset, desired: plan)
    // The store holds an address of a network once, after each of these.
    for count in 0...writes.count {
      let leases = rows(Array(writes.prefix(count)), on: before).containers.flatMap(\.leases).map(\.address)
      #expect(Set(leases).count == leases.count, "after \(count) of \(writes)")
    }
    let after = rows(writes, on: before)
    #expect(after.containers.first { $0.service == "b" }?.leases[0].address == taken)
    #expect(after.containers.first { $0.service == "a" }?.leases[0].address != taken)
  }

  @Test("cut another subnet for another stack")
  func subnets() throws {
    let one = try firstUp(stack([service("a")]))
    let two = try firstUp(stack([service("a")], name: "other"), on: one)
    #expect(Set(two.networks.map(\.subnet)).count == 2)
    #expect(Set(two.stacks.map(\.linkGroup)).count == 2)
  }

  @Test("choose a free host port once and keep it")
  func ports() throws {
    let plan = stack([
      service("a") {
        $0.replicas = 2
        $0.ports = [PortPlan(hostAddress: nil, hostPort: nil, containerPort: 80, transport: .tcp)]
      }
    ])
    let before = try firstUp(plan)
    let chosen = before.containers.flatMap(\.ports).map(\.hostPort)
    #expect(Set(chosen).count == 2)
    let change = Change(
      .updateContainer(ContainerName(stack: "hello", service: "a", index: 1)), address: "", reasons: [], effect: .none)
    var planner = planner(before, busyPorts: Set(chosen))
    let after = rows(
      try planner.writes(for: Changeset(stack: "hello", changes: [change]), desired: plan), on: before)
    #expect(after.containers.flatMap(\.ports).map(\.hostPort).sorted() == chosen.sorted())
  }

  @Test("mark what goes before it goes")
  func removal() throws {
    let before = try firstUp(stack([service("a")]))
    var observed = ObservedState()
    observed.stack = ObservedStack(name: "hello", file: "/f", ownerUID: 0, sameBoot: true)
    observed.containers = [
      ObservedContainer(
        name: ContainerName(stack: "hello", service: "a", index: 1), stage: .running, fields: [],
        process: .running(pid: 1))
    ]
    observed.networks = [ObservedNetwork(key: "default", name: "hello_default", fields: [])]
    let changes = reconcile(desired: nil, observed: observed, stack: "hello")
    var planner = planner(before)
    let after = rows(try planner.writes(for: changes, desired: nil), on: before)
    #expect(after.containers[0].stage == .removing && after.networks[0].stage == .removing)
    let firewall = FirewallRows.plan(after, settings: settings)
    #expect(firewall.bridges.isEmpty && firewall.ports.isEmpty)
  }

  @Test("publish ports by the first network that has a way in")
  func firewall() throws {
    var plan = stack([
      service("a") {
        $0.networks = [AttachmentPlan(network: "back"), AttachmentPlan(network: "default")]
        $0.ports = [PortPlan(hostAddress: "127.0.0.1", hostPort: 8080, containerPort: 80, transport: .udp)]
      }
    ])
    plan.networks.append(NetworkPlan(key: "back", name: "hello_back", isInternal: true))
    let contents = try firstUp(plan)
    let firewall = FirewallRows.plan(contents, settings: settings)
    #expect(firewall.bridges.count == 2)
    let lease = contents.containers[0].leases.first { $0.key == "default" }
    #expect(firewall.ports.map(\.containerAddress.description) == [lease?.address])
    #expect(firewall.ports.map(\.hostText) == ["127.0.0.1:8080/udp"])
  }

  @Test("name services, containers and aliases on each network, and no container that has ended")
  func names() throws {
    let plan = stack([
      service("web") { $0.networks = [AttachmentPlan(network: "default", aliases: ["Front"])] }, service("app"),
    ])
    let contents = try firstUp(plan)
    let network = contents.networks[0]
    let zone = ZoneRows.zone(of: network, contents, ended: [])
    #expect(Set(zone.names.keys) == ["web", "hello-web-1", "front", "app", "hello-app-1"])
    #expect(Set(ZoneRows.zone(of: network, contents, ended: ["hello-web-1"]).names.keys) == ["app", "hello-app-1"])
  }

  @Test("tell the names of another network only to who is on it as well")
  func personalNames() throws {
    var plan = stack([
      service("both") { $0.networks = [AttachmentPlan(network: "back"), AttachmentPlan(network: "default")] },
      service("database") { $0.networks = [AttachmentPlan(network: "back")] }, service("probe"),
    ])
    plan.networks.append(NetworkPlan(key: "back", name: "hello_back", isInternal: true))
    let contents = try firstUp(plan)
    let network = try #require(contents.networks.first { $0.key == "default" })
    let zone = ZoneRows.zone(of: network, contents, ended: [])
    #expect(zone.names["database"] == nil)
    func asks(_ service: String) throws -> Set<String> {
      let container = try #require(contents.containers.first { $0.service == service })
      let lease = try #require(container.leases.first { $0.key == "default" })
      return Set(zone.personal[try #require(IPAddress(lease.address))]?.keys.map { $0 } ?? [])
    }
    #expect(try asks("both").contains("database"))
    #expect(try !asks("probe").contains("database"))
    let database = try #require(contents.containers.first { $0.service == "database" }?.leases.first?.address)
    let back = try #require(contents.networks.first { $0.key == "back" })
    let both = try #require(
      contents.containers.first { $0.service == "both" }?.leases.first { $0.key == "default" }?.address)
    #expect(Array(zone.neighbours.keys.map(\.description)).contains(both) && zone.neighbours.count <= 2)
    let around = try #require(zone.neighbours[ip(both)])
    #expect(around.names[ip(database)] == "hello-database-1")
    #expect(around.prefixes.map(\.description).contains(back.subnet))
  }

  @Test("lead by links, container names and named ports to whom they name, and ask a container's own name servers")
  func furtherNames() throws {
    let plan = stack([
      service("web") {
        $0.links = [LinkPlan(name: "store", target: "db")]
        $0.externalLinks = [LinkPlan(name: "other", target: "hello-db-1"), LinkPlan(name: "x", target: "nobody")]
        $0.resolver = ResolverPlan()
        $0.resolver?.servers = ["10.9.9.9", "fd00::9"]
      },
      service("db") {
        $0.containerName = "The-DB"
        var port = PortPlan(hostAddress: nil, hostPort: 5432, containerPort: 5432, transport: .tcp)
        port.name = "sql"
        port.appProtocol = "postgres"
        $0.ports = [port]
      }, service("app"),
    ])
    let contents = try firstUp(plan)
    let zone = ZoneRows.zone(of: contents.networks[0], contents, ended: [])
    func address(_ service: String) throws -> IPAddress {
      let container = try #require(contents.containers.first { $0.service == service })
      return try #require(IPAddress(container.leases[0].address))
    }
    let (web, db, app) = (try address("web"), try address("db"), try address("app"))
    #expect(zone.names["the-db"] == [db])
    #expect(zone.personal[web] == ["store": [db], "other": [db]])
    #expect(zone.personal[app] == nil)
    #expect(zone.names["store"] == nil)
    #expect(zone.upstreams == [web: [DNSUpstream(ip("10.9.9.9")), DNSUpstream(ip("fd00::9"))]])
    let offer = [DNSService(port: 5432, target: "hello-db-1")]
    #expect(zone.services["_sql._tcp.db"] == offer && zone.services["_postgres._tcp.hello-db-1"] == offer)
    #expect(zone.services["_sql._tcp.hello-db-1"] == offer)
  }

  private func ip(_ text: String) -> IPAddress { IPAddress(text)! }

  @Test("change what a supervisor is expected to know, stages aside")
  func knowledge() throws {
    var contents = try firstUp(stack([service("a")]))
    let before = SupervisorKnowledge.text(contents, of: "hello")
    contents.containers[0].stage = .running
    #expect(SupervisorKnowledge.text(contents, of: "hello") == before)
    contents.containers[0].fields += "restart\talways\n"
    #expect(SupervisorKnowledge.text(contents, of: "hello") != before)
  }
}

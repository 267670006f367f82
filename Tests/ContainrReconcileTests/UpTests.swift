import ContainrReconcile
import ContainrSpec
import Testing

@Suite("What up does")
struct UpTests {
  let two = stack([
    service("app", line: 9) {
      $0.dependsOn = [DependencyPlan(service: "web", condition: .started)]
      $0.origins = ["depends_on.web": at(12)]
    },
    service("web") {
      $0.ports = [PortPlan(hostAddress: nil, hostPort: 8080, containerPort: 80, transport: .tcp)]
      $0.resources.memoryLimit = 67_108_864
      $0.origins = ["mem_limit": at(6, 16)]
    },
  ])

  @Test("A first up makes everything, and its text says so")
  func first() {
    let changes = up(two, ObservedState())
    #expect(
      changes.text == """
        +   network hello_default   create
        ~   firewall   change
              network hello_default comes
              container hello-web-1 comes
        +   supervisor hello   create
        +   container hello-web-1   create   stack.yaml:3:3
        +   container hello-app-1   create   stack.yaml:9:3
        reachable: 0.0.0.0:8080/tcp → web:80, from outside as far as the host's firewall lets in
        4 to create, 1 to change

        """)
    #expect(
      changes.json.contains(
        "{\"port\": \"0.0.0.0:8080/tcp\", \"service\": \"web\", \"target\": 80, \"from\": \"host-firewall\"}"))
    #expect(up(two, running(two)).reach.isEmpty, "what was open before is not said again")
    #expect(changes.follows("create container hello-app-1", "create container hello-web-1"))
    #expect(changes.follows("create container hello-web-1", "write-firewall firewall"))
    #expect(changes.follows("create container hello-web-1", "ensure-network network hello_default"))
  }

  @Test("A second up has nothing to do and says how many match")
  func second() {
    let changes = up(two, running(two))
    #expect(changes.isEmpty)
    #expect(changes.text == "nothing to do: 2 containers match\n")
    #expect(
      up(stack([service("web")]), running(stack([service("web")]))).text == "nothing to do: 1 container matches\n")
  }

  @Test("The same input gives the same text, every time")
  func deterministic() {
    let texts = (0..<20).map { _ in up(two, ObservedState()).text + up(two, ObservedState()).json }
    #expect(Set(texts).count == 1)
  }

  @Test("Dependencies point to lower indices only")
  func topological() {
    for (index, change) in up(two, ObservedState()).changes.enumerated() {
      #expect((change.dependencies + change.after).allSatisfy { $0 < index })
    }
  }

  @Test("Moved lines are no change")
  func movedLines() {
    var moved = two
    moved.services[1].location = at(40, 3)
    moved.services[1].origins = ["mem_limit": at(43, 16)]
    #expect(up(moved, running(two)).isEmpty)
  }

  @Test("A new memory limit is written in place, with both values and its place")
  func memory() {
    var other = two
    other.services[1].resources.memoryLimit = 134_217_728
    let changes = up(other, running(two))
    #expect(
      changes.text == """
        ~   container hello-web-1   change
              mem_limit: 67108864 → 134217728   stack.yaml:6:16   in place
        1 to change; 1 container matches

        """)
    #expect(changes.steps == ["update container hello-web-1", "reload-supervisor supervisor hello"])
    #expect(changes.effect == .inPlace)
  }

  @Test("Another command makes the container again, and only this one")
  func command() {
    var other = two
    other.services[1].command = ["/bin/other"]
    let changes = up(other, running(two))
    #expect(
      changes.text == """
        -/+ container hello-web-1   recreate
              command: ["/bin/web"] → ["/bin/other"]   stack.yaml:3:3   recreate
        1 to recreate; 1 container matches

        """)
    #expect(changes.follows("create container hello-web-1", "remove container hello-web-1"))
  }

  @Test("A dependent follows a recreated service only where restart: true asks for it")
  func follow() {
    var follows = two
    follows.services[0].dependsOn[0].restart = true
    let before = running(follows)
    follows.services[1].command = ["/bin/other"]
    let changes = up(follows, before)
    #expect(
      changes.text == """
        ~   container hello-app-1   restart
              service web restarts   stack.yaml:9:3   restart
        -/+ container hello-web-1   recreate
              command: ["/bin/web"] → ["/bin/other"]   stack.yaml:3:3   recreate
        1 to restart, 1 to recreate

        """)
    #expect(changes.follows("remove container hello-web-1", "stop container hello-app-1"))
    #expect(changes.follows("start container hello-app-1", "create container hello-web-1"))
  }

  @Test("Published ports change in the firewall alone")
  func ports() {
    var other = two
    other.services[1].ports[0].hostPort = 9090
    let changes = up(other, running(two))
    #expect(changes.index("write-firewall firewall") != nil)
    #expect(changes.index("remove container hello-web-1") == nil)
    #expect(changes.effect == .inPlace)
    #expect(changes.follows("update container hello-web-1", "write-firewall firewall"))
  }

  @Test("A service that left the file is stopped and removed if that is asked for, with the reason")
  func removed() {
    let one = stack([two.services[1]])
    var options = ReconcileOptions()
    options.orphans = .remove
    let changes = reconcile(desired: one, observed: running(two), stack: one.name, options: options)
    #expect(
      changes.text == """
        -   container hello-app-1   remove
              service app is not in the file any more   recreate
        1 to remove; 1 container matches

        """)
  }

  @Test("More and fewer replicas add and remove the last ones")
  func replicas() {
    var three = two
    three.services[1].replicas = 3
    #expect(up(three, running(two)).steps.filter { $0.hasPrefix("create ") }.count == 2)
    let fewer = up(two, running(three))
    #expect(
      fewer.steps.filter { $0.hasPrefix("remove ") } == [
        "remove container hello-web-2", "remove container hello-web-3",
      ])
    #expect(fewer.index("remove container hello-web-1") == nil)
  }

  @Test("Another subnet makes the network and its containers again")
  func subnet() {
    var other = two
    other.networks[0].subnet = "10.1.0.0/24"
    let changes = up(other, running(two))
    #expect(changes.follows("remove-network network hello_default", "remove container hello-app-1"))
    #expect(changes.follows("ensure-network network hello_default", "remove-network network hello_default"))
    #expect(changes.follows("create container hello-web-1", "ensure-network network hello_default"))
    #expect(changes.text.contains("ipam.config.subnet: (not set) → 10.1.0.0/24"))
  }

  @Test("Archives are unpacked before the containers that stand on them, once each")
  func archives() {
    let layer = LayerPlan(path: "/layers/base.tar", kind: .archive)
    let plan = stack([service("a") { $0.layers = [layer] }, service("b") { $0.layers = [layer] }])
    let changes = up(plan, ObservedState())
    #expect(changes.steps.filter { $0.hasPrefix("prepare-layer") }.count == 1)
    #expect(changes.follows("create container hello-b-1", "prepare-layer layer /layers/base.tar"))
  }
}

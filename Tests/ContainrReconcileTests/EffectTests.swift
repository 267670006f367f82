import ContainrReconcile
import ContainrSpec
import Testing

@Suite("What a field's change costs")
struct EffectTests {
  @Test(
    "Limits, labels, checks and ports are changed in place",
    arguments: [
      "mem_limit", "mem_reservation", "memswap_limit", "cpus", "cpu_shares", "cpuset", "pids_limit",
      "blkio_config.weight", "blkio_config.device_read_bps./dev/sda", "restart", "healthcheck.interval", "labels.a",
      "blkio_config.weight_device./dev/sda", "stop_grace_period", "stop_signal", "ports.0.0.0.0:80/tcp", "networks.a",
      "logging.driver", "logging.options.max-size", "deploy.restart_policy.delay", "x-containr.on-unhealthy",
      "pre_stop.1.command",
    ])
  func inPlace(path: String) {
    #expect(EffectTable.effect(of: path, old: "1", new: "2") == .inPlace)
    #expect(EffectTable.effect(of: path, old: nil, new: "2") == .inPlace)
    #expect(EffectTable.effect(of: path, old: "1", new: nil) == .inPlace)
  }

  @Test(
    "What a process was born with needs a new one",
    arguments: [
      "layers", "command", "entrypoint", "environment.A", "working_dir", "user", "hostname", "read_only", "cap_add",
      "cap_drop", "volumes./data", "something.new", "pre_start.1.command", "post_start.2.user",
    ])
  func recreate(path: String) { #expect(EffectTable.effect(of: path, old: "1", new: "2") == .recreate) }

  @Test("Dependencies and the number of replicas cost a container nothing")
  func none() {
    #expect(EffectTable.effect(of: "depends_on.web", old: nil, new: "service_started") == .none)
    #expect(EffectTable.effect(of: "replicas", old: "1", new: "2") == .none)
  }

  @Test("Names longer than 63 characters are cut and stay different")
  func names() {
    let long = String(repeating: "a", count: 70)
    let one = ContainerName(stack: long, service: "web", index: 1).id
    let two = ContainerName(stack: long, service: "web", index: 2).id
    #expect(one.utf8.count <= 63 && two.utf8.count <= 63 && one != two)
    #expect(ContainerName(stack: "a", service: "b", index: 3).id == "a-b-3")
  }

  @Test("The JSON form is versioned and carries every reason")
  func json() {
    var other = stack([service("web")])
    other.services[0].resources.memoryLimit = 5
    other.services[0].origins = ["mem_limit": at(6, 16)]
    #expect(
      up(other, running(stack([service("web")]))).json == """
        {
          "format": 1,
          "stack": "hello",
          "matching": 0,
          "effect": "in place",
          "changes": [
            {"index": 0, "action": "update", "address": "container hello-web-1", "effect": "in place", \
        "reasons": [{"kind": "field", "path": "mem_limit", "new": "5", "origin": {"file": "stack.yaml", "line": 6, \
        "column": 16}, "effect": "in place"}], "dependencies": [], "after": []},
            {"index": 1, "action": "reload-supervisor", "address": "supervisor hello", "effect": "none", \
        "reasons": [], "dependencies": [], "after": [0]}
          ]
        }

        """)
  }
}

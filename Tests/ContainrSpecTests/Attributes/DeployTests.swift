// deploy: replicas, limits, restarts, and what only a cluster does.
import ContainrSpec
import Testing

struct DeployTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("{replicas: 2}", "{replicas: 2}"),
      (#"{replicas: "${NUMBER}"}"#, "{replicas: 3}"),
      ("{mode: replicated}", "{mode: replicated}"),
      ("{mode: global}", "{mode: global}"),
      ("{endpoint_mode: vip}", "{endpoint_mode: vip}"),
      ("{endpoint_mode: platform-word}", "{endpoint_mode: platform-word}"),
      ("{labels: [a=1]}", "{labels: {a: '1'}}"),
      (
        #"{resources: {limits: {cpus: "0.5", memory: 64m, pids: 10}, reservations: {cpus: 0.25, memory: 20M}}}"#,
        "{resources: {limits: {cpus: 0.5, memory: '67108864', pids: 10}, reservations: {cpus: 0.25, memory: '20971520'}}}"
      ),
      (
        #"{resources: {reservations: {devices: [{capabilities: [gpu], driver: nvidia, count: all, options: {a: 1}}, {capabilities: [tpu], device_ids: ["0"]}, {capabilities: [x]}]}}}"#,
        "{resources: {reservations: {devices: [{capabilities: [gpu], count: -1, driver: nvidia, options: {a: '1'}}, {capabilities: [tpu], device_ids: ['0']}, {capabilities: [x], count: -1}]}}}"
      ),
      (
        "{resources: {reservations: {generic_resources: [{discrete_resource_spec: {kind: gpu, value: 2}}]}}}",
        "{resources: {reservations: {generic_resources: [{discrete_resource_spec: {kind: gpu, value: 2}}]}}}"
      ),
      (
        "{restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 120s}}",
        "{restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 2m0s}}"
      ),
      ("{restart_policy: {condition: unless-stopped}}", "{restart_policy: {condition: unless-stopped}}"),
      (
        "{placement: {constraints: [disktype=ssd], preferences: [{spread: node.labels.zone}], max_replicas_per_node: 1}}",
        "{placement: {constraints: [disktype=ssd], max_replicas_per_node: 1, preferences: [{spread: node.labels.zone}]}}"
      ),
      (
        "{update_config: {parallelism: 2, delay: 10s, failure_action: rollback, monitor: 60s, max_failure_ratio: 0.5, order: start-first}}",
        "{update_config: {delay: 10s, failure_action: rollback, max_failure_ratio: 0.5, monitor: 1m0s, order: start-first, parallelism: 2}}"
      ),
      (
        #"{rollback_config: {parallelism: "${NUMBER}", failure_action: pause, order: stop-first}}"#,
        "{rollback_config: {failure_action: pause, order: stop-first, parallelism: 3}}"
      ),
      ("{x-a: 1}", "{x-a: 1}"),
      ("null", "-"),
      ("{}", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("deploy", "deploy: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("2", "C0101 4:13"),
      ("[a]", "C0101 4:13"),
      ("{replica: 2}", "C0102 4:14"),
      ("{replicas: -1}", "C0113 4:24"),
      ("{replicas: x}", "C0113 4:24"),
      ("{mode: everywhere}", "C0110 4:20"),
      ("{resources: [a]}", "C0101 4:25"),
      ("{resources: {limit: {}}}", "C0102 4:26"),
      ("{resources: {limits: {mem_limit: 1g}}}", "C0102 4:35"),
      ("{resources: {limits: {memory: x}}}", "C0112 4:43"),
      ("{resources: {limits: {cpus: x}}}", "C0113 4:41"),
      ("{resources: {reservations: {pids: 2}}}", "C0102 4:41"),
      ("{resources: {reservations: {devices: [{count: 1}]}}}", "C0104 4:51"),
      ("{resources: {reservations: {devices: [{capabilities: [gpu], count: 1, device_ids: [a]}]}}}", "C0222 4:83"),
      ("{resources: {reservations: {devices: [{capabilities: gpu}]}}}", "C0101 4:66"),
      ("{restart_policy: {condition: sometimes}}", "C0110 4:42"),
      ("{restart_policy: {delay: 5}}", "C0111 4:38"),
      ("{restart_policy: {attempts: 5}}", "C0102 4:31"),
      ("{update_config: {order: first}}", "C0110 4:37"),
      ("{update_config: {max_failure_ratio: 2}}", "C0113 4:49"),
      ("{update_config: {failure_action: rolback}}", "C0110 4:46"),
      ("{rollback_config: {failure_action: rollback}}", "C0110 4:48"),
      ("{placement: {constraints: a}}", "C0101 4:39"),
      ("{placement: {preferences: [{binpack: a}]}}", "C0102 4:41"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("deploy: \(text)") == expected)
  }

  @Test(
    "key by key; labels by name, lists add up",
    arguments: [
      (
        "{replicas: 1, resources: {limits: {cpus: 1, memory: 64m}}}", "{resources: {limits: {cpus: 2}}}",
        "{replicas: 1, resources: {limits: {cpus: 2, memory: '67108864'}}}"
      ),
      ("{labels: {a: 1}}", "{labels: [a=2, b=3]}", "{labels: {a: '2', b: '3'}}"),
      ("{placement: {constraints: [a]}}", "{placement: {constraints: [b]}}", "{placement: {constraints: [a, b]}}"),
      (
        "{restart_policy: {condition: any, delay: 1s}}", "{restart_policy: {delay: 2s}}",
        "{restart_policy: {condition: any, delay: 2s}}"
      ),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("deploy", "deploy: \(base)", "deploy: \(over)") == expected)
  }

  @Test(
    "replicas, limits and restarts are honoured; what a cluster does is reported",
    arguments: [
      (
        "{replicas: 2, resources: {limits: {cpus: 1, memory: 64m, pids: 5}, reservations: {memory: 32m}}, restart_policy: {condition: on-failure, max_attempts: 3}}",
        ""
      ),
      ("{mode: replicated}", ""),
      ("{mode: global}", "C0401 4:14"),
      ("{endpoint_mode: vip}", "C0400 4:14"),
      ("{labels: {a: b}}", "C0400 4:14"),
      ("{placement: {constraints: [a]}}", "C0400 4:14"),
      ("{restart_policy: {condition: any, delay: 1s, max_attempts: 3, window: 1m}}", ""),
      ("{resources: {reservations: {cpus: 1}}}", "C0400 4:41"),
      ("{resources: {reservations: {devices: [{capabilities: [gpu]}]}}}", ""),
      (
        "{resources: {reservations: {generic_resources: [{discrete_resource_spec: {kind: a, value: 1}}]}}}",
        "C0400 4:41"
      ),
      ("{restart_policy: {condition: none}}\nrestart: always", "C0312 5:5"),
    ])
  func run(text: String, expected: String) {
    #expect(running("deploy: \(text)") == expected)
  }

  @Test("a word that only looks like a known one is allowed, and a warning asks")
  func doubtful() {
    #expect(warnings("deploy: {endpoint_mode: dnssr}") == "C0400 4:14, C0312 4:29")
  }

  @Test("a policy in full")
  func policy() throws {
    let service = try loadWeb(
      "deploy: {restart_policy: {condition: any, delay: 1500ms, max_attempts: 3, window: 1m}}"
    ).service()
    #expect(service.restart.policy == .always && service.restart.maxAttempts == 3)
    #expect(service.restart.delay == 1500 && service.restart.window == 60_000)
    let fields = service.fields.filter { $0.path.hasPrefix("deploy.") || $0.path == "restart" }
    #expect(
      fields.map { "\($0.path)=\($0.value)" } == [
        "deploy.restart_policy.delay=1500ms", "deploy.restart_policy.window=60000ms", "restart=always:3",
      ])
    #expect(fields.allSatisfy { service.origins[$0.path]?.line == 5 })
    let none = try loadWeb("deploy: {restart_policy: {condition: none, delay: 5s, max_attempts: 3}}").service()
    #expect(!none.fields.contains { $0.path.hasPrefix("deploy.") || $0.path == "restart" })
    let zero = try loadWeb("deploy: {restart_policy: {delay: 0s, window: 0s}}").service()
    #expect(zero.restart.delay == nil && zero.restart.window == nil && zero.restart.policy == .always)
  }

  @Test("restart counts only without a restart_policy")
  func restart() throws {
    let policy = try loadWeb("restart: always\ndeploy: {restart_policy: {condition: none}}").service().restart.policy
    #expect(policy.rawValue == "no")
  }
}

// What a plan knows of namespaces, devices, kernel parameters, limits of processes and protections.
import Testing

@testable import ContainrSpec

struct IsolationPlanTests {
  private func fields(_ lines: String, rest: String = "", files: [String: String] = [:]) throws -> [String] {
    let kept = [
      "cgroup", "ipc", "network_mode", "pid", "uts", "devices", "gpus", "device_cgroup_rules", "sysctls", "ulimits",
      "group_add", "shm_size", "init", "oom_", "cgroup_parent", "domainname", "mac_address", "annotations",
      "privileged",
      "security_opt", "x-containr.security", "cpu", "mem_swappiness", "depends_on", "networks", "volumes",
    ]
    return try load(web(lines, rest: rest), files: files).service().fields.filter { field in
      kept.contains { field.path.hasPrefix($0) } && !field.path.hasPrefix("cpu_shares")
    }.map { "\($0.path)=\($0.value)" }
  }

  @Test("each key is one field of the plan, in one form")
  func values() throws {
    let lines = """
      device_cgroup_rules: ["c 188:* mr"]
      sysctls: [net.core.somaxconn=1024]
      ulimits: {nproc: 65535, NOFILE: {soft: 20000, hard: 40000}}
      shm_size: 1g
      init: true
      oom_score_adj: -500
      group_add: [mail, 2000]
      cgroup_parent: /jobs/nightly/
      mac_address: "02-42-AC-11-00-03"
      annotations: {com.example.foo: bar}
      cpu_period: 50ms
      cpu_quota: 25000
      ipc: none
      tmpfs: ["/run:size=64m,uid=5,exec"]
      """
    #expect(
      try fields(lines) == [
        "annotations.com.example.foo=bar", "cgroup_parent=jobs/nightly", "cpu_period=50000", "cpu_quota=25000",
        "device_cgroup_rules=[\"c 188:* rm\"]",

        "group_add=[\"2000\", \"mail\"]", "init=true", "ipc=none", "mac_address=02:42:ac:11:00:03",
        "networks.default=", "oom_score_adj=-500", "shm_size=1073741824",
        "sysctls.net.core.somaxconn=1024", "ulimits.nofile=20000:40000", "ulimits.nproc=65535:65535",
        "volumes./run=tmpfs,size=67108864,exec,uid=5",
      ])
  }

  @Test("an owner of a namespace starts first and takes its sharers along; there is no network of their own")
  func sharing() throws {
    let rest = "  db: {layers: [x], command: [c]}\n  log: {layers: [x], command: [c]}\n"
    let plan = try load(
      web("network_mode: service:db\npid: service:log\nipc: host\ndepends_on: {log: {condition: service_started}}")
        + rest
    ).plan()
    let service = try #require(plan.services.first { $0.name == "web" })
    #expect(service.networks == [])
    #expect(
      service.namespaces.map { "\($0.kind.rawValue)=\($0.text)" } == [
        "ipc=host", "network_mode=service:db", "pid=service:log",
      ])
    // What the file says of a dependency counts.
    #expect(service.dependsOn.map { "\($0.service) \($0.restart)" } == ["db true", "log false"])
    #expect(service.origins["depends_on.db"] == service.origins["network_mode"])
  }

  @Test("services that share each other's namespaces wait for each other: an error that names the circle")
  func circle() {
    let text =
      "services:\n  a: {layers: [x], command: [c], pid: \"service:b\"}\n  b: {layers: [x], command: [c], network_mode: \"service:a\"}\n"
    #expect(load(text).codes == ["C0202"])
  }

  @Test("a profile of the stack is that of every service that names none")
  func profile() throws {
    let text = """
      x-containr: {security: strict}
      services:
        a: {layers: [x], command: [c]}
        b: {layers: [x], command: [c], x-containr: {security: default}}
      """
    let plan = try load(text).plan()
    #expect(plan.services.map { $0.security?.profile } == [.strict, .compatible])
    #expect(plan.services[0].fields.contains { $0.path == "x-containr.security" && $0.value == "strict" })
    #expect(!plan.services[1].fields.contains { $0.path == "x-containr.security" })
    #expect(plan.services[0].origins["x-containr.security"]?.line == 1)
    #expect(load("x-containr: {security: loose}\nservices: {a: {layers: [x], command: [c]}}").codes == ["C0110"])
  }
}

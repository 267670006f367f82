// What a plan knows of namespaces, devices, kernel parameters, limits of processes and protections.
import Testing

@testable import ContainrSpec

struct IsolationPlanTests {
  private func fields(_ lines: String, rest: String = "", files: [String: String] = [:]) throws -> [String] {
    let kept = [
      "cgroup", "ipc", "network_mode", "pid", "uts", "devices", "gpus", "device_cgroup_rules", "sysctls", "ulimits",
      "group_add", "shm_size", "init", "tty", "stdin_open", "oom_", "cgroup_parent", "domainname", "mac_address",
      "annotations",
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
      devices: ["/dev/ttyUSB0:/dev/modem:rw", vendor.com/class=one]
      gpus: [{driver: nvidia, count: 2, capabilities: [utility]}]
      device_cgroup_rules: ["c 188:* mr"]
      sysctls: [net.core.somaxconn=1024]
      ulimits: {nproc: 65535, NOFILE: {soft: 20000, hard: 40000}}
      shm_size: 1g
      init: true
      tty: true
      stdin_open: true
      oom_score_adj: -500
      oom_kill_disable: true
      group_add: [mail, 2000]
      cgroup_parent: /jobs/nightly/
      domainname: example.org
      mac_address: "02-42-AC-11-00-03"
      annotations: {com.example.foo: bar}
      mem_swappiness: 60
      cpu_period: 50ms
      cpu_quota: 25000
      cpu_rt_runtime: 400us
      ipc: none
      tmpfs: ["/run:size=64m,uid=5,exec"]
      """
    #expect(
      try fields(lines) == [
        "annotations.com.example.foo=bar", "cgroup_parent=jobs/nightly", "cpu_period=50000", "cpu_quota=25000",
        "cpu_rt_runtime=400", "device_cgroup_rules=[\"c 188:* rm\"]", "devices./dev/modem=/dev/ttyUSB0:rw",
        "devices.vendor.com/class=one=cdi", "domainname=example.org", "gpus=[\"gpu+utility driver=nvidia count=2\"]",
        "group_add=[\"2000\", \"mail\"]", "init=true", "ipc=none", "mac_address=02:42:ac:11:00:03", "mem_swappiness=60",
        "networks.default=", "oom_kill_disable=true", "oom_score_adj=-500", "shm_size=1073741824", "stdin_open=true",
        "sysctls.net.core.somaxconn=1024", "tty=true", "ulimits.nofile=20000:40000", "ulimits.nproc=65535:65535",
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
    // One that the file has already restarts as well; a network is there as long as anybody is in it.
    #expect(service.dependsOn.map { "\($0.service) \($0.restart)" } == ["db false", "log true"])
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
        c: {layers: [x], command: [c], privileged: true}
      """
    let plan = try load(text).plan()
    #expect(plan.services.map { $0.security?.profile } == [.strict, .compatible, .strict])
    #expect(plan.services[0].fields.contains { $0.path == "x-containr.security" && $0.value == "strict" })
    #expect(!plan.services[1].fields.contains { $0.path == "x-containr.security" })
    #expect(plan.services[0].origins["x-containr.security"]?.line == 1)
    #expect(load("x-containr: {security: loose}\nservices: {a: {layers: [x], command: [c]}}").codes == ["C0110"])
  }

  @Test("a seccomp profile in Docker's form is read with the stack, and another content is another field")
  func seccomp() throws {
    let profile = """
      {
      \t"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
      \t"archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]}],
      \t"syscalls": [
      \t\t{"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
      \t\t{"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}, "comment": "x"},
      \t\t{"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}, "excludes": {"arches": ["s390"]}},
      \t\t{"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]}
      \t]
      }
      """
    func service(_ text: String) throws -> ServicePlan {
      try load(web("security_opt: [\"seccomp:./p.json\"]"), files: ["/srv/demo/p.json": text]).service()
    }
    let plan = try service(profile)
    guard case .file(let path, let file)? = plan.security?.seccomp else {
      Issue.record("no file")
      return
    }
    #expect(path == "/srv/demo/p.json")
    #expect(file.defaultAction == "SCMP_ACT_ERRNO" && file.defaultErrno == 1)
    #expect(file.architectures == ["SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64"])
    #expect(file.rules.map(\.names) == [["read", "write"], ["ptrace"], ["mount"], ["clone"]])
    #expect(file.rules[1].includes.minimumKernel == "4.8")
    #expect(
      file.rules[2].includes.capabilities == ["CAP_SYS_ADMIN"] && file.rules[2].excludes.architectures == ["s390"])
    #expect(file.rules[3].arguments.first?.value == 2_114_060_288)
    let other = try service(profile.replacingOccurrences("write", "writev"))
    func field(_ plan: ServicePlan) -> String? { plan.fields.first { $0.path == "security_opt.seccomp" }?.value }
    #expect(field(plan)?.hasPrefix("/srv/demo/p.json#") == true)
    #expect(field(plan) != field(other))
    #expect(try service(profile.replacingOccurrences("\t", "  ")).fields == plan.fields)
  }

  @Test(
    "what is wrong with a seccomp profile is told with its place in that file",
    arguments: [
      ("[]", "p.json:1:1"), ("{}", "p.json:1:1"), ("{\"defaultAction\": \"SCMP_ACT_ALLOWED\"}", "p.json:1:19"),
      ("{\"defaultAction\": \"SCMP_ACT_ALLOW\",\n \"syscalls\": [{\"action\": \"SCMP_ACT_ALLOW\"}]}", "p.json:2:15"),
      ("{\"defaultAction\": \"SCMP_ACT_ALLOW\",\n\t\"syscals\": []}", "p.json:2:2"),
      (
        "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"a\"], \"action\": \"SCMP_ACT_NOTIFY\"}]}",
        "p.json:1:77"
      ),
      ("{\"defaultAction\": \"SCMP_ACT_ALLOW\"", "p.json:1:1"),
      ("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"listenerPath\": \"/x\"}", "p.json:1:37"),
    ])
  func badProfile(text: String, place: String) throws {
    let loaded = load(web("security_opt: [seccomp=p.json]"), files: ["/srv/demo/p.json": text])
    #expect(loaded.result.plan == nil)
    let found = loaded.errors.compactMap { $0.primary.map { "\($0.file):\($0.start.line):\($0.start.column)" } }
    #expect(found.contains { $0.hasPrefix(place.hasSuffix("1:1") ? "p.json:" : place) }, "\(loaded.text)")
  }
}

extension String {
  fileprivate func replacingOccurrences(_ old: String, _ new: String) -> String {
    split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
  }
}

// x-containr: what Containr adds to a service.
import ContainrSpec
import Testing

struct ContainrExtensionTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("{on-change: restart}", "{on-change: restart}"),
      (
        #"{on-change: "signal:HUP", on-unhealthy: restart, limits: best-effort, schedule: "@daily"}"#,
        "{limits: best-effort, on-change: signal:HUP, on-unhealthy: restart, schedule: {cron: @daily}}"
      ),
      (
        "{publish: docker-like, security: strict, idmap: host-user, ingress: 10 MBit, egress: {rate: 2m, burst: 64k}}",
        "{egress: {burst: '65536', rate: 2mb}, idmap: host-user, ingress: {rate: 10mbit}, publish: docker-like, security: strict}"
      ),
      ("null", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("x-containr", "x-containr: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("text", "C0101 4:17"),
      ("{on_change: restart}", "C0102 4:18"),
      ("{on-change: reload}", "C0110 4:29"),
      (#"{on-change: "signal:NOPE"}"#, "C0114 4:29"), (#"{on-change: "signal:KILL"}"#, "C0114 4:29"),
      (#"{schedule: "* * *"}"#, "C0110 4:28"), ("{schedule: {timezone: UTC}}", "C0104 4:18"),
      (#"{schedule: {cron: "@daily", overlap: never}}"#, "C0110 4:54"),
      (#"{schedule: {cron: "@daily", zone: UTC}}"#, "C0102 4:45"),
      ("{limits: some}", "C0110 4:26"),
      ("{ingress: x}", "C0110 4:27"), ("{ingress: 10}", "C0110 4:27"), ("{egress: 10mbps}", "C0110 4:26"),
      ("{egress: 5mb/s}", "C0110 4:26"), ("{egress: 1kbit}", "C0110 4:26"), ("{egress: 2000gbit}", "C0110 4:26"),
      ("{egress: {burst: 64k}}", "C0104 4:18"), ("{egress: {rate: 1mbit, burst: 1k}}", "C0112 4:47"),
      ("{egress: {rate: 1mbit, delay: 3}}", "C0102 4:40"), ("{egress: [1mbit]}", "C0101 4:26"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("x-containr: \(text)") == expected)
  }

  @Test(
    "key by key",
    arguments: [
      ("{on-change: restart}", "{limits: required}", "{limits: required, on-change: restart}"),
      ("{egress: 1mbit}", "{egress: {burst: 64k}}", "{egress: {burst: '65536', rate: 1mbit}}"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("x-containr", "x-containr: \(base)", "x-containr: \(over)") == expected)
  }

  @Test("what a limit does that cannot be had is said for a stack, and for a service that wants it otherwise")
  func limits() throws {
    let loaded = load(
      """
      x-containr: {limits: best-effort}
      services:
        a: {layers: [./l], command: [x]}
        b: {layers: [./l], command: [x], x-containr: {limits: required}}
      """)
    let plan = try #require(loaded.result.plan)
    #expect(plan.services.map(\.limitPolicy) == [.bestEffort, .required])
    // What goes without saying is no field.
    #expect(plan.services.map { $0.fields.contains { $0.path == "x-containr.limits" } } == [true, false])
    #expect(plan.services[0].origins["x-containr.limits"]?.line == 1)
    #expect(load("x-containr: {limits: 5}\nservices: {a: {layers: [./l], command: [x]}}").codes == ["C0110"])
  }

  @Test(
    "what would weaken a service is refused, the rest is a warning",
    arguments: [
      ("{on-change: restart}", ""), ("{on-unhealthy: restart}\nhealthcheck: {test: x}", ""),
      ("{limits: best-effort}", ""),
      (
        "{on-change: none, on-unhealthy: none, limits: required, publish: docker-like, security: default, idmap: none}",
        ""
      ),
      (#"{schedule: "@daily"}"#, ""),
      ("{security: strict}", ""),
      ("{security: loose}", "C0110 4:28"),
      ("{idmap: host-user}", ""),
      ("{egress: 1m, ingress: {rate: 1gbit, burst: 1m}}", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("x-containr: \(text)") == expected)
  }
}

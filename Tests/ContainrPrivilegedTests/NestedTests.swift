// Containr inside a privileged container, as in a CI job without a Docker socket: the same stacks, with limits, networks and
// published ports, and nothing left; and what does not work there is said.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Inside a privileged container", .serialized, .asRoot)
struct NestedTests {
  private static let inner = """
    name: inner
    services:
      web:
        layers: [/base]
        command: [sh, -c, "mkdir /www; echo page > /www/index.html; exec httpd -f -p 80 -h /www"]
        stop_signal: SIGKILL
        ports: ["8080:80"]
        mem_limit: 64m
        cpus: 0.5
        pids_limit: 20
        healthcheck: { test: [CMD-SHELL, "nc -w 1 127.0.0.1 80 < /dev/null"], interval: 1s, start_interval: 50ms, start_period: 60s, timeout: 20s }
      app: { layers: [/base], command: [sh, -c, "until nc -w 1 web 80 < /dev/null; do sleep 0.1; done"], depends_on: { web: { condition: service_healthy } } }
    """

  private func outer(_ bed: Bed) throws -> String { try NestedJob.stack() }

  private func inside(_ bed: Bed, _ words: String...) throws -> CommandResult {
    try bed.run("containr", ["exec", "-T", "-f", Bed.file, "-w", "/job", "ci"] + words, timeout: 300)
  }

  @Test(
    "a stack with limits, names and ports comes up inside, is as its plan says, serves, and goes without a trace",
    .notAsUser("a user's container has no group for the limits inside; NestedUserTests shows the rest"))
  func works() throws {
    try Bed.use { bed in
      try bed.write(try outer(bed))
      try bed.sandbox.directory.write(Self.inner, to: "job/stack.yaml")
      try bed.up()
      try inside(bed, "containr-up", "-d", "--wait", "stack.yaml").succeeding()
      let plan = try inside(bed, "containr", "plan", "stack.yaml")
      #expect(plan.code == 0 && plan.output.hasPrefix("nothing to do"), "the kernel's values are the plan's: \(plan)")
      #expect(try inside(bed, "containr", "status", "-p", "inner").code == 0)
      try inside(bed, "containr-down", "-v", "-p", "inner").succeeding()
      let links = try inside(bed, "ls", "/sys/class/net").succeeding().output
      #expect(Set(links.split(separator: "\n").map(String.init)).isSubset(of: ["eth0", "lo"]), "\(links)")
      #expect(
        try inside(bed, "sh", "-c", "ls /sys/fs/cgroup/*/containr /sys/fs/cgroup/containr /run/containr 2> /dev/null")
          .output.isEmpty)
      let script = "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc $CONTAINR_WEB_HOST $CONTAINR_WEB_PORT | tail -n 1; exit 3"
      let test = try inside(bed, "containr", "test", "stack.yaml", "--artifacts", "out", "--", "sh", "-c", script)
      #expect(test.code == 3 && test.output == "page\n", "\(test)")
      #expect(try bed.read("job/out/junit.xml").contains("name=\"web is ready\""))
      #expect(try bed.read("job/out/metrics.json").contains("\"memory_limit\": 67108864"))
    }
  }

  @Test(
    "a state directory on the container's own overlay works through a server, and is refused without one with the places that would do"
  )
  func overlay() throws {
    try Bed.use { bed in
      try bed.write(
        try outer(bed).replacingOccurrences(of: "\"state:/var/lib/containr\"", with: "\"state:/elsewhere\""))
      try bed.sandbox.directory.write(Self.inner, to: "job/stack.yaml")
      try bed.up()
      let served = try inside(
        bed, "containr", "test", "stack.yaml", "--", "sh", "-c", "containr exec -T -p $CONTAINR_STACK web ls /www")
      #expect(served.code == 0 && served.output.contains("index.html"), "\(served)")
      #expect(served.errors.contains("warning[state-through-fuse]"), "\(served)")
      #expect(try inside(bed, "sh", "-c", "ps -o args | grep -c '^fuse-overlayfs'").output == "0\n")
      try inside(bed, "rm", "/dev/fuse").succeeding()
      let refused = try inside(bed, "containr", "test", "stack.yaml", "--", "true")
      #expect(refused.code == 201 && refused.errors.contains("error[state-on-overlay]"), "\(refused)")
      #expect(refused.errors.contains("/elsewhere ("), "\(refused)")
    }
  }
}

// Labels of security modules: had, or the start fails. What the kernel has on decides which of the two a test can see;
// `make test-vm` sees the other.
import ContainrOCI
import ContainrRuntime
import ContainrSecurity
import ContainrSystem
import ContainrTestSupport
import Foundation
import SystemPackage
import Testing

@Suite("Labels of security modules", needsRoot)
struct LabelTests {
  private let modules: SecurityModules

  init() throws { modules = try SecurityModules.ofHost() }

  @Test("an AppArmor profile that is not loaded, or that nothing here can apply, stops the start")
  func missingProfile() throws {
    let host = try RuntimeHost()
    let config = try host.config("a", "true") { $0.spec.process.apparmorProfile = "containr-test-no-such" }
    let error = #expect(throws: RuntimeError.self) { try host.start(config) }
    #expect(
      error?.description.contains(
        modules.hasAppArmor ? "no profile `containr-test-no-such` is loaded" : "AppArmor is not on in this kernel")
        == true)
    #expect(try host.leftovers() == [])
  }

  @Test("a container and what is run in it later have the AppArmor profile", arguments: [false, true])
  func profile(noNewPrivileges: Bool) throws {
    guard modules.hasAppArmor else { return }  // the test above says what happens then
    let host = try RuntimeHost()
    let name = "\(host.name)-\(noNewPrivileges)"
    try AppArmorPolicy.load(AppArmorParser.compile(AppArmorProfile(name: name), parser: AppArmorParser.find(for: name)))
    defer { do { try AppArmorPolicy.remove(name) } catch { Issue.record(error) } }
    let script = "cat /proc/self/attr/current; echo 1 > /proc/sys/vm/drop_caches; sleep 100"
    try host.start(
      host.config("a", script) {
        $0.spec.process.apparmorProfile = name
        $0.spec.process.noNewPrivileges = noNewPrivileges
        // Only the profile is in the way.
        $0.spec.linux.readonlyPaths = []
        $0.spec.linux.maskedPaths = []
      })
    let lines = try host.log("a", whenLines: 2)
    #expect(lines.first == "\(name) (enforce)")
    #expect(lines.last?.contains("Permission denied") == true, "\(lines)")
    var process = try host.config("b", "cat /proc/self/attr/current").spec.process
    process.noNewPrivileges = noNewPrivileges
    let result = try host.runtime.exec("a", process: process, cgroupPath: host.cgroup("a"), timeoutMilliseconds: 60_000)
    #expect(String(decoding: result.output, as: UTF8.self) == "\(name) (enforce)\n")
  }

  @Test("an SELinux context that nothing here can give stops the start")
  func missingContext() throws {
    let host = try RuntimeHost()
    let config = try host.config("a", "true") { $0.spec.process.selinuxLabel = "system_u:system_r:no_such_t:s0" }
    let error = #expect(throws: RuntimeError.self) { try host.start(config) }
    #expect(
      error?.description.contains(
        modules.hasSELinux ? "is no context of the policy that is loaded" : "SELinux is not on in this kernel") == true)
    let other = try host.config("b", "true") { $0.spec.linux.mountLabel = "system_u:object_r:no_such_t:s0" }
    #expect(throws: RuntimeError.self) { try host.start(other) }
    #expect(try host.leftovers() == [])
  }

  @Test("processes and files have their contexts, and containers cannot read each other's")
  func contexts() throws {
    guard modules.hasSELinux else { return }  // the test above says what happens then
    let host = try RuntimeHost()
    func context(_ type: String, _ role: String, _ level: String) -> String { "system_u:\(role):\(type):s0:\(level)" }
    try FileManager.default.createDirectory(atPath: host.state.string + "/volume", withIntermediateDirectories: true)
    try host.write("volume/file", "secret\n")
    try FileRelabel.apply(
      #require(SELinuxLabel(context("container_file_t", "object_r", "c1,c2"))), to: host.state.appending("volume"))
    // What is mapped is asked of the layer as well as of the overlay.
    try FileRelabel.apply(#require(SELinuxLabel("system_u:object_r:container_ro_file_t:s0")), to: host.layer)
    func config(_ id: String, _ level: String) throws -> ContainerConfig {
      try host.config(id, "cat /proc/self/attr/current; echo; cat /v/file; touch /new || echo no; echo END; sleep 100")
      {
        $0.spec.process.selinuxLabel = context("container_t", "system_r", level)
        $0.spec.linux.mountLabel = context("container_file_t", "object_r", level)
        $0.spec.mounts = [
          OCIMount(destination: "/v", type: "bind", source: host.state.string + "/volume", options: ["bind"])
        ]
      }
    }
    let pid = try host.start(try config("a", "c1,c2")).pid
    try eventually("it has written") { try host.log("a").contains("END") }
    let own = try host.log("a")
    #expect(own.contains { $0.hasPrefix(context("container_t", "system_r", "c1,c2")) }, "\(own)")
    #expect(own.contains("secret") && !own.contains("no"), "\(own)")
    for place in ["/", "/bin/busybox", "/dev/null", "/dev/shm", "/dev/mqueue", "/dev/pts"] {
      let label = try run("stat", ["--format", "%C", "/proc/\(pid)/root\(place)"]).output
      #expect(label == context("container_file_t", "object_r", "c1,c2") + "\n", "\(place)")
    }
    try host.start(try config("b", "c3,c4"))
    try eventually("it has written") { try host.log("b").contains("END") }
    let other = try host.log("b")
    #expect(!other.contains("secret"))
    #expect(other.contains { $0.contains("Permission denied") }, "\(other)")
  }
}

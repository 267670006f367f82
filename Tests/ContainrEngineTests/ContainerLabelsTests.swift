// Which labels a container gets, by what its service says and what the host has.
@testable import ContainrHost
import ContainrOCI
import ContainrRuntime
import ContainrSecurity
import SystemPackage
import Testing

@Suite("Labels of a container")
struct ContainerLabelsTests {
  private func labels(
    _ request: LabelRequest, appArmor: Bool = false, selinux: Bool = false
  ) throws -> ContainerLabels {
    let facts = LabelFacts(
      modules: SecurityModules(hasAppArmor: appArmor, hasSELinux: selinux), defaultProfile: "containr-default")
    return try facts.labels(of: request) { () in MCSCategories(number: 0) }
  }

  @Test("AppArmor: the default profile, another one, or none; nothing by default for a privileged container")
  func appArmor() throws {
    func profile(_ request: LabelRequest) throws -> String? { try labels(request, appArmor: true).appArmor }
    #expect(try profile(LabelRequest()) == "containr-default")
    #expect(try profile(LabelRequest(appArmor: "mine")) == "mine")
    #expect(try profile(LabelRequest(appArmor: "unconfined")) == "unconfined")
    #expect(try profile(LabelRequest(isPrivileged: true)) == nil)
    #expect(try profile(LabelRequest(appArmor: "mine", isPrivileged: true)) == "mine")
    #expect(throws: SecurityError.self) { try profile(LabelRequest(appArmor: "a b")) }
  }

  @Test("AppArmor: where only another one could load it, there is no default profile, and one that is asked for stays")
  func users() throws {
    let facts = LabelFacts(
      modules: SecurityModules(hasAppArmor: true, hasSELinux: false), defaultProfile: "containr-default",
      givesDefaultProfile: false)
    for asked in [nil, "mine"] {
      let labels = try facts.labels(of: LabelRequest(appArmor: asked)) { () in MCSCategories(number: 0) }
      #expect(labels.appArmor == asked)
    }
  }

  @Test("without a module nothing is given, what asks for nothing is had, and a label that is asked for is an error")
  func off() throws {
    #expect(try labels(LabelRequest()) == ContainerLabels())
    #expect(try labels(LabelRequest(appArmor: "unconfined", labels: ["disable"])) == ContainerLabels())
    for request in [
      LabelRequest(appArmor: "mine"), LabelRequest(labels: ["type:spc_t"]), LabelRequest(labels: ["nested"]),
    ] {
      let error = #expect(throws: SecurityError.self) { try labels(request) }
      #expect(error?.description.contains("is not on in this kernel") == true)
    }
    #expect(throws: SecurityError.self) { try labels(LabelRequest(labels: ["what"])) }
  }

  @Test("SELinux: contexts with categories of its own, the words' parts, or none")
  func selinux() throws {
    func process(_ request: LabelRequest) throws -> String? {
      try labels(request, selinux: true).selinux?.process.description
    }
    #expect(try process(LabelRequest()) == "system_u:system_r:container_t:s0:c0,c1")
    #expect(try process(LabelRequest(labels: ["type:spc_t"])) == "system_u:system_r:spc_t:s0:c0,c1")
    #expect(try process(LabelRequest(labels: ["level:s0:c7,c8"])) == "system_u:system_r:container_t:s0:c7,c8")
    #expect(try process(LabelRequest(labels: ["disable"])) == nil)
    #expect(try process(LabelRequest(isPrivileged: true)) == nil)
    #expect(try process(LabelRequest(labels: ["type:spc_t"], isPrivileged: true)) == "system_u:system_r:spc_t:s0:c0,c1")
  }

  @Test("the labels stand in the runtime's config; a nested container sees SELinux")
  func config() throws {
    func config(_ words: [String]) throws -> ContainerConfig {
      var spec = RuntimeSpec(process: OCIProcess(args: ["sh"]), root: OCIRoot(path: "/r"))
      spec.linux.maskedPaths = ["/proc/kcore", "/sys/fs/selinux"]
      var config = ContainerConfig(id: "a", spec: spec, logFile: "/log")
      config.setLabels(try labels(LabelRequest(labels: words), appArmor: true, selinux: true))
      return config
    }
    let plain = try config([]).spec
    #expect(plain.process.apparmorProfile == "containr-default")
    #expect(plain.process.selinuxLabel == "system_u:system_r:container_t:s0:c0,c1")
    #expect(plain.linux.mountLabel == "system_u:object_r:container_file_t:s0:c0,c1")
    #expect(plain.linux.maskedPaths.contains("/sys/fs/selinux") && plain.mounts.isEmpty)
    let nested = try config(["nested"]).spec
    #expect(nested.linux.maskedPaths == ["/proc/kcore"])
    #expect(nested.mounts.map(\.destination) == ["/sys/fs/selinux"])
  }

  @Test("each installation has a profile of its own name")
  func names() {
    var settings = HostSettings(shim: "/s", program: "/p")
    #expect(settings.defaultProfile == "containr-default")
    settings.cgroupParent = "machine/ci"
    #expect(settings.defaultProfile == "machine.ci-default")
  }
}

// Devices of this host for a container, and those of the Container Device Interface, from specifications of the test's own.
import ContainrOCI
import ContainrSpec
import ContainrTestSupport
import Foundation
import SystemPackage
import Testing

@testable import ContainrHost

@Suite("Devices of the host")
struct HardwareTests {
  let directory: ScratchDirectory
  init() throws { directory = try ScratchDirectory("cdi") }

  private func give(_ change: (inout ServicePlan) -> Void) throws -> ContainerHardware {
    var hardware = ContainerHardware()
    try CDIDevices(directories: [FilePath(directory.path)]).add(service("web", change), to: &hardware)
    return hardware
  }

  private static let vendor = """
    {
    \t"cdiVersion": "0.6.0", "kind": "vendor.com/gpu",
    \t"devices": [
    \t\t{"name": "0", "containerEdits": {"deviceNodes": [{"path": "/dev/card0", "hostPath": "/dev/null", "permissions": "rw"}]}},
    \t\t{"name": "1", "containerEdits": {"deviceNodes": [{"path": "/dev/card1", "type": "c", "major": 10, "minor": 7, "fileMode": 432, "gid": 44}]}},
    \t\t{"name": "all", "containerEdits": {"deviceNodes": [{"path": "/dev/zero"}]}}
    \t],
    \t"containerEdits": {
    \t\t"env": ["VENDOR=yes"], "additionalGids": [44],
    \t\t"mounts": [{"hostPath": "/usr/lib", "containerPath": "/usr/lib/vendor", "options": ["ro", "nosuid"]}]
    \t}
    }
    """

  @Test("a CDI device brings its nodes, variables, mounts and groups, and what all devices of its kind need, once")
  func device() throws {
    try directory.write(Self.vendor, to: "vendor.json")
    let hardware = try give {
      $0.devices = [
        DevicePlan(source: "vendor.com/gpu=0", target: ""), DevicePlan(source: "vendor.com/gpu=1", target: ""),
      ]
    }
    #expect(
      hardware.nodes.map { "\($0.path) \($0.type) \($0.major):\($0.minor)" } == [
        "/dev/card0 c 1:3", "/dev/card1 c 10:7",
      ])
    #expect(hardware.nodes[1].fileMode == 0o660 && hardware.nodes[1].gid == 44)
    #expect(
      hardware.rules.map { "\($0.type) \($0.major ?? 0):\($0.minor ?? 0) \($0.access)" } == ["c 1:3 rw", "c 10:7 rwm"])
    #expect(hardware.environment == ["VENDOR=yes"] && hardware.groups == [44])
    #expect(
      hardware.mounts == [
        OCIMount(destination: "/usr/lib/vendor", type: "bind", source: "/usr/lib", options: ["rbind", "ro", "nosuid"])
      ])
  }

  @Test("gpus: all of them, so many, or these")
  func requests() throws {
    try directory.write(Self.vendor, to: "vendor.json")
    func paths(_ request: DeviceRequestPlan) throws -> [String] {
      try give { $0.deviceRequests = [request] }.nodes.map(\.path)
    }
    #expect(try paths(DeviceRequestPlan(count: -1, capabilities: ["gpu"])) == ["/dev/zero"])
    #expect(try paths(DeviceRequestPlan(count: 2, capabilities: ["gpu"])) == ["/dev/card0", "/dev/card1"])
    #expect(
      try paths(DeviceRequestPlan(driver: "vendor", count: nil, ids: ["1"], capabilities: ["gpu"])) == ["/dev/card1"])
    #expect(try paths(DeviceRequestPlan(driver: "cdi", count: nil, ids: ["vendor.com/gpu=0"])) == ["/dev/card0"])
    for (request, words) in [
      (DeviceRequestPlan(count: 3, capabilities: ["gpu"]), "3 GPUs are asked for, and there are 2"),
      (DeviceRequestPlan(driver: "nvidia", count: -1, capabilities: ["gpu"]), "describes a GPU of nvidia"),
      (DeviceRequestPlan(count: -1, capabilities: ["tpu"]), "capability 'tpu'"),
      (DeviceRequestPlan(count: nil, ids: ["9"], capabilities: ["gpu"]), "vendor.com/gpu=0, vendor.com/gpu=1"),
    ] {
      let error = #expect(throws: HardwareError.self) { try give { $0.deviceRequests = [request] } }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
  }

  @Test("CVE-2025-23266, 2024-0132: a hook of a specification is not run, and a device that needs one is not given")
  func hooks() throws {
    try directory.write(
      """
      cdiVersion: 0.5.0
      kind: nvidia.com/gpu
      devices:
        - name: all
          containerEdits:
            hooks: [{hookName: createContainer, path: /usr/bin/nvidia-ctk}]
        - name: net
          containerEdits: {netDevices: [{hostInterfaceName: eth9}]}
      """, to: "nvidia.yaml")
    for (name, words) in [("all", "the hook /usr/bin/nvidia-ctk ("), ("net", "'netDevices' (")] {
      let error = #expect(throws: HardwareError.self) {
        try give { $0.devices = [DevicePlan(source: "nvidia.com/gpu=\(name)", target: "")] }
      }
      #expect(
        error?.description.contains(words) == true && error?.description.contains("nvidia.yaml:") == true,
        "\(String(describing: error))")
    }
  }

  @Test(
    "a specification that is wrong is told with its place when a device is not found",
    arguments: [
      ("{", "broken.json:"), ("[]", "broken.json:1:1: an object is expected"),
      ("{\"kind\": \"x\"}", "broken.json:1:10: 'kind' must be"),
      ("{\"kind\": \"a/b\", \"devices\": [{\"containerEdits\": {}}]}", "'name' is missing"),
      (
        "{\"kind\": \"a/b\", \"devices\": [{\"name\": \"x\", \"containerEdits\": {\"deviceNodes\": [{\"path\": \"dev/x\"}]}}]}",
        "is not an absolute path"
      ),
      ("{\"kind\": \"a/b\", \"things\": []}", "unknown key 'things'"),
    ])
  func broken(text: String, words: String) throws {
    try directory.write(text, to: "broken.json")
    let error = #expect(throws: HardwareError.self) {
      try give { $0.devices = [DevicePlan(source: "a/b=x", target: "")] }
    }
    #expect(error?.description.contains("unreadable: ") == true, "\(String(describing: error))")
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    #expect(error?.field == "devices.a/b=x")
  }

  @Test("a device of the host: itself, through a link, all of a directory; what is none is told")
  func nodes() throws {
    symlink("/dev/zero", directory.path + "/link")
    func of(_ source: String, _ target: String = "/dev/x") throws -> ContainerHardware {
      try Hardware.of(service("web") { $0.devices = [DevicePlan(source: source, target: target, permissions: "r")] })
    }
    let null = try of("/dev/null")
    #expect(null.nodes.map { "\($0.path) \($0.major):\($0.minor)" } == ["/dev/x 1:3"])
    #expect(null.rules == [OCIDeviceRule(allow: true, type: "c", major: 1, minor: 3, access: "r")])
    #expect(try of(directory.path + "/link").nodes.first?.minor == 5)
    #expect(try of("/dev", "/host").nodes.contains { $0.path == "/host/null" })
    for (path, words) in [
      ("/dev/no-such", "does not exist"), ("/etc/passwd", "is neither a device nor"), (directory.path, "is neither"),
    ] {
      let error = #expect(throws: HardwareError.self) { try of(path) }
      #expect(error?.description.contains(words) == true)
      #expect(error?.field == "devices./dev/x")
    }
  }

  @Test("privileged: the host's nodes but its terminals")
  func privileged() throws {
    let hardware = try Hardware.of(
      service("web") {
        $0.security = SecurityPlan()
        $0.security?.privileged = true
      })
    #expect(hardware.nodes.contains { $0.path == "/dev/null" })
    #expect(
      !hardware.nodes.contains { $0.path.hasPrefix("/dev/pts") || $0.path == "/dev/console" || $0.path == "/dev/ptmx" })
    #expect(hardware.rules == [OCIDeviceRule(allow: true)])
  }
}

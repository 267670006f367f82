import ContainrOCI
import Testing

@testable import ContainrSecurity

@Suite struct CapabilityTests {
  @Test("there are 41 capabilities, each found by its name in any spelling")
  func table() {
    #expect(Capability.allCases.count == 41)
    #expect(Capability.sysAdmin.rawValue == 21)
    #expect(Capability.checkpointRestore.rawValue == 40)
    for capability in Capability.allCases {
      #expect(Capability(name: capability.name) == capability)
      #expect(Capability(name: capability.name.dropFirst(4).lowercased()) == capability)
    }
    #expect(Capability(name: "NET") == nil)
    #expect(Capability.sysTtyConfig.name == "CAP_SYS_TTY_CONFIG")
  }

  @Test("the default is Docker's mask")
  func dockerMask() { #expect(CapabilityDefaults.docker14.rawValue == 0xA804_25FB) }

  struct Request: Sendable {
    var add: [String] = []
    var drop: [String] = []
    var mask: UInt64
  }

  @Test(
    "cap_drop comes before cap_add, and ALL means all",
    arguments: [
      Request(add: ["NET_ADMIN"], drop: ["NET_RAW"], mask: 0xA804_15FB), Request(drop: ["ALL"], mask: 0),
      Request(add: ["CHOWN"], drop: ["all"], mask: 1), Request(add: ["CAP_KILL"], drop: ["KILL"], mask: 0xA804_25FB),
      Request(add: ["ALL"], mask: 0x1FF_FFFF_FFFF), Request(add: ["ALL"], drop: ["SYS_ADMIN"], mask: 0x1FF_FFDF_FFFF),
      Request(add: ["ALL"], drop: ["ALL"], mask: 0x1FF_FFFF_FFFF),
    ])
  func compose(request: Request) throws {
    let result = try CapabilityDefaults.capabilities(add: request.add, drop: request.drop)
    #expect(try CapabilitySet(names: result.bounding).rawValue == request.mask)
    #expect(result.permitted == result.bounding && result.effective == result.bounding)
    #expect(result.inheritable.isEmpty && result.ambient.isEmpty)
  }

  @Test("an unknown capability is an error that names it")
  func unknown() {
    #expect(throws: SecurityError(field: "cap_add", value: "FLY", reason: "no such capability")) {
      try CapabilityDefaults.capabilities(add: ["FLY"], drop: [])
    }
    #expect(throws: SecurityError.self) { try CapabilityDefaults.capabilities(add: [], drop: ["CAP_SWIM"]) }
  }

  @Test("what this process does not hold it cannot give by name, and ALL leaves it out")
  func available() throws {
    let held = CapabilitySet.all.subtracting(CapabilitySet([.sysResource]))
    #expect(throws: SecurityError.self) {
      try CapabilityDefaults.capabilities(add: ["SYS_RESOURCE"], drop: [], available: held)
    }
    let all = try CapabilityDefaults.capabilities(add: ["ALL"], drop: [], available: held)
    #expect(try CapabilitySet(names: all.bounding) == held)
  }
}

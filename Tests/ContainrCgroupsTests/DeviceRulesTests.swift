// Device rules folded, and the program that v2 needs, run by a machine for the few instructions it uses.
import ContainrOCI
import Testing

@testable import ContainrCgroups

/// What the program answers for an access: `c`/`b`, numbers, `rwm`.
private func allows(_ program: [UInt64], _ type: String, _ major: UInt32, _ minor: UInt32, _ access: String) -> Bool? {
  let bits = access.reduce(UInt32(0)) { $0 | ($1 == "m" ? 1 : $1 == "r" ? 2 : 4) }
  let context = [bits << 16 | (type == "b" ? 1 : 2), major, minor]
  var registers = [UInt64](repeating: 0, count: 11)
  var at = 0
  while at < program.count {
    let word = program[at]
    let (to, from) = (Int(word >> 8 & 15), Int(word >> 12 & 15))
    let offset = Int(Int16(bitPattern: UInt16(truncatingIfNeeded: word >> 16)))
    let value = UInt64(word >> 32)
    at += 1
    switch word & 0xFF {
    case 0x61: registers[to] = UInt64(context[offset / 4])
    case 0xBC: registers[to] = registers[from] & 0xFFFF_FFFF
    case 0x54: registers[to] &= value
    case 0x74: registers[to] >>= value
    case 0x15: at += registers[to] == value ? offset : 0
    case 0x55: at += registers[to] != value ? offset : 0
    case 0x5D: at += registers[to] != registers[from] ? offset : 0
    case 0xB7: registers[to] = value
    case 0x95: return registers[0] == 1
    default: return nil
    }
  }
  return nil
}

@Suite struct DeviceRulesTests {
  @Test("the default rules become a program that allows the standard nodes, wholly, and nothing else")
  func defaults() throws {
    let program = V2Devices.program(try DevicePolicy(OCIDeviceRule.containerDefaults))
    for (major, minor) in [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2), (136, 0), (136, 99)] {
      #expect(allows(program, "c", UInt32(major), UInt32(minor), "rwm") == true)
      #expect(allows(program, "b", UInt32(major), UInt32(minor), "r") == false)
    }
    for (major, minor) in [(1, 1), (1, 2), (1, 4), (1, 11), (10, 200), (10, 229), (254, 0), (137, 0), (5, 3)] {
      for access in ["r", "w", "m"] { #expect(allows(program, "c", UInt32(major), UInt32(minor), access) == false) }
    }
    #expect(allows(program, "b", 254, 0, "m") == false)
  }

  @Test("an allowed device must cover the whole access; a denied one touches any part")
  func partial() throws {
    let readOnly = [OCIDeviceRule(allow: false), OCIDeviceRule(allow: true, type: "b", major: 8, access: "r")]
    let allowing = V2Devices.program(try DevicePolicy(readOnly))
    #expect(allows(allowing, "b", 8, 5, "r") == true && allows(allowing, "b", 8, 5, "rw") == false)
    let denying = V2Devices.program(
      try DevicePolicy([OCIDeviceRule(allow: false, type: "c", major: 1, minor: 3, access: "w")]))
    #expect(allows(denying, "c", 1, 3, "r") == true && allows(denying, "c", 1, 3, "rw") == false)
    #expect(allows(denying, "c", 1, 4, "rw") == true)
  }

  @Test("rules fold in order: the last that matters decides")
  func folding() throws {
    let rules = [
      OCIDeviceRule(allow: true, type: "c", major: 9, minor: 9),
      OCIDeviceRule(allow: false),
      OCIDeviceRule(allow: true, type: "c", major: 1, minor: 3, access: "r"),
      OCIDeviceRule(allow: true, type: "c", major: 1, minor: 3, access: "mw"),
      OCIDeviceRule(allow: false, type: "c", major: 1, minor: 3, access: "m"),
      OCIDeviceRule(allow: true, type: "b"),
      OCIDeviceRule(allow: false, type: "b"),
    ]
    #expect(try DevicePolicy(rules).list == ["c 1:3 rw"])
    #expect(try DevicePolicy([]).list == ["a *:* rwm"])
  }

  @Test("the first instructions are struct bpf_insn as the kernel reads them")
  func golden() throws {
    let program = V2Devices.program(try DevicePolicy([OCIDeviceRule(allow: false)]))
    #expect(
      program.map { String($0, radix: 16) } == [
        "1261", "23bc", "ffff00000254", "1000000374", "41461", "81561", "b7", "95",
      ])
  }
}

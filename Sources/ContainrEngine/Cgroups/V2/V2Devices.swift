// Device rules on v2: a program of type CGROUP_DEVICE, attached to the cgroup. The generator is pure.
// Source: include/uapi/linux/bpf.h, struct bpf_cgroup_dev_ctx {access << 16 | type, major, minor}.
internal import ContainrOCI
internal import ContainrSystem
internal import SystemPackage

enum V2Devices {
  /// Attaches the rules; attaching again replaces the program in one step. No rules: nothing is attached.
  static func apply(_ rules: [OCIDeviceRule], to directory: FilePath) throws(CgroupError) {
    if rules.isEmpty { return }
    let program = program(try DevicePolicy(rules))
    try attempting("devices") { () throws(SyscallError) in
      let cgroup = try Kernel.open(directory, [.readOnly, .directory])
      try Kernel.attachDeviceProgram(program, cgroup: cgroup.raw)
    }
  }

  /// The difference between the rules and the attached program; nil if it is theirs.
  static func drift(_ rules: [OCIDeviceRule], in directory: FilePath) throws(CgroupError) -> CgroupDifference? {
    let program = program(try DevicePolicy(rules))
    let (expected, found) = try attempting("devices") { () throws(SyscallError) in
      let cgroup = try Kernel.open(directory, [.readOnly, .directory])
      return (try Kernel.deviceProgramTag(of: program), try Kernel.deviceProgramTag(cgroup: cgroup.raw))
    }
    if found == expected { return nil }
    return CgroupDifference(
      field: "devices", expected: "program \(String(expected, radix: 16))",
      found: found.map { "program \(String($0, radix: 16))" } ?? "no program", file: directory)
  }

  /// The instructions, struct bpf_insn each. Returns 1 to allow, 0 to deny.
  static func program(_ policy: DevicePolicy) -> [UInt64] {
    var code: [UInt64] = [
      instruction(0x61, to: 2, from: 1, offset: 0),  // r2 = access << 16 | type
      instruction(0xBC, to: 3, from: 2),  // w3 = w2
      instruction(0x54, to: 2, value: 0xFFFF),  // w2 &= 0xffff: the type
      instruction(0x74, to: 3, value: 16),  // w3 >>= 16: the access
      instruction(0x61, to: 4, from: 1, offset: 4),  // r4 = major
      instruction(0x61, to: 5, from: 1, offset: 8),  // r5 = minor
    ]
    for (device, access) in policy.exceptions {
      let mask = access.reduce(UInt32(0)) { $0 | ($1 == "m" ? 1 : $1 == "r" ? 2 : 4) }
      // An allowed device must cover the whole access, a denied one touches any part of it.
      var verdict = [instruction(0xBC, to: 6, from: 3), instruction(0x54, to: 6, value: mask)]
      verdict.append(
        policy.allowsByDefault ? instruction(0x15, to: 6, offset: 2) : instruction(0x5D, to: 6, from: 3, offset: 2))
      verdict += [instruction(0xB7, to: 0, value: policy.allowsByDefault ? 0 : 1), instruction(0x95)]
      var tests: [(register: UInt8, value: UInt32)] = [(2, device.type == "b" ? 1 : 2)]
      if let major = device.major { tests.append((4, major)) }
      if let minor = device.minor { tests.append((5, minor)) }
      for (index, test) in tests.enumerated() {
        let offset = Int16(tests.count - index - 1 + verdict.count)
        code.append(instruction(0x55, to: test.register, offset: offset, value: test.value))  // not this one: onwards
      }
      code += verdict
    }
    return code + [instruction(0xB7, to: 0, value: policy.allowsByDefault ? 1 : 0), instruction(0x95)]
  }

  private static func instruction(
    _ opcode: UInt8, to: UInt8 = 0, from: UInt8 = 0, offset: Int16 = 0, value: UInt32 = 0
  ) -> UInt64 {
    UInt64(opcode) | UInt64(to | from << 4) << 8 | UInt64(UInt16(bitPattern: offset)) << 16 | UInt64(value) << 32
  }
}

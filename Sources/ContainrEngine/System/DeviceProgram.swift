// bpf(2), as far as device rules of cgroup v2 need it.
internal import CContainrLinux

extension Kernel {
  /// Loads a CGROUP_DEVICE program (struct bpf_insn each) and attaches it to the cgroup, in place of one attached
  /// before. The cgroup keeps it.
  public static func attachDeviceProgram(_ instructions: [UInt64], cgroup: CInt) throws(SyscallError) {
    let program = OwnedFD(
      taking: try check(cl_bpf_load_cgroup_device(instructions, instructions.count), "bpf(PROG_LOAD)"))
    try check(cl_bpf_attach_cgroup_device(cgroup, program.raw), "bpf(PROG_ATTACH)")
  }

  /// The tag that the kernel gives to a program, found by loading it.
  public static func deviceProgramTag(of instructions: [UInt64]) throws(SyscallError) -> UInt64 {
    let program = OwnedFD(
      taking: try check(cl_bpf_load_cgroup_device(instructions, instructions.count), "bpf(PROG_LOAD)"))
    var tag: UInt64 = 0
    try check(cl_bpf_tag(program.raw, &tag), "bpf(OBJ_GET_INFO_BY_FD)")
    return tag
  }

  /// The tag of the cgroup's own device program; nil if there is none. Equal instructions have equal tags.
  public static func deviceProgramTag(cgroup: CInt) throws(SyscallError) -> UInt64? {
    var tag: UInt64 = 0
    return try check(cl_bpf_cgroup_device_tag(cgroup, &tag), "bpf(PROG_QUERY)") == 0 ? nil : tag
  }
}

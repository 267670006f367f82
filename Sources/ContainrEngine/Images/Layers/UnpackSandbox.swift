// The walls around the unpacking process. They stand before the first byte of the archive is read, and any that
// cannot be built is an error; only Landlock is left out where the kernel has none.
internal import CContainrLinux
internal import ContainrSystem
internal import SystemPackage

/// Confines the calling, single-threaded process to one directory for good.
struct UnpackSandbox {
  /// The directory that becomes the whole world; borrowed.
  let directory: CInt
  let limits: UnpackLimits

  func enter() throws(SyscallError) {
    // Threads would stay outside of everything that follows. The kernel counts 2 links and one a thread.
    if try Kernel.status(of: "/proc/self/task").links != 3 {
      throw SyscallError(errno: 16, operation: "unpack-layer", detail: "the process has threads already")
    }
    try setLimits()
    _ = cl_umask(0)  // modes are the archive's
    try check(cl_prctl(38, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")  // also what Landlock and seccomp ask for
    try check(cl_prctl(4, 0, 0, 0, 0), "prctl(PR_SET_DUMPABLE)")
    try check(cl_unshare(0x4000_0000 | 0x0800_0000), "unshare(CLONE_NEWNET | CLONE_NEWIPC)")
    try restrictFiles()
    try check(cl_fchdir(directory), "fchdir")
    try check(cl_chroot("."), "chroot", detail: "for unpack-layer")
    try dropCapabilities()
    try filterSyscalls()
  }

  private func setLimits() throws(SyscallError) {
    let wanted: [(name: String, resource: CInt, value: UInt64)] = [
      ("RLIMIT_FSIZE", 1, UInt64(limits.fileBytes)), ("RLIMIT_AS", 9, limits.addressSpace),
      ("RLIMIT_CPU", 0, limits.cpuSeconds), ("RLIMIT_CORE", 4, 0), ("RLIMIT_NOFILE", 7, 64),
    ]
    for limit in wanted {
      // A lower limit that we were started with stays.
      var soft: UInt64 = 0
      var hard: UInt64 = 0
      try check(cl_getrlimit(limit.resource, &soft, &hard), "getrlimit(\(limit.name))")
      let value = min(limit.value, hard)
      try check(cl_setrlimit(limit.resource, value, value), "setrlimit(\(limit.name))")
    }
    try check(cl_ignore_signal(25), "sigaction(SIGXFSZ)")  // EFBIG instead of death
    try check(cl_ignore_signal(13), "sigaction(SIGPIPE)")
  }

  /// Landlock: everything below the directory, execution excepted; nothing elsewhere, and no TCP.
  private func restrictFiles() throws(SyscallError) {
    let abi = cl_landlock_abi()
    if abi == -38 || abi == -95 { return }  // ENOSYS, EOPNOTSUPP: chroot, openat2 and seccomp stand without it
    try check(abi, "landlock_create_ruleset")
    // 13 rights in ABI 1; REFER came with 2, TRUNCATE with 3, IOCTL_DEV with 5.
    let bits = abi >= 5 ? 16 : abi >= 3 ? 15 : abi >= 2 ? 14 : 13
    let all = UInt64(1) << bits - 1
    let ruleset = OwnedFD(taking: try check(cl_landlock_ruleset(all, 3, abi), "landlock_create_ruleset"))
    let execute: UInt64 = 1
    let deviceControl: UInt64 = 1 << 15
    try check(
      cl_landlock_allow_beneath(ruleset.raw, directory, all & ~execute & ~deviceControl), "landlock_add_rule")
    try check(cl_landlock_restrict_self(ruleset.raw), "landlock_restrict_self")
  }

  /// CHOWN, DAC_OVERRIDE, FOWNER, FSETID, SYS_ADMIN (trusted.overlay.opaque), MKNOD, SETFCAP: what a layer needs.
  private func dropCapabilities() throws(SyscallError) {
    let kept = [0, 1, 3, 4, 21, 27, 31].reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
    try check(cl_capset(kept, kept, 0), "capset")
  }

  /// An allow-list; everything else is EPERM. Other architectures' calls (int 0x80) kill the process.
  private func filterSyscalls() throws(SyscallError) {
    var numbers = [UInt32](repeating: 0, count: 128)
    let count = cl_unpacker_syscalls(&numbers, numbers.count)
    try Self.install(Array(numbers.prefix(count)))
  }

  /// Lets this process make these calls from here on, and no others.
  static func install(_ numbers: [UInt32]) throws(SyscallError) {
    let architecture = cl_audit_arch()
    if architecture == 0 { throw SyscallError(errno: 38, operation: "seccomp", detail: "unknown architecture") }
    let program = Self.program(allowing: numbers, architecture: architecture)
    try check(
      program.withUnsafeBytes { cl_seccomp_filter($0.baseAddress!, $0.count, 0) }, "seccomp(SET_MODE_FILTER)")
  }

  /// One instruction of classic BPF, laid out as struct sock_filter.
  struct Instruction: Hashable {
    var code: UInt16
    var ifTrue: UInt8 = 0
    var ifFalse: UInt8 = 0
    var value: UInt32
  }

  static func program(allowing numbers: [UInt32], architecture: UInt32) -> [Instruction] {
    let load: UInt16 = 0x20  // BPF_LD | BPF_W | BPF_ABS
    let equal: UInt16 = 0x15  // BPF_JMP | BPF_JEQ | BPF_K
    let ret: UInt16 = 0x06  // BPF_RET | BPF_K
    var program = [
      Instruction(code: load, value: 4),
      Instruction(code: equal, ifTrue: 1, value: architecture),
      Instruction(code: ret, value: 0x8000_0000),  // SECCOMP_RET_KILL_PROCESS
      Instruction(code: load, value: 0),
    ]
    for number in numbers {
      program.append(Instruction(code: equal, ifFalse: 1, value: number))
      program.append(Instruction(code: ret, value: 0x7fff_0000))  // SECCOMP_RET_ALLOW
    }
    program.append(Instruction(code: ret, value: 0x0005_0001))  // SECCOMP_RET_ERRNO | EPERM
    return program
  }
}

// Names of system calls to numbers, by architecture: libseccomp's tables, and the numbers that it has not or hides.
internal import CSeccomp
internal import Glibc

/// An architecture that a container's programs may be built for.
struct FilterArchitecture: Sendable, Hashable {
  /// libseccomp's SCMP_ARCH_…, which is the kernel's AUDIT_ARCH_….
  var token: UInt32
  /// Numbers that libseccomp folds into socketcall and ipc (i386), or that exist on this architecture only.
  var own: [String: UInt32]

  /// The native one, then its 32-bit companion. x32, which no image uses, is not among them: ENOSYS, as on the kernels
  /// that are built without it.
  static let all: [FilterArchitecture] = {
    #if arch(x86_64)
      [
        FilterArchitecture(token: 0xC000_003E, own: ["uretprobe": 335]),
        FilterArchitecture(token: 0x4000_0003, own: SyscallTable.directOnI386),
      ]
    #elseif arch(arm64)
      [
        FilterArchitecture(token: 0xC000_00B7, own: [:]),
        FilterArchitecture(token: 0x4000_0028, own: [:]),
      ]
    #else
      #error("no system call numbers for this architecture")
    #endif
  }()
}

enum SyscallTable {
  enum Number: Sendable, Hashable {
    case number(UInt32)
    /// A call of other architectures.
    case absent
    /// No name that anybody knows.
    case unknown
  }

  /// The number of a name.
  static func number(of name: String, on architecture: FilterArchitecture) -> Number {
    if let own = architecture.own[name] { return .number(own) }
    let found = seccomp_syscall_resolve_name_arch(architecture.token, name)
    if found >= 0 { return .number(UInt32(found)) }
    if let common = since424[name] { return .number(common) }
    // -1 is "no such name"; other negative numbers stand for calls that this architecture lacks.
    if found != -1 { return .absent }
    return FilterArchitecture.all.contains { $0.own[name] != nil } ? .absent : .unknown
  }

  /// libseccomp's name of a number; nil if it has none.
  static func name(of number: UInt32, on architecture: FilterArchitecture) -> String? {
    guard let text = seccomp_syscall_resolve_num_arch(architecture.token, CInt(number)) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }

  /// Whether libseccomp has never heard of a name, on any architecture.
  static func isUnknownToLibrary(_ name: String) -> Bool {
    FilterArchitecture.all.allSatisfy { seccomp_syscall_resolve_name_arch($0.token, name) == -1 }
  }

  /// From 424 on all architectures share their numbers: so the profile does not depend on libseccomp's age.
  static let since424: [String: UInt32] = numbered(
    424,
    """
    pidfd_send_signal io_uring_setup io_uring_enter io_uring_register open_tree move_mount fsopen fsconfig fsmount
    fspick pidfd_open clone3 close_range openat2 pidfd_getfd faccessat2 process_madvise epoll_pwait2 mount_setattr
    quotactl_fd landlock_create_ruleset landlock_add_rule landlock_restrict_self memfd_secret process_mrelease
    futex_waitv set_mempolicy_home_node cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue
    statmount listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat listxattrat
    removexattrat
    """)

  /// i386's own calls for what socketcall and ipc do: libseccomp answers these names with pseudo numbers.
  static let directOnI386: [String: UInt32] =
    numbered(
      359,
      """
      socket socketpair bind connect listen accept4 getsockopt setsockopt getsockname getpeername sendto sendmsg recvfrom
      recvmsg shutdown
      """
    ).merging(numbered(393, "semget semctl shmget shmctl shmat shmdt msgget msgsnd msgrcv msgctl")) { first, _ in first
    }

  private static func numbered(_ first: UInt32, _ names: String) -> [String: UInt32] {
    let list = names.split { $0 == " " || $0 == "\n" }.enumerated()
    return Dictionary(uniqueKeysWithValues: list.map { (String($1), first + UInt32($0)) })
  }
}

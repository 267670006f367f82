// The system calls that are known and not open to every container: bound to a capability, to arguments, or to nothing.
// Values. What is in no list here nor in AllowedSyscalls is unknown, and answered with ENOSYS.

enum RestrictedSyscalls {
  /// Allowed to containers that have the capability in their bounding set.
  static let byCapability: [(capability: String, names: [String])] = [
    (
      "CAP_SYS_ADMIN",
      [
        "bpf", "clone", "clone3", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick", "lookup_dcookie",
        "lsm_get_self_attr", "lsm_list_modules", "lsm_set_self_attr", "mount", "mount_setattr", "move_mount",
        "open_tree", "perf_event_open", "quotactl", "quotactl_fd", "setdomainname", "sethostname", "setns", "syslog",
        "umount", "umount2", "unshare",
      ]
    ),
    ("CAP_DAC_READ_SEARCH", ["open_by_handle_at"]),
    ("CAP_SYS_BOOT", ["reboot"]),
    ("CAP_SYS_CHROOT", ["chroot"]),
    ("CAP_SYS_MODULE", ["delete_module", "finit_module", "init_module"]),
    ("CAP_SYS_PACCT", ["acct"]),
    ("CAP_SYS_PTRACE", ["kcmp", "pidfd_getfd", "process_madvise"]),
    ("CAP_SYS_RAWIO", ["ioperm", "iopl"]),
    ("CAP_SYS_TIME", ["clock_settime", "clock_settime64", "settimeofday", "stime"]),
    ("CAP_SYS_TTY_CONFIG", ["vhangup"]),
    ("CAP_SYS_NICE", ["get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node"]),
    ("CAP_SYSLOG", ["syslog"]),
    ("CAP_BPF", ["bpf"]),
    ("CAP_PERFMON", ["perf_event_open"]),
  ]

  /// Denied with EPERM whatever the capabilities. The keyrings are shared with the host by uid; io_uring passes by
  /// every filter; the rest is history.
  static let never: [String] = [
    "add_key", "keyctl", "request_key",
    "io_uring_enter", "io_uring_register", "io_uring_setup", "userfaultfd",
    "kexec_file_load", "kexec_load", "migrate_pages", "move_pages", "nfsservctl", "pivot_root", "swapoff", "swapon",
    "_sysctl", "afs_syscall", "bdflush", "break", "create_module", "ftime", "get_kernel_syms", "getpmsg", "gtty",
    "idle",
    "lock", "mpx", "nice", "oldfstat", "oldlstat", "oldolduname", "oldstat", "olduname", "prof", "profil", "putpmsg",
    "query_module", "readdir", "security", "sgetmask", "sigaction", "signal", "sigpending", "sigsuspend", "ssetmask",
    "stty", "sysfs", "tuxcall", "ulimit", "uselib", "ustat", "vm86", "vm86old", "vserver",
  ]

  /// CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}.
  static let namespaceFlags: UInt32 = 0x7E02_0000

  /// Allowed as far as the arguments go. The kernel takes each of these arguments as 32 bits, so only those are
  /// looked at: with 64 compared, `socket(0x100000028)` would be a family that no rule knows, and still vsock.
  static let byArgument: [(name: String, check: ArgumentCheck)] = [
    // AF_ALG (CVE-2026-31431) and AF_VSOCK (the hypervisor's and the host's agents).
    ("socket", ArgumentCheck(argument: 0, .noneOf([38, 40]))),
    // i386's way around the line above: SYS_SOCKET and SYS_SOCKETPAIR, whose arguments a filter cannot see.
    ("socketcall", ArgumentCheck(argument: 0, .noneOf([1, 8]))),
    // Linux, PER_LINUX32, UNAME26 of both, and the query.
    ("personality", ArgumentCheck(argument: 0, .oneOf([0, 8, 0x20000, 0x20008, 0xFFFF_FFFF]))),
    // TIOCSTI and TIOCLINUX type into the terminal of whoever started the container.
    ("ioctl", ArgumentCheck(argument: 1, .noneOf([0x5412, 0x541C]))),
  ]
}

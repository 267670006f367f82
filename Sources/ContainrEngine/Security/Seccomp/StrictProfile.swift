// The strict profile: the default one less what no common server needs. Values and the rules that follow from them.
public import ContainrOCI

enum StrictProfile {
  /// Raised when the rules change: a part of the cache key.
  static let version = 1

  /// Calls of the default profile that are denied, and why; with the capability that gives them back, if `cap_add` names it.
  static let denied: [(names: [String], capability: String?, why: String)] = [
    (["chroot"], "CAP_SYS_CHROOT", "a second root is a way to confuse path checks"),
    (
      ["ptrace", "process_vm_readv", "process_vm_writev"], "CAP_SYS_PTRACE",
      "processes of one user could read and change each other"
    ),
    (["adjtimex", "clock_adjtime", "clock_adjtime64"], "CAP_SYS_TIME", "the clock is the host's"),
    (["fanotify_mark", "name_to_handle_at"], "CAP_DAC_READ_SEARCH", "file handles are a way around paths"),
    (["modify_ldt", "get_thread_area", "set_thread_area"], nil, "segments of 16- and 32-bit programs"),
    (["epoll_ctl_old", "epoll_wait_old", "remap_file_pages", "ipc", "socketcall"], nil, "history"),
    (["io_pgetevents_time64"], nil, "no C library of a 64-bit program calls it"),
    (["listmount", "statmount"], nil, "tells of mounts"),
    (["map_shadow_stack", "uretprobe"], nil, "for the kernel's and the C library's own use"),
    (["memfd_secret"], nil, "memory that nobody can look at"),
    (["process_mrelease"], nil, "for killers of processes"),
    (["vmsplice"], nil, "was the way into the page cache more than once"),
  ]

  /// Kinds of files that mknod may make: none given, regular, fifo, socket. Devices need CAP_MKNOD from `cap_add`.
  static let fileKinds: [UInt32] = [0, 0o100000, 0o010000, 0o140000]

  /// The verdicts by name for these capabilities, which are those in force.
  static func verdicts(capabilities: [String]) -> [String: Verdict] {
    var verdicts = SeccompProfile.verdicts(capabilities: capabilities)
    for entry in denied where entry.capability.map({ !capabilities.contains($0) }) ?? true {
      for name in entry.names { verdicts[name] = .denied }
    }
    if !capabilities.contains("CAP_MKNOD") {
      let kinds = fileKinds.map { Verdict.Choice($0, .allow) }
      verdicts["mknod"] = .choose(argument: 1, mask: 0o170000, kinds, otherwise: .denied)
      verdicts["mknodat"] = .choose(argument: 2, mask: 0o170000, kinds, otherwise: .denied)
    }
    verdicts["socket"] = socket(capabilities)
    // Linux and the query.
    verdicts["personality"] = .allowIf(ArgumentCheck(argument: 0, .oneOf([0, 0xFFFF_FFFF])))
    return verdicts
  }

  /// AF_UNIX, AF_INET, AF_INET6, and of AF_NETLINK routes alone. libaudit takes EINVAL for a kernel without auditing;
  /// with EPERM useradd gives up.
  private static func socket(_ capabilities: [String]) -> Verdict {
    let netlink = Verdict.choose(
      argument: 2, [.init(0, .allow), .init(9, .errno(22))], otherwise: .denied)
    var families: [Verdict.Choice] = [.init(1, .allow), .init(2, .allow), .init(10, .allow), .init(16, netlink)]
    if capabilities.contains("CAP_NET_RAW") { families.append(.init(17, .allow)) }
    return .choose(argument: 0, families, otherwise: .denied)
  }
}

extension SeccompProfile {
  /// The strict filter for a container with these capabilities in force. Programs of another architecture are killed.
  public static func strictProgram(capabilities: OCICapabilities) throws(SeccompError) -> [UInt8] {
    let verdicts = StrictProfile.verdicts(capabilities: capabilities.permitted)
    let sections = try sections(verdicts, on: [FilterArchitecture.all[0]])
    return FilterAssembler.program(sections).flatMap(\.bytes)
  }

  /// Names the strict program without compiling it.
  public static func strictCacheKey(capabilities: OCICapabilities) -> String {
    let names = RestrictedSyscalls.byCapability.map(\.capability) + StrictProfile.denied.compactMap(\.capability)
    let held = (names + ["CAP_MKNOD", "CAP_NET_RAW"]).map { capabilities.permitted.contains($0) ? "1" : "0" }
    return "strict-\(StrictProfile.version)-\(held.joined())"
  }
}

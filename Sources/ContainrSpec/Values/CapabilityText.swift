// The kernel's capabilities by name (capabilities(7), Linux 5.9 and later).

enum CapabilityText {
  static let names = [
    "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN", "DAC_OVERRIDE",
    "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN",
    "MAC_OVERRIDE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "PERFMON", "SETFCAP",
    "SETGID",
    "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT",
    "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM",
  ]

  /// The name without `CAP_` in upper case, or `ALL`.
  static func name(_ text: String) throws(ValueProblem) -> String {
    let upper = text.uppercased()
    let short = upper.hasPrefix("CAP_") ? String(upper.dropFirst(4)) : upper
    if short == "ALL" || names.contains(short) { return short }
    let near = NearestName.suggestion(for: short, among: names)
    throw ValueProblem(
      .capability, "unknown capability \(DisplayText.quote(text))",
      help: near.map { "did you mean '\($0)'?" } ?? "write a name of capabilities(7), such as NET_ADMIN",
      better: .init(short, near, whole: text))
  }
}

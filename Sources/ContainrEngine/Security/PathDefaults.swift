// Which paths of /proc and /sys a container may not see, or not write. Values; a path that the kernel lacks is no error.

/// Paths covered by /dev/null or an empty read-only directory.
public enum MaskedPaths {
  /// Docker 29's, then what no program of the common images reads.
  public static let defaults: [String] = [
    "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
    "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap",
    "/sys/firmware",
    "/proc/key-users", "/proc/slabinfo", "/proc/vmallocinfo", "/proc/kpagecount", "/proc/kpageflags",
    "/proc/kpagecgroup", "/proc/pagetypeinfo", "/proc/config.gz", "/proc/iomem", "/proc/ioports", "/sys/kernel/debug",
    "/sys/kernel/tracing", "/sys/kernel/security", "/sys/fs/bpf", "/sys/fs/selinux",
  ]

  /// The defaults and each possible processor's thermal_throttle (moby GHSA-6fw5-f8r9-fgfm).
  public static func defaults(possibleCPUs: Int) -> [String] {
    defaults + (0..<max(0, possibleCPUs)).map { "/sys/devices/system/cpu/cpu\($0)/thermal_throttle" }
  }
}

/// Paths that are mounted read-only.
public enum ReadonlyPaths {
  /// Docker's.
  public static let defaults: [String] = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
}

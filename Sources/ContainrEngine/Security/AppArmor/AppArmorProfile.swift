// The text of the profile that containers have by default. Pure; see apparmor.d(5).

/// The default profile: what Docker's gives, in our words. It leaves to capabilities, filter and mounts what they do, and
/// keeps a process with more of these from the host's knobs.
public struct AppArmorProfile: Sendable, Hashable {
  /// Its name in the kernel.
  public var name: String
  /// The profile of who starts containers, which may signal them; nil if nothing confines it.
  public var caller: String?
  /// Whether the host has apparmor's file of the features that a policy of version 3.0 knows. Without it the parser
  /// takes its own default.
  public var hasABI: Bool

  /// A profile of this name.
  public init(name: String, caller: String? = nil, hasABI: Bool = true) {
    self.name = name
    self.caller = caller
    self.hasABI = hasABI
  }

  /// Below /proc only the directories of processes, whose names are numbers, may be written, and the sizes of shared
  /// memory, which belong to a namespace. One rule a letter: a denial has no exception.
  private static let processFiles = [
    "/proc/[^0-9s]*{,/**}", "/proc/s[^y]*{,/**}", "/proc/sy[^s]*{,/**}", "/proc/sys[^/]*{,/**}",
    "/proc/sys/[^k]*{,/**}", "/proc/sys/k[^e]*{,/**}", "/proc/sys/kernel/[^s]*{,/**}",
    "/proc/sys/kernel/s[^h]*{,/**}", "/proc/sys/kernel/sh[^m]*{,/**}",
  ]
  /// Below /sys only a cgroup of the container's own.
  private static let systemFiles = [
    "/sys/[^f]*{,/**}", "/sys/f[^s]*{,/**}", "/sys/fs/[^c]*{,/**}", "/sys/fs/c[^g]*{,/**}", "/sys/fs/cg[^r]*{,/**}",
  ]
  /// Not even read.
  private static let hidden = [
    "/proc/kcore", "/proc/sysrq-trigger", "/sys/firmware/**", "/sys/kernel/security/**",
    "/sys/devices/virtual/powercap/**",
  ]

  /// What apparmor_parser(8) reads.
  public var text: String {
    var lines = ["# Made by Containr for its containers: docs/security.md says what it is for."]
    if hasABI { lines += ["abi <abi/3.0>,", ""] }
    lines += ["profile \"\(name)\" flags=(attach_disconnected,mediate_deleted) {"]
    lines += ["  file,", "  capability,", "  network,", "  deny network alg,", "  deny network vsock,", ""]
    for peer in [AppArmorLabel.unconfined, caller].compactMap({ $0 }) {
      lines.append("  signal (receive) peer=\"\(peer)\",")
    }
    lines += [
      "  signal (send,receive) peer=\"\(name)\",", "  ptrace (trace,read,tracedby,readby) peer=\"\(name)\",", "",
      "  deny mount,", "  deny umount,", "",
    ]
    lines += (Self.processFiles + Self.systemFiles).map { "  deny \($0) w," }
    lines.append("")
    lines += Self.hidden.map { "  deny \($0) rwklx," }
    lines += ["}", ""]
    return lines.joined(separator: "\n")
  }
}

// What this host can do of IPv6: asked, not assumed. Reads only.
public import ContainrSystem
internal import SystemPackage

/// IPv6 of the caller's network namespace.
public enum HostIPv6 {
  private static let conf = FilePath("/proc/sys/net/ipv6/conf")

  /// It is in the kernel, and nobody has switched it off for the whole host.
  public static func isOn() throws(SyscallError) -> Bool {
    try SysctlWriter().value(of: conf.appending("all/disable_ipv6")) == "0"
  }

  /// Single interfaces can be made to forward (Linux 6.17).
  public static func forcesForwarding() throws(SyscallError) -> Bool {
    try Kernel.exists(conf.appending("default/force_forwarding"))
  }

  /// Those of the interfaces that listen to routers.
  public static func listening(_ interfaces: [String]) throws(SyscallError) -> [String] {
    var all: [String] = []
    for interface in interfaces {
      let value = try SysctlWriter().value(of: conf.appending(interface).appending("accept_ra"))
      if let value, value != "0" { all.append(interface) }
    }
    return all
  }
}

// Kernel parameters of a container: only those that its own namespaces hold. Pure.

/// The defaults and the allow-list.
public enum Sysctl {
  /// As Docker, for a new network namespace: ping without CAP_NET_RAW, and any port without CAP_NET_BIND_SERVICE.
  public static let networkDefaults: [String: String] = [
    "net.ipv4.ping_group_range": "0 2147483647",
    "net.ipv4.ip_unprivileged_port_start": "0",
  ]

  private static let ipc: Set<String> = [
    "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax", "kernel/shmmni",
    "kernel/shm_rmid_forced",
  ]

  /// The path below /proc/sys of a parameter, if a container with its own `network` and `ipc` namespaces may have it.
  /// As in sysctl(8) the first separator, `.` or `/`, is the one that separates; the other one stands for a dot in a name.
  public static func path(
    of name: String, value: String, ownNetwork: Bool = true, ownIPC: Bool = true, ownUTS: Bool = false
  ) throws(SecurityError) -> String {
    func refuse(_ reason: String) -> SecurityError { SecurityError(field: "sysctls", value: name, reason: reason) }
    let usesSlash = name.first { $0 == "." || $0 == "/" } == "/"
    let path = usesSlash ? name : String(name.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 })
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let isPlain = path.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "/._-@:".utf8.contains(byte)
    }
    guard parts.count > 1, isPlain, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
      throw refuse("is no name of a kernel parameter")
    }
    // A newline would write a second value into the file (CVE-2022-0811 began with a value).
    guard !value.isEmpty, value.utf8.count < 4096, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw refuse("its value must be one line of text")
    }
    if parts[0] == "net" {
      if !ownNetwork { throw refuse("belongs to the network namespace, which this container shares") }
      return path
    }
    if ipc.contains(path) || (parts.count == 3 && parts[0] == "fs" && parts[1] == "mqueue") {
      if !ownIPC { throw refuse("belongs to the ipc namespace, which this container shares") }
      return path
    }
    if path == "kernel/domainname", ownUTS { return path }
    throw refuse("is not held by a namespace: it would change the host")
  }
}

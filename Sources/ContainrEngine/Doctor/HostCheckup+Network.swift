// The network, as far as it can be read: address families, resolvers, filters that stand in the way.
internal import ContainrHost
internal import ContainrSystem
internal import SystemPackage

extension HostCheckup {
  func network() throws(SyscallError) -> [HostFinding] {
    var all: [HostFinding] = []
    if uid != 0 { all += try userNetwork() }
    let ipv6 = try text("/proc/sys/net/ipv6/conf/all/disable_ipv6")
    all.append(
      HostFinding(
        "IPv6", ipv6 == "0" ? .good : .note,
        ipv6 == "0"
          ? "on"
          : ipv6 == nil ? "not in this kernel: networks have IPv4 alone" : "switched off: networks have IPv4 alone",
        remedy: ipv6 == "1" ? "sysctl -w net.ipv6.conf.all.disable_ipv6=0" : nil))
    if uid == 0, try text("/proc/sys/net/ipv4/conf/all/rp_filter") == "1" {
      all.append(
        HostFinding(
          "reverse path filter", .warning,
          "it is strict: ports that obey the host's firewall, the default, cannot be published",
          remedy: "sysctl -w net.ipv4.conf.all.rp_filter=2, or x-containr: {publish: docker-like}"))
    }
    all.append(try resolvers())
    return all
  }

  private func resolvers() throws(SyscallError) -> HostFinding {
    let path = settings.resolvConf
    let lines = (try text(path) ?? "").split(separator: "\n")
    let servers = lines.compactMap { line -> Substring? in
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      return words.count > 1 && words[0] == "nameserver" ? words[1] : nil
    }
    if servers.isEmpty {
      return HostFinding(
        "name servers", .warning, "\(path) names none: containers find each other, and nobody else",
        remedy: "echo nameserver ADDRESS >> \(path), or dns: [ADDRESS] of the service")
    }
    return HostFinding("name servers", .good, servers.joined(separator: ", "))
  }
}

// What an ordinary user has of the host's cgroups and network.
internal import ContainrCgroups
internal import ContainrRootless
internal import ContainrSystem
internal import SystemPackage

extension HostCheckup {
  /// Limits need a group that has been given to the user, which only v2 can do safely (cgroups(7), delegation).
  func delegated(_ mounts: CgroupMounts) throws(SyscallError) -> [HostFinding] {
    let (subject, without) = ("cgroups", "a limit stops a start, or is left out with x-containr: {limits: best-effort}")
    guard mounts.layout == .v2, let unified = mounts.unified else {
      return [
        HostFinding(
          subject, .note, "v1, of which users are given nothing: \(without)",
          remedy: "boot with systemd.unified_cgroup_hierarchy=1")
      ]
    }
    let line = (try text("/proc/self/cgroup") ?? "").split(separator: "\n").first { $0.hasPrefix("0::/") }
    var group = line.map { unified.pushing(FilePath(String($0.dropFirst(4)))) } ?? unified
    // The topmost group of the user's: what it has can be given on.
    var given: FilePath?
    while group.starts(with: unified), group != unified {
      if try isOurs(group) { given = group }
      group.removeLastComponent()
    }
    let unit = "/etc/systemd/system/user@.service.d/delegate.conf"
    let remedy =
      "sudo mkdir -p \(FilePath(unit).above) && printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' | sudo tee \(unit)"
      + " && sudo systemctl daemon-reload, and log in anew"
    guard let given else {
      return [
        HostFinding(subject, .note, "v2, and no group of it has been given to this user: \(without)", remedy: remedy)
      ]
    }
    let there = (try text(given.appending("cgroup.controllers")) ?? "").split(separator: " ")
    let lacking = ["memory", "cpu", "pids", "io", "cpuset"].filter { !there.contains(Substring($0)) }
    if lacking.isEmpty { return [HostFinding(subject, .good, "v2, with all controllers at \(given)")] }
    return [
      HostFinding(
        subject, .note, "v2, without \(lacking.joined(separator: ", ")) at \(given): of these \(without)",
        remedy: remedy)
    ]
  }

  private func isOurs(_ group: FilePath) throws(SyscallError) -> Bool {
    let path = root.pushing(FilePath(String(group.appending("cgroup.procs").string.dropFirst())))
    do throws(SyscallError) { return try Kernel.status(of: path).uid == uid } catch {
      if error.errno == 2 || error.errno == 13 { return false }
      throw error
    }
  }

  /// The way out of the user's network, and what of the host's the user may have.
  func userNetwork() throws(SyscallError) -> [HostFinding] {
    var all = [try wayOut()]
    let first = try number("/proc/sys/net/ipv4/ip_unprivileged_port_start") ?? 1024
    all.append(
      HostFinding(
        "ports", first > 80 ? .note : .good,
        first == 0 ? "all may be published" : "those from \(first) on may be published",
        remedy: first > 80 ? "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80" : nil))
    let range = (try text("/proc/sys/net/ipv4/ping_group_range") ?? "").split(whereSeparator: \.isWhitespace)
    if range.count == 2, let low = UInt32(range[0]), let high = UInt32(range[1]), low > high {
      all.append(
        HostFinding(
          "ping", .note, "no group may use it: containers ping each other, and nobody outside",
          remedy: "sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'"))
    }
    return all
  }

  private func wayOut() throws(SyscallError) -> HostFinding {
    let subject = "way out"
    let directories: [FilePath] = RootlessPlaces.programDirectories
    for name in RootlessPlaces.uplinkPrograms {
      for directory in directories where try exists(directory.appending(name)) {
        let path = directory.appending(name)
        guard try exists("/dev/net/tun") else {
          return HostFinding(
            subject, .warning, "\(path), but no /dev/net/tun: containers see each other, and nothing else",
            remedy: "sudo modprobe tun")
        }
        if root == "/", try !Kernel.mayWrite("/dev/net/tun") {
          return HostFinding(
            subject, .warning, "\(path), but /dev/net/tun is not the user's to open: containers see each other alone",
            remedy: "sudo chmod 0666 /dev/net/tun")
        }
        return HostFinding(subject, .good, path.string)
      }
    }
    return HostFinding(
      subject, .warning,
      "neither \(RootlessPlaces.uplinkPrograms.joined(separator: " nor ")) is installed: containers see each other alone",
      remedy: "sudo apt-get install passt")
  }
}

// The kernel: its version, namespaces, filters of system calls, and the modules that give labels.
internal import ContainrHost
internal import ContainrSecurity
internal import ContainrSystem
internal import SystemPackage

extension HostCheckup {
  /// The first kernel with all that every container needs: mount_setattr, by which nobody can write to the runtime's program.
  private static let oldest = (5, 12)

  func kernel() throws(SyscallError) -> [HostFinding] {
    var all: [HostFinding] = []
    let release = try text("/proc/sys/kernel/osrelease") ?? ""
    let parts = release.split(whereSeparator: { !$0.isNumber }).prefix(2).compactMap { Int($0) }
    let isOld = parts.count < 2 || (parts[0], parts[1]) < Self.oldest
    all.append(
      HostFinding(
        "kernel", isOld ? .missing : .good, "Linux \(release.isEmpty ? "of no known version" : release)",
        remedy: isOld ? "use Linux \(Self.oldest.0).\(Self.oldest.1) or later: it has mount_setattr" : nil))
    all.append(try namespaces())
    if uid == 0, let finding = try userNamespaces() { all.append(finding) }
    all += try filters()
    return all
  }

  private func namespaces() throws(SyscallError) -> HostFinding {
    var (lacking, off): ([String], [String]) = ([], [])
    for name in ["mnt", "uts", "ipc", "pid", "net", "cgroup"] {
      if try !exists(FilePath("/proc/self/ns/\(name)")) { lacking.append(name) }
      if try number(FilePath("/proc/sys/user/max_\(name)_namespaces")) == 0 { off.append(name) }
    }
    if !lacking.isEmpty {
      return HostFinding(
        "namespaces", .missing, "this kernel has no \(lacking.joined(separator: ", ")) namespaces",
        remedy: "use a kernel with CONFIG_NAMESPACES")
    }
    if !off.isEmpty {
      return HostFinding(
        "namespaces", .missing, "none of the kind \(off.joined(separator: ", ")) may be made here",
        remedy: off.map { "sysctl -w user.max_\($0)_namespaces=15000" }.joined(separator: "; "))
    }
    return HostFinding("namespaces", .good, "mnt, uts, ipc, pid, net, cgroup")
  }

  /// nil: they are there and may be made.
  private func userNamespaces() throws(SyscallError) -> HostFinding? {
    let effect = "userns_mode: auto and layers of images unpacked under other ids cannot be had"
    if try !exists("/proc/self/ns/user") {
      return HostFinding(
        "user namespaces", .warning, "this kernel has none: \(effect)", remedy: "use a kernel with CONFIG_USER_NS")
    }
    if try number("/proc/sys/user/max_user_namespaces") == 0 {
      return HostFinding(
        "user namespaces", .warning, "none may be made: \(effect)", remedy: "sysctl -w user.max_user_namespaces=15000")
    }
    let ids: SubordinateIDs
    let directory = root == "/" ? settings.idDirectory : root.pushing("etc")
    ids = try SubordinateIDs(directory: directory)
    let count = ids.ranges.reduce(UInt64(0)) { $0 + UInt64($1.count) } / UInt64(SubordinateIDs.size)
    if count > 0 {
      return HostFinding("user namespaces", .good, "ids for \(count) containers with `userns_mode: auto`")
    }
    let line = try SubordinateIDs.suggestion(directory: directory)
    return HostFinding(
      "user namespaces", .note, "nobody has given ids to `containr`: `userns_mode: auto` is refused",
      remedy: line.map { "echo \($0) | tee -a \(settings.idDirectory)/subuid \(settings.idDirectory)/subgid" })
  }

  private func filters() throws(SyscallError) -> [HostFinding] {
    let status = try text("/proc/self/status") ?? ""
    guard status.split(separator: "\n").contains(where: { $0.hasPrefix("Seccomp:") }) else {
      return [
        HostFinding(
          "seccomp", .missing, "this kernel cannot filter system calls, and no container starts without a filter",
          remedy: "use a kernel with CONFIG_SECCOMP_FILTER")
      ]
    }
    let actions = try text("/proc/sys/kernel/seccomp/actions_avail") ?? ""
    return [HostFinding("seccomp", .good, actions.isEmpty ? "filters" : "filters with \(actions)")]
  }

  /// The security modules.
  func modules() throws(SyscallError) -> [HostFinding] {
    let modules = try SecurityModules.ofHost(root: root)
    var all: [HostFinding] = []
    if modules.hasAppArmor, uid != 0 {
      all.append(
        HostFinding(
          "AppArmor", .note, "on, and only root can load profiles: a user's containers have those of the programs"))
    } else if modules.hasAppArmor {
      let complaint: String?
      do throws(EngineError) { complaint = root == "/" ? try DefaultProfile(settings).complaint() : nil } catch {
        complaint = error.description
      }
      all.append(
        HostFinding(
          "AppArmor", complaint == nil ? .good : .missing, complaint ?? "on: containers have a profile by default",
          remedy: complaint == nil ? nil : "apt-get install apparmor"))
    }
    if modules.hasSELinux { all.append(HostFinding("SELinux", .good, "on: containers have labels by default")) }
    if all.isEmpty {
      all.append(
        HostFinding(
          "security modules", .note,
          "neither AppArmor nor SELinux is on: namespaces, capabilities and filters hold containers alone",
          remedy: "boot with lsm=landlock,lockdown,yama,apparmor,bpf"))
    }
    return all
  }
}

// What an ordinary user needs of a host: namespaces, ids, programs that map them, a place that lasts.
internal import ContainrHost
internal import ContainrOCI
internal import ContainrRootless
internal import ContainrSystem
internal import SystemPackage

extension HostCheckup {
  /// What images expect: all ids that 16 bits can name.
  private static let usualIDs: UInt64 = 65536

  /// The user's name by /etc/passwd.
  func userName() throws(SyscallError) -> String? { RootlessIDs.name(of: uid, passwd: try text("/etc/passwd") ?? "") }

  /// Everything of this file. `tried`: what a trial has found.
  func ordinaryUser(_ tried: [HostFinding]) throws(SyscallError) -> [HostFinding] {
    var all = [try mayMakeNamespaces(tried)]
    let counts = try ids()
    all.append(try subordinateIDs(counts))
    all.append(try mappers(isNeeded: counts != nil))
    all += try login()
    return all
  }

  private func mayMakeNamespaces(_ tried: [HostFinding]) throws(SyscallError) -> HostFinding {
    let subject = "user namespaces"
    if try !exists("/proc/self/ns/user") {
      return HostFinding(
        subject, .missing, "this kernel has none, and without root no others can be made",
        remedy: "use a kernel with CONFIG_USER_NS")
    }
    if try number("/proc/sys/user/max_user_namespaces") == 0 {
      return HostFinding(
        subject, .missing, "none may be made: user.max_user_namespaces is 0",
        remedy: "sudo sysctl -w user.max_user_namespaces=15000")
    }
    if try number("/proc/sys/kernel/unprivileged_userns_clone") == 0 {
      return HostFinding(
        subject, .missing, "ordinary users may not make them: kernel.unprivileged_userns_clone is 0",
        remedy: "sudo sysctl -w kernel.unprivileged_userns_clone=1")
    }
    if try number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1 {
      // A profile of the administrator's may allow it to our programs: then it has worked.
      let works = tried.contains { $0.subject == HostTrial.isolation && $0.verdict == .good }
      return HostFinding(
        subject, works ? .good : .missing,
        works
          ? "AppArmor restricts them, and allows them to this program"
          : "AppArmor restricts them: kernel.apparmor_restrict_unprivileged_userns is 1",
        remedy: works ? nil : "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0")
    }
    return HostFinding(subject, .good, "ordinary users may make them")
  }

  /// How many ids of users and of groups are the user's beside the own one; nil: none of one kind.
  private func ids() throws(SyscallError) -> (users: UInt64, groups: UInt64)? {
    let map = RootlessIDs.map(
      uid: uid, gid: 0, name: try userName(), subuid: try text("/etc/subuid") ?? "",
      subgid: try text("/etc/subgid") ?? "")
    func count(_ ranges: [OCIIDMapping]) -> UInt64 { ranges.dropFirst().reduce(0) { $0 + UInt64($1.size) } }
    let counts = (users: count(map.uids), groups: count(map.gids))
    return counts.users == 0 || counts.groups == 0 ? nil : counts
  }

  private func subordinateIDs(_ counts: (users: UInt64, groups: UInt64)?) throws(SyscallError) -> HostFinding {
    let user = try userName() ?? "\(uid)"
    let range = try freeRange()
    let remedy = "sudo usermod --add-subuids \(range) --add-subgids \(range) \(user)"
    guard let counts else {
      return HostFinding(
        "ids", .warning, "no ranges in /etc/subuid and /etc/subgid: containers have one user and one group, root",
        remedy: remedy)
    }
    let isFew = min(counts.users, counts.groups) < Self.usualIDs
    return HostFinding(
      "ids", isFew ? .warning : .good,
      "\(counts.users) of users, \(counts.groups) of groups" + (isFew ? ": images may have more" : ""),
      remedy: isFew ? remedy : nil)
  }

  /// Above all that anybody has, and above what useradd gives out first.
  private func freeRange() throws(SyscallError) -> String {
    var first: UInt64 = 100_000
    for file in ["/etc/subuid", "/etc/subgid"] as [FilePath] {
      for line in (try text(file) ?? "").split(separator: "\n") {
        let fields = line.split(separator: ":")
        if fields.count == 3, let from = UInt64(fields[1]), let count = UInt64(fields[2]) {
          first = max(first, from &+ count)
        }
      }
    }
    return "\(first)-\(first + Self.usualIDs - 1)"
  }

  /// newuidmap(1) and newgidmap(1), which write what nobody may write by himself: setuid root, or with a capability.
  private func mappers(isNeeded: Bool) throws(SyscallError) -> HostFinding {
    let subject = "newuidmap, newgidmap"
    let verdict: HostFinding.Verdict = isNeeded ? .missing : .note
    for (name, capability) in [("newuidmap", "cap_setuid"), ("newgidmap", "cap_setgid")] {
      let path = FilePath("/usr/bin/\(name)")
      guard try exists(path) else {
        return HostFinding(
          subject, verdict, "\(path) is missing: nobody can map the user's ranges",
          remedy: "sudo apt-get install uidmap")
      }
      let file = try Kernel.open(root.pushing(FilePath(String(path.string.dropFirst()))), [.path])
      let status = try Kernel.status(at: file.raw)
      let isSetuid = status.mode & 0o4000 != 0 && (root != "/" || status.uid == 0)
      let capabilities = try Kernel.attribute("security.capability", of: file.raw)
      if !isSetuid, capabilities == nil {
        return HostFinding(
          subject, verdict, "\(path) has no right to map ids: it is neither setuid root nor has it \(capability)",
          remedy: "sudo chmod u+s \(path), or sudo setcap \(capability)+ep \(path)")
      }
    }
    return HostFinding(subject, .good, "may map the user's ranges")
  }

  /// What lasts beyond a login.
  private func login() throws(SyscallError) -> [HostFinding] {
    var all: [HostFinding] = []
    let directory = variables["XDG_RUNTIME_DIR"].flatMap { $0.isEmpty ? nil : $0 }
    if let directory, try exists(FilePath(directory)) {
      all.append(HostFinding("XDG_RUNTIME_DIR", .good, directory))
    } else if let directory {
      all.append(
        HostFinding(
          "XDG_RUNTIME_DIR", .warning, "\(directory) does not exist, and is made if that is allowed",
          remedy: "log in as the user itself, or unset XDG_RUNTIME_DIR"))
    } else {
      all.append(
        HostFinding(
          "XDG_RUNTIME_DIR", .note, "not set: sockets and locks are in \(settings.runDirectory)",
          remedy: "export XDG_RUNTIME_DIR=/run/user/\(uid)"))
    }
    guard try exists("/run/systemd/system"), let name = try userName() else { return all }
    let lingers = try exists(FilePath("/var/lib/systemd/linger/\(name)"))
    all.append(
      HostFinding(
        "lingering", lingers ? .good : .note,
        lingers ? "stacks go on after the user's last login" : "stacks may end with the user's last login",
        remedy: lingers ? nil : "sudo loginctl enable-linger \(name)"))
    return all
  }
}

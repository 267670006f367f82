// Which capabilities a container gets. Pure; the default is Docker's.
public import ContainrOCI

/// The default and Compose's way to change it.
public enum CapabilityDefaults {
  /// Docker's fourteen, mask a80425fb.
  public static let docker14 = CapabilitySet([
    .chown, .dacOverride, .fowner, .fsetid, .kill, .setgid, .setuid, .setpcap, .netBindService, .netRaw, .sysChroot,
    .mknod, .auditWrite, .setfcap,
  ])

  /// The strict profile's seven: what servers need to open files of others, change users and listen.
  public static let strict7 = CapabilitySet([
    .chown, .dacOverride, .fowner, .kill, .setgid, .setuid, .netBindService,
  ])

  /// What a container has before anything is added or dropped.
  public enum Base: Sendable, Hashable {
    /// Docker's fourteen.
    case docker
    /// Seven in force. With no_new_privs nothing more can be gained, so the bounding set stays Docker's: programs with file
    /// capabilities (ping) could not be executed otherwise.
    case strict(noNewPrivileges: Bool)
    /// All that is available (`privileged`).
    case all
  }

  /// `cap_drop`, then `cap_add`, on the base. `ALL` in `drop` starts from nothing; `ALL` in `add` from everything
  /// `available` that is not dropped by name. A capability added by name that is not `available` (the caller's bounding
  /// set) is an error. Inheritable and ambient are always empty (CVE-2022-29162, CVE-2016-8867).
  public static func capabilities(
    add: [String], drop: [String], available: CapabilitySet = .all, base: Base = .docker
  ) throws(SecurityError) -> OCICapabilities {
    let (addsAll, added) = try parse(add, field: "cap_add")
    let (dropsAll, dropped) = try parse(drop, field: "cap_drop")
    if let missing = added.subtracting(available).names.first {
      throw SecurityError(
        field: "cap_add", value: missing, reason: "this process does not hold it, so it cannot give it")
    }
    func changed(_ base: CapabilitySet) -> CapabilitySet {
      let start = addsAll ? available : dropsAll ? [] : base.intersection(available)
      return start.subtracting(dropped).union(added)
    }
    let set: CapabilitySet
    let ceiling: CapabilitySet
    switch base {
    case .docker: (set, ceiling) = (changed(docker14), changed(docker14))
    case .strict(let noNewPrivileges):
      (set, ceiling) = (changed(strict7), changed(noNewPrivileges ? docker14 : strict7))
    case .all: (set, ceiling) = (changed(available), changed(available))
    }
    var result = OCICapabilities()
    result.bounding = ceiling.names
    result.permitted = set.names
    result.effective = set.names
    return result
  }

  private static func parse(
    _ names: [String], field: String
  ) throws(SecurityError) -> (all: Bool, named: CapabilitySet) {
    var all = false
    var named: [Capability] = []
    for name in names {
      if name.uppercased() == "ALL" || name.uppercased() == "CAP_ALL" {
        all = true
      } else if let capability = Capability(name: name) {
        named.append(capability)
      } else {
        throw SecurityError(field: field, value: name, reason: "no such capability")
      }
    }
    return (all, CapabilitySet(named))
  }
}

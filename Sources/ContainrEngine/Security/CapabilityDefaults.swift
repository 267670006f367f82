// Which capabilities a container gets. Pure; the default is Docker's.
public import ContainrOCI

/// The default and Compose's way to change it.
public enum CapabilityDefaults {
  /// Docker's fourteen, mask a80425fb.
  public static let docker14 = CapabilitySet([
    .chown, .dacOverride, .fowner, .fsetid, .kill, .setgid, .setuid, .setpcap, .netBindService, .netRaw, .sysChroot,
    .mknod, .auditWrite, .setfcap,
  ])

  /// `cap_drop`, then `cap_add`, on the default. `ALL` in `drop` starts from nothing; `ALL` in `add` from everything
  /// `available` that is not dropped by name. A capability added by name that is not `available` (the caller's bounding
  /// set) is an error. Inheritable and ambient are always empty (CVE-2022-29162, CVE-2016-8867).
  public static func capabilities(
    add: [String], drop: [String], available: CapabilitySet = .all
  ) throws(SecurityError) -> OCICapabilities {
    let (addsAll, added) = try parse(add, field: "cap_add")
    let (dropsAll, dropped) = try parse(drop, field: "cap_drop")
    if let missing = added.subtracting(available).names.first {
      throw SecurityError(
        field: "cap_add", value: missing, reason: "this process does not hold it, so it cannot give it")
    }
    var set = addsAll ? available : dropsAll ? [] : docker14.intersection(available)
    set = set.subtracting(dropped).union(added)
    var result = OCICapabilities()
    result.bounding = set.names
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

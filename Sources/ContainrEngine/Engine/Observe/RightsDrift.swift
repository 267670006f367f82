// Rights and limits of a container's first process held against those it started with. Pure.
//
// A program may give up rights by itself: that is no drift, and neither is what it takes again of what it holds. Told is
// only what has become weaker than at the start, and so cannot have come from the program alone or is an escape from its
// user. A filter of system calls and no_new_privs only ever grow stricter; the kernel has no way back.
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSecurity

enum RightsDrift {
  /// What has become weaker.
  static func differences(then: ProcessState, now: ProcessState) -> [ObservedDrift] {
    var drift: [ObservedDrift] = []
    func remade(_ what: String, _ expected: String, _ actual: String) {
      drift.append(ObservedDrift(what: what, expected: expected, actual: actual, repairable: false))
    }
    if then.networkNamespace != now.networkNamespace {
      remade("network namespace", then.networkNamespace, now.networkNamespace)
    }
    // The kernel gives a process another label only as the one it had allows, or when the policy was changed under it.
    if then.labels.appArmor != now.labels.appArmor {
      remade("apparmor", words(then.labels.appArmor), words(now.labels.appArmor))
    }
    if then.labels.selinux != now.labels.selinux {
      remade("label", words(then.labels.selinux), words(now.labels.selinux))
    }
    if then.status == now.status && then.limits == now.limits { return drift }
    let (before, after) = (then.statusValues, now.statusValues)
    let ceiling = Capabilities(before)
    let current = Capabilities(after)
    for (name, allowed, held) in [
      ("bounding", ceiling.bounding, current.bounding), ("permitted", ceiling.permitted, current.permitted),
      ("effective", ceiling.permitted, current.effective),
      ("inheritable", ceiling.inheritable.union(ceiling.bounding), current.inheritable),
      ("ambient", ceiling.permitted, current.ambient),
    ] where !held.isSubset(of: allowed) {
      remade("capabilities.\(name)", words(allowed), words(held))
    }
    if let mode = Int(before["Seccomp"] ?? ""), let other = Int(after["Seccomp"] ?? ""), other < mode {
      remade("seccomp", "mode \(mode)", "mode \(other)")
    }
    if let count = Int(before["Seccomp_filters"] ?? ""), let other = Int(after["Seccomp_filters"] ?? ""), other < count
    {
      remade("seccomp.filters", String(count), String(other))
    }
    if before["NoNewPrivs"] == "1", after["NoNewPrivs"] == "0" { remade("no_new_privs", "1", "0") }
    for (key, what) in [("Uid", "user"), ("Gid", "group")] {
      let (was, ids) = (numbers(before[key]), numbers(after[key]))
      if !was.isEmpty, !was.contains(0), ids.contains(0) { remade(what, words(was), words(ids)) }
    }
    // What may raise its limits by itself has none of ours.
    if !ceiling.permitted.contains(.sysResource) { drift += limits(then.limits, now.limits) }
    return drift
  }

  /// Hard limits over those of the start: only from outside, and only there can they be set back.
  private static func limits(_ then: [UInt8], _ now: [UInt8]) -> [ObservedDrift] {
    if then == now { return [] }
    let current = ProcessLimit.all(String(decoding: now, as: UTF8.self))
    return ProcessLimit.all(String(decoding: then, as: UTF8.self)).compactMap { limit in
      guard let other = current.first(where: { $0.name == limit.name }), other.hard > limit.hard else { return nil }
      return ObservedDrift(
        what: "rlimit.\(limit.name)", expected: ProcessLimit.words(limit.hard), actual: ProcessLimit.words(other.hard))
    }
  }

  private static func numbers(_ text: String?) -> [UInt32] {
    (text ?? "").split(separator: " ").compactMap { UInt32($0) }
  }

  /// `1000`, or all of them where they differ: real, effective, saved, file system.
  private static func words(_ ids: [UInt32]) -> String {
    Set(ids).count == 1 ? String(ids[0]) : ids.map(String.init).joined(separator: "/")
  }

  /// A label as the kernel ends it, with a newline or a NUL.
  private static func words(_ label: [UInt8]) -> String {
    label.isEmpty ? "none" : String(decoding: label.prefix { $0 != 10 && $0 != 0 }, as: UTF8.self)
  }

  private static func words(_ capabilities: CapabilitySet) -> String {
    capabilities.isEmpty ? "none" : capabilities.names.joined(separator: ",")
  }

  /// The five sets of a process.
  private struct Capabilities {
    var inheritable, permitted, effective, bounding, ambient: CapabilitySet

    init(_ values: [String: String]) {
      func set(_ key: String) -> CapabilitySet {
        CapabilitySet(rawValue: UInt64(values[key] ?? "", radix: 16) ?? 0)
      }
      (inheritable, permitted, effective) = (set("CapInh"), set("CapPrm"), set("CapEff"))
      (bounding, ambient) = (set("CapBnd"), set("CapAmb"))
    }
  }
}

extension ProcessState {
  /// The first process holds a capability from its start on.
  func holds(_ capability: Capability) -> Bool {
    CapabilitySet(rawValue: UInt64(statusValues["CapPrm"] ?? "", radix: 16) ?? 0).contains(capability)
  }
}

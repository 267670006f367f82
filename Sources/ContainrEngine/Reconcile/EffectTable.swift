// What a change of one field costs a running container. The one table of it.
public import ContainrSpec

/// Field path → rule → effect.
public enum EffectTable {
  /// The rules by path: a path itself, or what begins with a name and a dot. What is in neither is what the process was
  /// born with.
  private static let rules: [String: EffectRule] = [
    "mem_limit": .limit, "mem_reservation": .limit, "memswap_limit": .limit, "cpus": .limit, "cpu_shares": .limit,
    "cpuset": .limit, "pids_limit": .limit, "cpu_period": .limit, "cpu_quota": .limit,
    "restart": .supervised, "deploy.restart_policy.delay": .supervised, "deploy.restart_policy.window": .supervised,
    "x-containr.on-unhealthy": .supervised, "stop_grace_period": .supervised,
    "container_name": .alias, "dns": .alias, "extra_hosts": .nameFile, "dns_search": .nameFile, "dns_opt": .nameFile,
    "stop_signal": .supervised, "replicas": .others, "x-containr.on-change": .others,
    "x-containr.publish": .port, "x-containr.ingress": .rate, "x-containr.egress": .rate,
    "x-containr.schedule": .schedule, "x-containr.limits": .limit,
  ]
  private static let families: [String: EffectRule] = [
    "blkio_config": .limit, "healthcheck": .supervised, "labels": .recorded, "annotations": .recorded, "logging": .log,
    "ports": .port, "links": .alias, "external_links": .alias,
    "depends_on": .others, "configs": .file, "secrets": .file, "networks": .attachment,
    "pre_start": .hook, "post_start": .hook, "pre_stop": .recorded,
  ]

  /// The cost of going from `old` to `new`; nil means not set.
  public static func effect(of path: String, old: String?, new: String?) -> ChangeEffect {
    rule(of: path, old: old, new: new).effect
  }

  /// The rule for going from `old` to `new`; nil means not set.
  public static func rule(of path: String, old: String?, new: String?) -> EffectRule {
    switch rule(of: path) {
    // With one it waits for its times, without one it runs.
    case .schedule where old != nil && new != nil: return .supervised
    // A file more or less is a mount more or less.
    case .file where old == nil || new == nil: return .born
    case .attachment where parameters(old) != parameters(new): return .born
    case .attachment:
      guard let old, let new, addresses(old) == addresses(new) else { return .attachment }
      return .alias
    case let rule: return rule
    }
  }

  private static func rule(of path: String) -> EffectRule {
    if let rule = rules[path] { return rule }
    guard let dot = path.utf8.firstIndex(of: UInt8(ascii: ".")) else { return .born }
    return families[String(path[..<dot])] ?? .born
  }

  /// The rule for changed content of a file; `reaction` is nil where none is declared.
  public static func rule(ofContent kind: ObservedContent.Kind, reaction: ChangeReaction?) -> EffectRule {
    switch reaction {
    case .recreate: .contentRecreate
    case .restart: .contentRestart
    case .signal: .contentSignal
    // Nothing of ours stands between the container and a mounted file.
    case nil, ChangeReaction.none?: kind == .mount ? .contentNoted : .content
    }
  }

  /// The rule for a field of a network.
  static func networkRule(of path: String) -> EffectRule {
    path.hasPrefix("labels.") || path == "attachable" ? .recorded : .network
  }

  /// The rule for a field of a volume.
  static func volumeRule(of path: String, holdsData: Bool) -> EffectRule {
    path.hasPrefix("labels.") ? .recorded : holdsData ? .volumeData : .volume
  }

  /// The kernel's limits are to be written for this field.
  public static func isLimit(_ path: String) -> Bool { rule(of: path) == .limit }

  /// The kernel parameters of an attachment's interface: they are written before the program runs.
  private static func parameters(_ text: String?) -> Substring? {
    text?.split(separator: " ").first { $0.hasPrefix("sysctls=") }
  }

  /// The fixed addresses of an attachment's canonical text; what follows are aliases, which only the DNS knows.
  private static func addresses(_ text: String) -> [Substring] {
    text.split(separator: " ").filter { !$0.hasPrefix("aliases=") }
  }
}

/// The difference between two flat forms, sorted by path.
func differences(
  from old: [PlanField], to new: [PlanField], origins: [String: SourceLocation], fallback: SourceLocation?,
  rule: (String, String?, String?) -> EffectRule
) -> [ChangeReason] {
  var reasons: [ChangeReason] = []
  var i = 0
  var j = 0
  func note(_ path: String, _ before: String?, _ after: String?) {
    let rule = rule(path, before, after)
    var reason = ChangeReason(
      .field, path, old: before.map { HiddenValue.shown($0, of: path) },
      new: after.map { HiddenValue.shown($0, of: path) }, origin: after == nil ? fallback : origins[path] ?? fallback,
      effect: rule.effect)
    reason.rule = rule
    reasons.append(reason)
  }
  while i < old.count || j < new.count {
    if j == new.count || (i < old.count && old[i].path < new[j].path) {
      note(old[i].path, old[i].value, nil)
      i += 1
    } else if i == old.count || new[j].path < old[i].path {
      note(new[j].path, nil, new[j].value)
      j += 1
    } else {
      if old[i].value != new[j].value { note(old[i].path, old[i].value, new[j].value) }
      i += 1
      j += 1
    }
  }
  return reasons
}

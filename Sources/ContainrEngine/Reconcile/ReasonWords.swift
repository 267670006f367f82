// What `--explain` says of a reason: why it costs what it costs, what it was compared with. Beside the rules, and made from
// the same values, so that plan and words cannot disagree. Pure.
internal import ContainrSpec

extension ChangeReason {
  /// Why this reason has its effect, in words that go on from "because".
  public var why: String {
    if let rule { return rule.words }
    switch (kind, effect) {
    case (.missing, .none): return "nothing that runs is touched by it"
    case (.missing, .inPlace): return "it is made beside what runs"
    case (.missing, .restart): return "it was stopped, and keeps its writable layer"
    case (.missing, .recreate), (.missing, .dataLoss): return "nothing asks for it any more"
    case (.drift, .none): return "nothing asks for more: it is named, and left as it is"
    case (.drift, .inPlace): return "the kernel's state is put right while everything runs on"
    case (.drift, .restart): return "a process that has ended is started again, with its writable layer"
    case (.drift, .recreate), (.drift, .dataLoss):
      return "it cannot be given back to a process that runs, and what happened meanwhile is not known"
    case (.dependency, .none): return "it follows from other changes and costs what runs nothing"
    case (.dependency, .inPlace): return "it follows from other changes and is done while everything runs on"
    case (.dependency, .restart): return "'depends_on' says that it starts again with what it depends on"
    case (.dependency, .recreate), (.dependency, .dataLoss): return "what it stands on is made again"
    case (.leftover, .none): return "no record speaks of it"
    case (.leftover, .inPlace): return "it is finished where an earlier command was interrupted"
    case (.leftover, _): return "an earlier command was interrupted, and how far it came is not known"
    case (.field, .none): return "it costs what runs nothing"
    case (.field, .inPlace): return "it is changed while everything runs on"
    case (.field, .restart): return "it needs the process to be started again"
    case (.field, .recreate): return "it cannot be changed while it is there"
    case (.field, .dataLoss): return "the data stands in its way"
    }
  }

  /// The record or the kernel's words that were held against what is wanted. `address`: of the change.
  public func comparedWith(_ address: String) -> String {
    if path.hasPrefix("content.") { return "a digest of what \(address) was given" }
    switch kind {
    case .field: return "the applied plan in the record of \(address)"
    case .missing: return "the records: \(effect == .none ? "there is none of it" : "it is there")"
    case .dependency: return "the other changes of this plan"
    case .leftover: return "the records, and everything in the kernel that bears our name"
    case .drift: return compared(address)
    }
  }

  private func compared(_ address: String) -> String {
    if address == "firewall" { return "our table of nftables, and the kernel's settings for networks" }
    if address.hasPrefix("network ") { return "the links of the host, by netlink" }
    if address.hasPrefix("supervisor ") { return "its process, and what it says it has read" }
    if address.hasPrefix("volume ") { return "the directory of volumes" }
    for (prefix, words) in Self.sources where path.hasPrefix(prefix) { return words }
    return "its process and the record of its end"
  }

  /// What is read for a container, by the beginning of what it says.
  private static let sources: [(prefix: String, words: String)] = [
    ("memory.", "its cgroup"), ("cpu.", "its cgroup"), ("pids.", "its cgroup"), ("blkio.", "its cgroup"),
    ("blockIO.", "its cgroup"), ("devices", "its cgroup"), ("exists", "its cgroup"), ("cgroup", "/proc/PID/cgroup"),
    ("image ", "the store of images, and the manifest it was made from"),
    ("layer ", "the digests of the archives it stands on"),
    ("mount ", "/proc/PID/mountinfo as it was at its start"),
    ("capabilities.", "/proc/PID/status as it was at its start"),
    ("seccomp", "/proc/PID/status as it was at its start"),
    ("no_new_privs", "/proc/PID/status as it was at its start"), ("user", "/proc/PID/status as it was at its start"),
    ("group", "/proc/PID/status as it was at its start"), ("rlimit.", "/proc/PID/limits as it was at its start"),
    ("network namespace", "/proc/PID/ns/net as it was at its start"), ("interface ", "/proc/PID/net and its leases"),
    ("its address", "/proc/PID/net and its leases"), ("its route", "/proc/PID/net and its leases"),
    ("its default route", "/proc/PID/net and its leases"), ("its interface", "/proc/PID/net and its leases"),
    ("the route", "/proc/PID/net and its leases"), ("the address", "/proc/PID/net and its leases"),
    ("lo is", "/proc/PID/net and its leases"), ("the link", "the links of the host, by netlink"),
    ("it is ", "the record of its places"),
  ]
}

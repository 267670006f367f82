// The two profiles, call by call, for people: docs/system-calls.md is this text, and a test holds both to each other. Pure.
public import ContainrOCI

/// The list of system calls.
public enum SyscallReference {
  /// Markdown: what each profile does with each call that it knows, on this machine's architecture.
  public static func markdown(
    defaults: OCICapabilities, strict: OCICapabilities
  ) -> String {
    let first = SeccompProfile.verdicts(capabilities: defaults.bounding)
    let second = StrictProfile.verdicts(capabilities: strict.permitted)
    let names = Set(first.keys).union(second.keys).sorted().filter { name in
      if case .number = SyscallTable.number(of: name, on: FilterArchitecture.all[0]) { true } else { false }
    }
    func count(_ verdicts: [String: Verdict]) -> Int {
      names.count { verdicts[$0].map { $0 != .denied && $0 != .unknown } ?? false }
    }
    var text = """
      # System calls

      What the two profiles do with each system call that they know, on x86-64, for a container with the profile's own
      capabilities. A call that is newer than this list is answered with ENOSYS, so that programs fall back; one that is known
      and denied with EPERM. *CAP_X*: open to containers that have this capability. The default profile has rules for 32-bit
      programs as well; under the strict one a program of another architecture is killed.

      The default profile lets \(count(first)) of these through, the strict one \(count(second)).

      | call | default | strict |
      | --- | --- | --- |

      """
    for name in names {
      text +=
        "| `\(name)` | \(words(first[name], name, strict: false)) | \(words(second[name], name, strict: true)) |\n"
    }
    return text
  }

  private static func words(_ verdict: Verdict?, _ name: String, strict: Bool) -> String {
    switch verdict {
    case .allow: return "yes"
    case .kill: return "killed"
    case .errno(38), nil: return name == "clone3" ? "ENOSYS: the C library falls back to clone" : "ENOSYS"
    case .errno: return "no" + reason(name, strict: strict)
    case .allowIf(let check): return words(check)
    case .choose:
      return name == "socket"
        ? "AF_UNIX, AF_INET, AF_INET6; AF_NETLINK for routes; NETLINK_AUDIT is EINVAL; AF_PACKET: CAP_NET_RAW"
        : "files, fifos and sockets; devices: CAP_MKNOD from `cap_add`"
    }
  }

  private static func words(_ check: ArgumentCheck) -> String {
    let place = ["first", "second", "third", "fourth", "fifth", "sixth"][Int(check.argument)]
    func list(_ values: [UInt32]) -> String { values.map { "0x" + String($0, radix: 16) }.joined(separator: ", ") }
    switch check.condition {
    case .oneOf(let values): return "\(place) argument one of \(list(values))"
    case .noneOf(let values): return "\(place) argument none of \(list(values))"
    case .without(let mask): return "\(place) argument without a bit of \(list([mask]))"
    }
  }

  private static func reason(_ name: String, strict: Bool) -> String {
    let held = RestrictedSyscalls.byCapability.filter { $0.names.contains(name) }.map(\.capability)
    if !held.isEmpty { return "; \(held.joined(separator: ", "))" }
    guard strict, let entry = StrictProfile.denied.first(where: { $0.names.contains(name) }) else { return "" }
    return (entry.capability.map { "; \($0) from `cap_add`" } ?? "") + ": \(entry.why)"
  }
}

// Everything of the host that Containr could leave behind, as sorted text, so that two snapshots can be compared.
internal import Foundation

/// The host at one moment: facts by topic.
public struct HostSnapshot: Sendable, Hashable {
  /// Topic (`mount`, `cgroup`, …) to facts.
  public private(set) var facts: [String: Set<String>] = [:]

  /// Takes one. `directories` are listed with everything below them. With `namespace`, links, addresses, routes, nft
  /// rules and sysctls are those of this named network namespace. With `sandbox`, only those mounts, cgroups and processes
  /// are taken that belong to it: others come and go at the same time. `withoutTops`: whether the directories themselves are
  /// there does not count.
  public init(
    directories: [String] = [], programs: [String] = Self.ourPrograms, namespace: String? = nil, sandbox: String? = nil,
    withoutTops: Bool = false
  ) throws {
    let prefix = namespace.map { ["nsenter", "--net=/run/netns/\($0)"] } ?? []
    func answer(_ words: String...) throws -> String {
      let all = prefix + words
      return try run(all[0], Array(all.dropFirst())).succeeding().output
    }
    facts["mount"] = try Self.mounts()
    facts["cgroup"] = Self.cgroups()
    facts["link"] = Self.lines(try answer("ip", "-o", "link")) {
      // Counters and states flap; index, name, peer, master and kind do not.
      $0.split(separator: " ").prefix(2).joined(separator: " ") + Self.word(after: "master", in: $0)
        + Self.word(after: "link-netnsid", in: $0)
    }
    facts["address"] = Self.lines(try answer("ip", "-o", "-4", "address")) {
      $0.split(separator: " ").prefix(4).joined(separator: " ")
    }
    facts["route"] = Self.lines(try answer("ip", "-4", "route", "show", "table", "all")) { String($0) }
    facts["rule"] = Self.lines(try answer("ip", "rule")) { String($0) }
    facts["nft"] = Self.nft(try answer("nft", "-s", "list", "ruleset"))
    facts["sysctl"] = Self.lines(
      try answer("sh", "-c", "grep -sH '' \(Self.linkSysctls) \(Self.sysctls) || true")
    ) { String($0) }
    facts["process"] = Self.processes(programs)
    facts["network namespace"] = Self.namespaces(programs)
    facts["AppArmor profile"] = Set(SecurityModule.profiles.keys.filter { $0.contains("containr") })
    for directory in directories {
      facts["directory \(directory)"] = Self.tree(directory).subtracting(withoutTops ? [directory] : [])
    }
    guard let sandbox else { return }
    facts["AppArmor profile"] = facts["AppArmor profile"]?.filter { $0.contains(sandbox) }
    for topic in ["mount", "cgroup", "process", "network namespace"] {
      facts[topic] = facts[topic]?.filter { Self.concerns($0, sandbox) }
    }
  }

  /// The processes of our programs that work for one sandbox, as in a snapshot; nothing else is looked at.
  public static func processes(of sandbox: String) -> Set<String> {
    processes(ourPrograms).filter { concerns($0, sandbox) }
  }

  /// What is in one and not in the other, one line each, `+` for new and `-` for gone; empty if nothing differs.
  public func difference(to later: HostSnapshot) -> [String] {
    var lines: [String] = []
    for topic in Set(facts.keys).union(later.facts.keys).sorted() {
      let before = facts[topic] ?? []
      let after = later.facts[topic] ?? []
      lines += after.subtracting(before).sorted().map { "+ \(topic): \($0)" }
      lines += before.subtracting(after).sorted().map { "- \(topic): \($0)" }
    }
    return lines
  }

  /// The facts of one topic that contain `text`.
  public func facts(_ topic: String, containing text: String) -> [String] {
    (facts[topic] ?? []).filter { $0.contains(text) }.sorted()
  }

  /// The names of our programs.
  public static let ourPrograms = [
    "containr", "containr-cli", "containr-run", "containr-up", "containr-down", "containr-shim",
  ]

  // MARK: topics

  private static func mounts() throws -> Set<String> {
    // Mount ids and parents are renumbered; root, place, type and source identify a mount.
    try lines(String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) {
      let fields = $0.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-") else { return String($0) }
      return "\(fields[4]) root \(fields[3]) options \(fields[5]) type \(fields[dash + 1]) source \(fields[dash + 2])"
    }
  }

  private static func cgroups() -> Set<String> {
    var all: Set<String> = []
    for mount in (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8))?.split(separator: "\n") ?? [] {
      guard mount.contains(" - cgroup") else { continue }
      let root = String(mount.split(separator: " ")[4])
      for path in tree(root, directoriesOnly: true) { all.insert(path) }
    }
    return all
  }

  /// Network namespaces of our processes and of those in cgroups of ours.
  private static func namespaces(_ names: [String]) -> Set<String> {
    var all: Set<String> = []
    for pid in pids() where pid != getpid() {
      let cgroups = text("/proc/\(pid)/cgroup")
      guard cgroups.contains("containr") || names.contains(program(pid)) else { continue }
      if let link = link("/proc/\(pid)/ns/net") { all.insert("\(link) of \(pid) \(sandboxMark(of: pid) ?? "")") }
    }
    return all
  }

  private static func nft(_ ruleset: String) -> Set<String> {
    var table = ""
    return lines(ruleset) {
      if $0.hasPrefix("table ") { table = String($0) }
      return "\(table) | \($0.trimmingCharacters(in: .whitespaces))"
    }
  }

  /// Pid, name and arguments of ours; kernel threads and others do not matter.
  private static func processes(_ names: [String]) -> Set<String> {
    var all: Set<String> = []
    for pid in pids() where pid != getpid() {
      let name = program(pid)
      if names.contains(name) { all.insert("\(pid) \(name) \(commandLine(pid)) \(sandboxMark(of: pid) ?? "")") }
    }
    return all
  }

  /// The last part of the executable's path.
  private static func program(_ pid: Int32) -> String {
    let exe = link("/proc/\(pid)/exe") ?? ""
    return exe.replacingOccurrences(of: " (deleted)", with: "").split(separator: "/").last.map(String.init) ?? ""
  }

  // Per link as well: forwarding may be turned on for a few links only.
  private static let linkSysctls = ["forwarding", "route_localnet", "rp_filter", "accept_local"]
    .map { "/proc/sys/net/ipv4/conf/*/\($0)" }.joined(separator: " ")

  private static let sysctls = [
    "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding",
    "/proc/sys/net/ipv6/conf/all/disable_ipv6", "/proc/sys/net/bridge/bridge-nf-call-iptables",
    "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/keys/maxkeys", "/proc/sys/user/max_user_namespaces",
    "/proc/sys/vm/overcommit_memory",
  ].joined(separator: " ")

  // MARK: sandboxes

  /// The first name of a sandbox in a text, such as `containr-sandbox-0123abcd`.
  static func sandboxMark(in text: String) -> String? {
    guard let range = text.range(of: "containr-(sandbox|test)-[0-9a-f]{8}", options: .regularExpression) else {
      return nil
    }
    return String(text[range])
  }

  /// The sandbox that a process works for, from its arguments, environment, descriptors and cgroups.
  static func sandboxMark(of pid: Int32) -> String? {
    let texts = ["cmdline", "environ", "cgroup"].map { text("/proc/\(pid)/\($0)") } + fileDescriptors(pid)
    for text in texts { if let mark = sandboxMark(in: text) { return mark } }
    return nil
  }

  /// Whether a fact bears the name of a sandbox, or is one of the places that Containr uses outside of sandboxes.
  private static func concerns(_ fact: String, _ sandbox: String) -> Bool {
    if let mark = sandboxMark(in: fact) { return mark.hasSuffix(sandbox) }
    return ["/run/containr/", "/var/lib/containr/"].contains { fact.contains($0) }
  }

  // MARK: reading

  /// Running processes. One that ends while we look is no error.
  public static func pids() -> [Int32] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }.sorted()
  }

  /// A symlink's text; nil if it is gone.
  static func link(_ path: String) -> String? { try? FileManager.default.destinationOfSymbolicLink(atPath: path) }

  /// A file of procfs as text; empty if the process is gone.
  static func text(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }

  /// Arguments joined by spaces.
  public static func commandLine(_ pid: Int32) -> String {
    let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
    return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
  }

  /// Every path below a directory, with itself; symlinks are not followed.
  static func tree(_ root: String, directoriesOnly: Bool = false) -> Set<String> {
    guard FileManager.default.fileExists(atPath: root) else { return [] }
    var all: Set<String> = [root]
    let keys: [URLResourceKey] = directoriesOnly ? [.isDirectoryKey, .isSymbolicLinkKey] : []
    let walk = FileManager.default.enumerator(at: URL(fileURLWithPath: root), includingPropertiesForKeys: keys)
    while let url = walk?.nextObject() as? URL {
      if directoriesOnly {
        guard let values = try? url.resourceValues(forKeys: Set(keys)), values.isDirectory == true,
          values.isSymbolicLink != true
        else { continue }
      }
      all.insert(url.path)
    }
    return all
  }

  private static func lines(_ text: String, _ form: (Substring) -> String) -> Set<String> {
    Set(text.split(separator: "\n").map(form).filter { !$0.isEmpty })
  }

  private static func word(after key: String, in line: Substring) -> String {
    let words = line.split(separator: " ")
    guard let at = words.firstIndex(of: Substring(key)), at + 1 < words.count else { return "" }
    return " \(key) \(words[at + 1])"
  }
}

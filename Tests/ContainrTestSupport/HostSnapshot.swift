// Everything of the host that Containr could leave behind, as sorted text, so that two snapshots can be compared.
internal import Foundation

/// The host at one moment: facts by topic.
public struct HostSnapshot: Sendable, Hashable {
  /// Topic (`mount`, `cgroup`, …) to facts.
  public private(set) var facts: [String: Set<String>] = [:]

  /// Takes one. `directories` are listed with everything below them; volatile topics that other programs of the host
  /// change all the time (threads, other cgroups' processes) are left out.
  public init(directories: [String] = [], programs: [String] = Self.ourPrograms) throws {
    facts["mount"] = try Self.mounts()
    facts["cgroup"] = Self.cgroups()
    facts["link"] = Self.lines(try run("ip", ["-o", "link"]).succeeding().output) {
      // Counters and states flap; index, name, peer, master and kind do not.
      $0.split(separator: " ").prefix(2).joined(separator: " ") + Self.word(after: "master", in: $0)
        + Self.word(after: "link-netnsid", in: $0)
    }
    facts["address"] = Self.lines(try run("ip", ["-o", "-4", "address"]).succeeding().output) {
      $0.split(separator: " ").prefix(4).joined(separator: " ")
    }
    facts["route"] = Self.lines(try run("ip", ["-4", "route", "show", "table", "all"]).succeeding().output) {
      String($0)
    }
    facts["rule"] = Self.lines(try run("ip", ["rule"]).succeeding().output) { String($0) }
    facts["network namespace"] = Self.namespaces()
    facts["nft"] = try Self.nft()
    facts["process"] = Self.processes(programs)
    facts["sysctl"] = Self.sysctls()
    for directory in directories { facts["directory \(directory)"] = Self.tree(directory) }
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
  public static let ourPrograms = ["containr", "containr-up", "containr-down", "containr-shim"]

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

  private static func namespaces() -> Set<String> {
    var all: Set<String> = []
    for pid in pids() {
      if let link = link("/proc/\(pid)/ns/net") { all.insert(link) }
    }
    return all
  }

  private static func nft() throws -> Set<String> {
    let result = try run("nft", ["-s", "list", "ruleset"]).succeeding()
    var table = ""
    return lines(result.output) {
      if $0.hasPrefix("table ") { table = String($0) }
      return "\(table) | \($0.trimmingCharacters(in: .whitespaces))"
    }
  }

  /// Pid, name and parent's program of ours; kernel threads and others do not matter.
  private static func processes(_ names: [String]) -> Set<String> {
    var all: Set<String> = []
    for pid in pids() where pid != getpid() {
      guard let exe = link("/proc/\(pid)/exe") else { continue }
      let name = exe.replacingOccurrences(of: " (deleted)", with: "").split(separator: "/").last.map(String.init) ?? ""
      if names.contains(name) { all.insert("\(pid) \(name) \(commandLine(pid))") }
    }
    return all
  }

  private static func sysctls() -> Set<String> {
    var all: Set<String> = []
    let names = [
      "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv4/conf/all/forwarding",
      "/proc/sys/net/ipv4/conf/default/forwarding", "/proc/sys/net/ipv4/conf/all/route_localnet",
      "/proc/sys/net/ipv4/conf/default/route_localnet", "/proc/sys/net/ipv4/conf/lo/route_localnet",
      "/proc/sys/net/ipv4/conf/all/rp_filter", "/proc/sys/net/ipv4/conf/default/rp_filter",
      "/proc/sys/net/ipv6/conf/all/forwarding", "/proc/sys/net/ipv6/conf/all/disable_ipv6",
      "/proc/sys/net/bridge/bridge-nf-call-iptables", "/proc/sys/kernel/core_pattern",
      "/proc/sys/kernel/keys/maxkeys", "/proc/sys/user/max_user_namespaces", "/proc/sys/vm/overcommit_memory",
    ]
    for name in names {
      if let value = try? String(contentsOfFile: name, encoding: .utf8) {
        all.insert("\(name) = \(value.trimmingCharacters(in: .whitespacesAndNewlines))")
      }
    }
    // Per link as well: forwarding may be turned on for a few links only.
    let conf = "/proc/sys/net/ipv4/conf"
    for link in (try? FileManager.default.contentsOfDirectory(atPath: conf)) ?? [] {
      for key in ["forwarding", "route_localnet", "rp_filter", "accept_local"] {
        if let value = try? String(contentsOfFile: "\(conf)/\(link)/\(key)", encoding: .utf8) {
          all.insert("\(link)/\(key) = \(value.trimmingCharacters(in: .whitespacesAndNewlines))")
        }
      }
    }
    return all
  }

  // MARK: reading

  /// Running processes. One that ends while we look is no error.
  static func pids() -> [Int32] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }.sorted()
  }

  /// A symlink's text; nil if it is gone.
  static func link(_ path: String) -> String? { try? FileManager.default.destinationOfSymbolicLink(atPath: path) }

  /// Arguments joined by spaces.
  static func commandLine(_ pid: Int32) -> String {
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

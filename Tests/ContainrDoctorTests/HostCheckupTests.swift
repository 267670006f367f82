// What is read of a host, by trees of files that look like hosts. Without root.
@testable import ContainrDoctor
import ContainrHost
import ContainrSystem
import Foundation
import SystemPackage
import Testing

@Suite("A look at the host")
final class HostCheckupTests {
  private let root = FilePath("/tmp/containr-doctor-\(UUID().uuidString)")

  /// A host of today: Linux 6.12, v2, everything on.
  init() throws {
    try write("6.12.3-amd64", "proc/sys/kernel/osrelease")
    for name in ["mnt", "uts", "ipc", "pid", "net", "cgroup", "user", "time"] {
      try write("", "proc/self/ns/\(name)")
      try write("60000", "proc/sys/user/max_\(name)_namespaces")
    }
    try write("Name:\tx\nSeccomp:\t0\n", "proc/self/status")
    try write("kill errno log allow", "proc/sys/kernel/seccomp/actions_avail")
    try write("29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw", "proc/self/mountinfo")
    try write("cpuset cpu io memory pids", "sys/fs/cgroup/cgroup.controllers")
    try write("max", "sys/fs/cgroup/system.slice/memory.max")
    try write("max", "sys/fs/cgroup/system.slice/memory.swap.max")
    try write("Y", "sys/module/apparmor/parameters/enabled")
    try write("0", "proc/sys/net/ipv6/conf/all/disable_ipv6")
    try write("2", "proc/sys/net/ipv4/conf/all/rp_filter")
    try write("# by hand\nnameserver 192.0.2.1\nnameserver\t2001:db8::1\n", "etc/resolv.conf")
    try write("containr:1073741824:131072", "etc/subuid")
    try write("containr:1073741824:131072", "etc/subgid")
    try write("4194304", "proc/sys/kernel/pid_max")
    try write("1000000", "proc/sys/kernel/keys/root_maxkeys")
    try write("128", "proc/sys/fs/inotify/max_user_instances")
    try write("262144", "proc/sys/net/netfilter/nf_conntrack_max")
  }

  deinit { do { try FileManager.default.removeItem(atPath: root.string) } catch {} }

  private func write(_ text: String, _ path: String) throws {
    let file = root.pushing(FilePath(path))
    try FileManager.default.createDirectory(
      atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
    try text.write(toFile: file.string, atomically: false, encoding: .utf8)
  }

  private func remove(_ path: String) throws {
    try FileManager.default.removeItem(atPath: root.pushing(FilePath(path)).string)
  }

  private func findings(uid: UInt32 = 0) throws -> [String: HostFinding] {
    // The programs are looked for where they are, not below the root.
    let settings = HostSettings(shim: "/bin/sh", program: "/bin/sh")
    let all = try HostCheckup(settings: settings, uid: uid, root: root).findings(trial: false)
    #expect(Set(all.map(\.subject)).count == all.count, "no subject is told twice")
    return Dictionary(uniqueKeysWithValues: all.map { ($0.subject, $0) })
  }

  @Test("a host that has everything is told so, without any advice but about our own limits")
  func whole() throws {
    let all = try findings()
    for (subject, finding) in all where subject != "open files" {
      #expect(finding.verdict == .good && finding.remedy == nil, "\(finding)")
    }
    #expect(all["kernel"]?.found == "Linux 6.12.3-amd64")
    #expect(all["user namespaces"]?.found == "ids for 2 containers with `userns_mode: auto`")
    #expect(all["name servers"]?.found == "192.0.2.1, 2001:db8::1")
    #expect(all["cgroups"]?.found == "v2 at /sys/fs/cgroup")
  }

  @Test("what is not installed is missing")
  func installation() throws {
    let settings = HostSettings(shim: root.appending("no-shim"), program: "/bin/sh")
    let all = try HostCheckup(settings: settings, uid: 0, root: root).findings(trial: false)
    #expect(all.contains { $0.subject == "shim" && $0.verdict == .missing && $0.remedy == "make install" })
  }

  @Test(
    "a kernel that is too old, by any form of its version",
    arguments: [
      ("5.12.0", true), ("5.11.22-generic", false), ("4.19.0", false), ("10.0", true), ("6.1.0-13-amd64", true),
      ("x", false),
    ])
  func version(release: String, isGood: Bool) throws {
    try write(release, "proc/sys/kernel/osrelease")
    #expect(try findings()["kernel"]?.verdict == (isGood ? .good : .missing))
  }

  @Test("namespaces that the kernel lacks or forbids, and filters")
  func kernel() throws {
    try write("0", "proc/sys/user/max_net_namespaces")
    var all = try findings()
    #expect(all["namespaces"]?.verdict == .missing)
    #expect(all["namespaces"]?.remedy == "sysctl -w user.max_net_namespaces=15000")
    try remove("proc/self/ns/cgroup")
    try write("0", "proc/sys/user/max_user_namespaces")
    try write("Name:\tx\n", "proc/self/status")
    all = try findings()
    #expect(all["namespaces"]?.found == "this kernel has no cgroup namespaces")
    #expect(all["user namespaces"]?.verdict == .warning)
    #expect(all["seccomp"]?.verdict == .missing)
    try write("60000", "proc/sys/user/max_user_namespaces")
    try remove("etc/subuid")
    all = try findings()
    #expect(all["user namespaces"]?.verdict == .note)
    #expect(all["user namespaces"]?.remedy == "echo containr:1074790400:67108864 | tee -a /etc/subuid /etc/subgid")
    try remove("sys/module")
    #expect(try findings()["security modules"]?.verdict == .note)
  }

  @Test("cgroups: none, without controllers, without swap, v1 with and without all")
  func cgroups() throws {
    try write("cpu io", "sys/fs/cgroup/cgroup.controllers")
    try remove("sys/fs/cgroup/system.slice/memory.swap.max")
    var all = try findings()
    #expect(all["controllers"]?.verdict == .warning)
    #expect(
      all["controllers"]?.found.hasPrefix(
        "not here: memory (mem_limit and its like), pids (pids_limit), cpuset (cpuset);")
        == true)
    #expect(all["swap accounting"]?.verdict == .warning)
    try remove("sys/fs/cgroup/system.slice")
    #expect(try findings()["swap accounting"] == nil, "it cannot be told")
    try write("", "proc/self/mountinfo")
    #expect(try findings()["cgroups"]?.verdict == .missing)
    let controllers = ["memory", "cpu", "pids", "blkio", "cpuset", "freezer"]
    func mount(_ names: [String]) throws {
      let lines = names.map { "3 2 0:3 / /sys/fs/cgroup/\($0) rw - cgroup cgroup rw,\($0)" }
      try write(lines.joined(separator: "\n"), "proc/self/mountinfo")
    }
    try mount(controllers)
    try write("x", "sys/fs/cgroup/memory/memory.memsw.limit_in_bytes")
    all = try findings()
    #expect(all["cgroups"]?.found == "v1 at /sys/fs/cgroup" && all["controllers"]?.verdict == .good)
    #expect(all["swap accounting"]?.verdict == .good && all["pause"] == nil)
    try mount(controllers.dropLast(2))
    all = try findings()
    #expect(all["pause"]?.verdict == .warning && all["controllers"]?.found.contains("cpuset (cpuset)") == true)
  }

  @Test("networks and limits")
  func network() throws {
    try write("1", "proc/sys/net/ipv4/conf/all/rp_filter")
    try write("1", "proc/sys/net/ipv6/conf/all/disable_ipv6")
    try write("search example.org\n", "etc/resolv.conf")
    try write("200", "proc/sys/kernel/keys/root_maxkeys")
    try write("8", "proc/sys/fs/inotify/max_user_instances")
    var all = try findings()
    #expect(all["reverse path filter"]?.verdict == .warning)
    #expect(all["IPv6"]?.verdict == .note && all["IPv6"]?.remedy == "sysctl -w net.ipv6.conf.all.disable_ipv6=0")
    #expect(all["name servers"]?.verdict == .warning)
    #expect(all["keyrings"]?.remedy == "sysctl -w kernel.keys.root_maxkeys=4000")
    #expect(all["inotify"]?.verdict == .warning && all["processes"] == nil && all["connections"] == nil)
    try remove("proc/sys/net/ipv6")
    all = try findings()
    #expect(all["IPv6"]?.verdict == .note && all["IPv6"]?.remedy == nil)
  }
}

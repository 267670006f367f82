// What an ordinary user is told of hosts, by trees of files that look like them. Without root.
@testable import ContainrDoctor
import ContainrHost
import ContainrSystem
import Foundation
import SystemPackage
import Testing

@Suite("A look at the host for an ordinary user")
final class UserCheckupTests {
  private let root = FilePath("/tmp/containr-doctor-\(UUID().uuidString)")
  /// Whose groups and programs can be made by who runs the test.
  private let uid: UInt32 = getuid() == 0 ? 1000 : getuid()
  private var group: String { "sys/fs/cgroup/user.slice/user-\(uid).slice/user@\(uid).service" }

  /// A host on which a user has everything.
  init() throws {
    try write("6.12.3-amd64", "proc/sys/kernel/osrelease")
    for name in ["mnt", "uts", "ipc", "pid", "net", "cgroup", "user", "time"] {
      try write("", "proc/self/ns/\(name)")
      try write("60000", "proc/sys/user/max_\(name)_namespaces")
    }
    try write("Name:\tx\nSeccomp:\t0\n", "proc/self/status")
    try write("29 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw", "proc/self/mountinfo")
    try write("0::/user.slice/user-\(uid).slice/user@\(uid).service/app.slice/x.scope\n", "proc/self/cgroup")
    try write("cpuset cpu io memory pids", "\(group)/cgroup.controllers")
    try write("", "\(group)/cgroup.procs")
    try write("", "\(group)/app.slice/x.scope/cgroup.procs")
    for path in ["\(group)/cgroup.procs", "\(group)/app.slice/x.scope/cgroup.procs"] where getuid() == 0 {
      #expect(chown(root.pushing(FilePath(path)).string, uid, uid) == 0)
    }
    try write("Y", "sys/module/apparmor/parameters/enabled")
    try write("0", "proc/sys/net/ipv6/conf/all/disable_ipv6")
    try write("nameserver 192.0.2.1\n", "etc/resolv.conf")
    try write("root:x:0:0::/root:/bin/sh\ntess:x:\(uid):100::/home/tess:/bin/sh\n", "etc/passwd")
    for name in ["subuid", "subgid"] { try write("tom:100000:65536\ntess:165536:65536\n", "etc/\(name)") }
    for name in ["newuidmap", "newgidmap"] { try write("", "usr/bin/\(name)", mode: 0o4755) }
    try write("", "usr/bin/pasta")
    try write("", "dev/net/tun")
    try write("80", "proc/sys/net/ipv4/ip_unprivileged_port_start")
    try write("0\t2147483647", "proc/sys/net/ipv4/ping_group_range")
    try write("", "run/systemd/system/x")
    try write("", "run/user/\(uid)/x")
    try write("", "var/lib/systemd/linger/tess")
  }

  deinit { do { try FileManager.default.removeItem(atPath: root.string) } catch {} }

  private func write(_ text: String, _ path: String, mode: mode_t = 0o644) throws {
    let file = root.pushing(FilePath(path))
    try FileManager.default.createDirectory(
      atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
    try text.write(toFile: file.string, atomically: false, encoding: .utf8)
    #expect(chmod(file.string, mode) == 0)
  }

  private func remove(_ path: String) throws {
    try FileManager.default.removeItem(atPath: root.pushing(FilePath(path)).string)
  }

  private func findings(_ variables: [String: String]? = nil) throws -> [String: HostFinding] {
    let settings = HostSettings(shim: "/bin/sh", program: "/bin/sh")
    let own = variables ?? ["HOME": "/home/tess", "XDG_RUNTIME_DIR": "/run/user/\(uid)"]
    let all = try HostCheckup(settings: settings, uid: uid, variables: own, root: root).findings(trial: false)
    #expect(Set(all.map(\.subject)).count == all.count, "no subject is told twice")
    return Dictionary(uniqueKeysWithValues: all.map { ($0.subject, $0) })
  }

  @Test("a host on which the user has everything is told so; AppArmor's profiles are root's")
  func whole() throws {
    let all = try findings()
    for (subject, finding) in all where subject != "open files" && subject != "AppArmor" {
      #expect(finding.verdict == .good && finding.remedy == nil, "\(finding)")
    }
    #expect(all["user"]?.found == "tess: containers in namespaces of the user's own")
    #expect(all["ids"]?.found == "65536 of users, 65536 of groups")
    #expect(all["cgroups"]?.found == "v2, with all controllers at /\(group)")
    #expect(all["way out"]?.found == "/usr/bin/pasta" && all["ports"]?.found == "those from 80 on may be published")
    #expect(all["AppArmor"]?.verdict == .note)
  }

  @Test(
    "what forbids user namespaces is missing, with the command that allows them",
    arguments: [
      ("proc/sys/user/max_user_namespaces", "0", "sudo sysctl -w user.max_user_namespaces=15000"),
      ("proc/sys/kernel/unprivileged_userns_clone", "0", "sudo sysctl -w kernel.unprivileged_userns_clone=1"),
      (
        "proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
      ),
    ])
  func forbidden(path: String, value: String, remedy: String) throws {
    try write(value, path)
    let finding = try findings()["user namespaces"]
    #expect(finding?.verdict == .missing && finding?.remedy == remedy)
  }

  @Test("a kernel without user namespaces, and a user without a home")
  func nothing() throws {
    try remove("proc/self/ns/user")
    #expect(try findings()["user namespaces"]?.remedy == "use a kernel with CONFIG_USER_NS")
    #expect(try findings([:])["user"]?.verdict == .missing)
  }

  @Test("ranges of ids: none, few, and a free one to ask for; the programs that map them: absent, without rights")
  func ids() throws {
    for name in ["subuid", "subgid"] { try write("tom:100000:65536\ntess:165536:1000\n", "etc/\(name)") }
    #expect(try findings()["ids"]?.verdict == .warning)
    try write("tom:100000:65536\n", "etc/subgid")
    var all = try findings()
    #expect(
      all["ids"]?.remedy == "sudo usermod --add-subuids 166536-232071 --add-subgids 166536-232071 tess")
    #expect(all["newuidmap, newgidmap"]?.verdict == .good)
    // Nobody needs them who has no ranges.
    try write("", "usr/bin/newgidmap", mode: 0o755)
    #expect(try findings()["newuidmap, newgidmap"]?.verdict == .note)
    try write("tess:165536:65536\n", "etc/subgid")
    all = try findings()
    #expect(all["newuidmap, newgidmap"]?.verdict == .missing)
    #expect(
      all["newuidmap, newgidmap"]?.remedy
        == "sudo chmod u+s /usr/bin/newgidmap, or sudo setcap cap_setgid+ep /usr/bin/newgidmap")
    try remove("usr/bin/newuidmap")
    #expect(try findings()["newuidmap, newgidmap"]?.remedy == "sudo apt-get install uidmap")
  }

  @Test("the way out: the other program, no device, none at all; low ports and ping")
  func network() throws {
    try remove("usr/bin/pasta")
    try write("", "usr/bin/slirp4netns")
    #expect(try findings()["way out"]?.found == "/usr/bin/slirp4netns")
    try remove("dev/net/tun")
    #expect(try findings()["way out"]?.remedy == "sudo modprobe tun")
    try remove("usr/bin/slirp4netns")
    try write("1024", "proc/sys/net/ipv4/ip_unprivileged_port_start")
    try write("1\t0", "proc/sys/net/ipv4/ping_group_range")
    let all = try findings()
    #expect(all["way out"]?.verdict == .warning && all["way out"]?.remedy == "sudo apt-get install passt")
    #expect(all["ports"]?.remedy == "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80")
    #expect(all["ping"]?.remedy == "sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'")
  }

  @Test("cgroups: not all controllers, none given, v1; what ends with a login")
  func surroundings() throws {
    try write("memory pids", "\(group)/cgroup.controllers")
    #expect(try findings()["cgroups"]?.found.hasPrefix("v2, without cpu, io, cpuset at /\(group)") == true)
    try write("0::/system.slice/x.service\n", "proc/self/cgroup")
    let none = try findings()["cgroups"]
    #expect(none?.verdict == .note && none?.remedy?.contains("user@.service.d/delegate.conf") == true)
    try write("3 2 0:3 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory", "proc/self/mountinfo")
    #expect(try findings()["cgroups"]?.found.hasPrefix("v1, of which users are given nothing") == true)
    try remove("var/lib/systemd/linger/tess")
    #expect(try findings()["lingering"]?.remedy == "sudo loginctl enable-linger tess")
    #expect(try findings(["HOME": "/home/tess"])["XDG_RUNTIME_DIR"]?.found.contains("/tmp/containr-\(uid)") == true)
    #expect(
      try findings(["HOME": "/home/tess", "XDG_RUNTIME_DIR": "/run/user/x"])["XDG_RUNTIME_DIR"]?.verdict == .warning)
    try remove("run/systemd")
    #expect(try findings()["lingering"] == nil)
  }
}

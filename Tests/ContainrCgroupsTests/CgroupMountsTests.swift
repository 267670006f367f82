import ContainrCgroups
import SystemPackage
import Testing

@Suite struct CgroupMountsTests {
  @Test("the hybrid layout is read from mountinfo: controllers on v1, a v2 tree beside them")
  func hybrid() {
    let mounts = CgroupMounts.detect(
      mountinfo: """
        31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
        32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:7 - cgroup cgroup rw,cpu,cpuacct
        35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
        40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
        41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
        """)
    #expect(mounts.layout == .hybrid)
    #expect(
      mounts.controllers == [
        "cpu": "/sys/fs/cgroup/cpu,cpuacct", "cpuacct": "/sys/fs/cgroup/cpu,cpuacct", "memory": "/sys/fs/cgroup/memory",
      ])
    #expect(mounts.unified == "/sys/fs/cgroup/unified")
  }

  @Test("one v2 tree is v2; v1 alone is v1; nothing is v1 without hierarchies")
  func layouts() {
    #expect(CgroupMounts.detect(mountinfo: "1 2 0:3 / /sys/fs/cgroup rw - cgroup2 cgroup rw").layout == .v2)
    #expect(CgroupMounts.detect(mountinfo: "1 2 0:3 / /c rw - cgroup cgroup rw,pids").layout == .v1)
    #expect(CgroupMounts.detect(mountinfo: "garbage\n1 2 3").controllers.isEmpty)
  }

  @Test("of several mounts the one that shows the hierarchy's root wins, and escapes are undone")
  func severalMounts() {
    let mounts = CgroupMounts.detect(
      mountinfo: """
        1 2 0:3 /docker/x /other rw - cgroup cgroup rw,pids
        4 2 0:3 / /a\\040b rw - cgroup cgroup rw,pids
        5 2 0:3 / /later rw - cgroup cgroup rw,pids
        """)
    #expect(mounts.controllers["pids"] == "/a b")
  }

  @Test("what is written down of them is read back, and lines that are none are passed over")
  func text() {
    var mounts = CgroupMounts(controllers: ["pids": "/a b/pids", "cpuacct": "/c", "cpu": "/c"], unified: "/u")
    mounts.named["name=systemd"] = "/s"
    #expect(CgroupMounts(text: mounts.text) == mounts)
    #expect(CgroupMounts(text: "no tab\n\n\(mounts.text)\n\n") == mounts)
    #expect(CgroupMounts(text: "") == CgroupMounts(controllers: [:]))
    #expect(CgroupMounts(text: "\t/only") == CgroupMounts(controllers: [:], unified: "/only"))
  }

  @Test("mount points are had by name, whatever the order in which they came")
  func points() {
    var points: HierarchyPoints = ["pids": "/p", "cpu": "/c"]
    #expect(points == ["cpu": "/c", "pids": "/p"])
    points["cpuacct"] = "/c"
    #expect(points.names(at: "/c") == ["cpu", "cpuacct"])
    #expect(points.names == ["cpu", "cpuacct", "pids"])
    points["cpu"] = "/other"
    points["pids"] = nil
    points["missing"] = nil
    #expect(points["cpu"] == "/other" && points["pids"] == nil && points.points == ["/other", "/c"])
    #expect(points != ["cpu": "/other", "cpuacct": "/d"] && !points.isEmpty)
  }

  @Test(
    "a path of a cgroup has no dots for directories, does not begin at the root, and is deep enough",
    arguments: [
      ("a/b", true), ("a//b", true), ("a", false), ("/a/b", false), ("a/../b", false), ("a/./b", false), ("..", false),
      ("", false), ("a.b", true), ("a/...", true), ("a/b/..", false), ("...", true),
    ])
  func paths(path: String, isGood: Bool) {
    let cgroup = Cgroup(mounts: CgroupMounts(controllers: [:], unified: "/u"), path: path)
    #expect(((try? cgroup.watchedDirectories(above: 0)) != nil) == isGood)
  }

  @Test("a mount that another one covers does not count, and what it had hidden before does")
  func covered() {
    let tree = """
      30 1 0:9 / /sys/fs/cgroup rw - tmpfs tmpfs rw
      31 30 0:10 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
      32 30 0:11 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
      33 1 0:10 / /mnt/pids rw - cgroup cgroup rw,pids
      """
    #expect(CgroupMounts.detect(mountinfo: tree).layout == .hybrid)
    let masked = CgroupMounts.detect(mountinfo: tree + "\n34 32 0:12 / /sys/fs/cgroup/unified rw - tmpfs none rw")
    #expect(masked.layout == .v1 && masked.controllers["pids"] == "/sys/fs/cgroup/pids")
    let all = CgroupMounts.detect(mountinfo: tree + "\n34 30 0:12 / /sys/fs/cgroup rw - tmpfs none rw")
    #expect(all.unified == nil && all.controllers["pids"] == "/mnt/pids")
    // A name that only begins alike covers nothing.
    let beside = CgroupMounts.detect(mountinfo: tree + "\n34 30 0:12 / /sys/fs/cgroup/uni rw - tmpfs none rw")
    #expect(beside.layout == .hybrid)
    let above = CgroupMounts.detect(mountinfo: tree + "\n34 1 0:12 / /sys rw - tmpfs none rw")
    #expect(above.unified == nil && above.controllers["pids"] == "/mnt/pids")
    // What an initramfs has moved into its successor stands before the root that it stands on.
    let moved = """
      22 28 0:21 / /sys rw - sysfs sysfs rw
      23 22 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
      28 1 8:1 / / rw - ext4 /dev/sda1 rw
      """
    #expect(CgroupMounts.detect(mountinfo: moved).layout == .v2)
  }
}

// In a container the top of the v2 tree is a group with processes in it: they make way.
import ContainrSystem
import Foundation
import SystemPackage
import Testing

@testable import ContainrCgroups

@Suite("The top of a container's own tree")
struct LeaveRootTests {
  @Test("the host's own top is left alone; a group that is the top of a container is emptied into one below it")
  func fake() throws {
    let tree = try FakeTree(.v2)
    #expect(try !Cgroup.leaveRoot(of: tree.root))
    #expect(try !Kernel.exists(tree.root.appending("init")))
    try Kernel.open(tree.root.appending("cgroup.type"), [.writeOnly, .create], mode: 0o644).writeAll(
      Array("domain\n".utf8))
    #expect(try Cgroup.leaveRoot(of: tree.root))
    #expect(try Kernel.exists(tree.root.appending("init")))
  }

  private static let top = CgroupMounts.unifiedTree

  @Test(
    "processes move, all of them",
    .enabled(if: getuid() == 0 && top != nil, "needs root and a v2 tree"))
  func processes() throws {
    let group = try #require(Self.top).appending("containr-leave-\(getpid())")
    try Kernel.makeDirectory(group)
    let null = try Kernel.open("/dev/null", [.readWrite])
    var children: [ChildProcess] = []
    defer {
      for child in children {
        do {
          try child.kill()
          _ = try child.wait()
        } catch { Issue.record(error) }
      }
      // A cgroup goes when its last process has been waited for.
      for path in [group.appending("init"), group] {
        for _ in 0..<200 where rmdir(path.string) != 0 { usleep(10_000) }
      }
    }
    for _ in 0..<3 {
      let child = try ChildProcess.spawn(
        "/bin/sleep", arguments: ["sleep", "1000"], descriptors: [null.raw, null.raw, null.raw])
      children.append(child)
      try Kernel.write("\(child.pid)", into: group.appending("cgroup.procs"))
    }
    #expect(try Cgroup.leaveRoot(of: group))
    #expect(try Kernel.text(of: group.appending("cgroup.procs")).isEmpty)
    let moved = try Kernel.text(of: group.appending("init").appending("cgroup.procs")).split(separator: "\n")
    #expect(Set(moved.compactMap { Int32($0) }) == Set(children.map(\.pid)))
  }
}

extension CgroupMounts {
  /// Where the v2 tree is mounted on this host; nil: nowhere.
  fileprivate static var unifiedTree: FilePath? {
    do { return try detect().unified } catch { return nil }
  }
}

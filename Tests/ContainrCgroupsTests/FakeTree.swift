// A cgroup tree of plain files in a temporary directory, with the values of a fresh cgroup.
import ContainrCgroups
import ContainrSystem
import Foundation
import SystemPackage

/// Removed with its last user.
final class FakeTree: Sendable {
  let root: FilePath
  let mounts: CgroupMounts
  static let path = "containr/stack/one"

  static let v1Files: [String: [String: String]] = [
    "memory": [
      "memory.limit_in_bytes": "9223372036854771712", "memory.memsw.limit_in_bytes": "9223372036854771712",
      "memory.soft_limit_in_bytes": "9223372036854771712", "memory.usage_in_bytes": "4096",
      "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3",
    ],
    "cpu": ["cpu.shares": "1024", "cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "-1"],
    "cpuacct": ["cpuacct.usage": "12345"], "cpuset": ["cpuset.cpus": "", "cpuset.mems": ""],
    "pids": ["pids.max": "max", "pids.current": "2"],
    "blkio": [
      "blkio.throttle.read_bps_device": "", "blkio.throttle.write_bps_device": "",
      "blkio.throttle.read_iops_device": "", "blkio.throttle.write_iops_device": "",
    ],
    "devices": ["devices.allow": "", "devices.deny": "", "devices.list": "a *:* rwm"],
    "freezer": ["freezer.state": "THAWED"],
  ]

  static let v2Files: [String: String] = [
    "memory.max": "max", "memory.swap.max": "max", "memory.low": "0", "memory.current": "8192",
    "memory.events": "low 0\noom 1\noom_kill 2", "cpu.weight": "100", "cpu.max": "max 100000",
    "cpu.stat": "usage_usec 77\nuser_usec 1", "cpuset.cpus": "", "cpuset.mems": "", "pids.max": "max",
    "pids.current": "1", "io.max": "", "cgroup.procs": "", "cgroup.subtree_control": "",
    "cgroup.controllers": "cpuset cpu io memory pids",
  ]

  init(_ layout: CgroupMounts.Layout) throws {
    root = FilePath("/tmp/containr-cgroups-\(UUID().uuidString)")
    if layout == .v2 {
      mounts = CgroupMounts(controllers: [:], unified: root)
      for group in ["", "containr", "containr/stack", Self.path] { try fill(root.appending(group), Self.v2Files) }
      return
    }
    var controllers = HierarchyPoints()
    for name in Self.v1Files.keys { controllers[name] = root.appending(name) }
    mounts = CgroupMounts(controllers: controllers, unified: layout == .hybrid ? root.appending("unified") : nil)
    for (name, files) in Self.v1Files {
      let all = files.merging(["cgroup.procs": "", "tasks": ""]) { first, _ in first }
      for group in ["", "containr", "containr/stack", Self.path] {
        try fill(root.appending(name).appending(group), all)
      }
    }
    try write("0-1", "cpuset/cpuset.cpus")
    try write("0", "cpuset/cpuset.mems")
  }

  deinit { do { try FileManager.default.removeItem(atPath: root.string) } catch { assertionFailure("\(error)") } }

  var cgroup: Cgroup { Cgroup(mounts: mounts, path: Self.path) }

  private func fill(_ directory: FilePath, _ files: [String: String]) throws {
    try Kernel.makeDirectories(directory)
    for (name, text) in files { try Kernel.replace(directory.appending(name), with: Array((text + "\n").utf8)) }
  }

  func write(_ text: String, _ file: String) throws {
    try Kernel.replace(root.appending(FilePath(file).components), with: Array((text + "\n").utf8))
  }

  /// The text of a file of the cgroup itself. A shorter value written over a longer one leaves the rest of it, since
  /// these are plain files: only the first line's beginning is meaningful there.
  func text(_ controller: String, _ file: String) throws -> String {
    let directory = mounts.layout == .v2 ? root : root.appending(controller)
    return try Kernel.text(of: directory.appending(FilePath(Self.path).components).appending(file))
  }
}

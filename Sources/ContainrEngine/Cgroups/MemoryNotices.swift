// What the kernel tells of a cgroup's memory by itself, so that nobody has to ask again and again: v1's eventfd on
// memory.oom_control, v2's inotify on memory.events.
// Source: Documentation/admin-guide/cgroup-v1/memory.rst (10. OOM Control), cgroup-v2.rst (memory.events).
public import ContainrSystem
internal import SystemPackage

/// A watch over the memory of one cgroup, as long as it lives.
public final class MemoryNotices: Sendable {
  /// Readable when there is something new: that a process is about to be killed (v1), or that counters have moved (v2).
  public let descriptor: SharedFD
  private let isInotify: Bool

  fileprivate init(_ descriptor: SharedFD, isInotify: Bool) {
    self.descriptor = descriptor
    self.isInotify = isInotify
  }

  /// Takes what was told, so that the descriptor waits for more.
  public func drain() throws(SyscallError) {
    if isInotify {
      while try !Kernel.inotifyEvents(descriptor.raw).isEmpty {}
    } else {
      while let count = try Kernel.readReady(descriptor.raw), !count.isEmpty {}
    }
  }
}

extension Cgroup {
  /// A watch over this cgroup's memory; nil where no memory controller counts it.
  public func memoryNotices() throws(CgroupError) -> MemoryNotices? {
    let file = mounts.layout == .v2 ? "memory.events" : "memory.oom_control"
    guard let path = path("memory", file) else { return nil }
    return try attempting("memory") { () throws(SyscallError) -> MemoryNotices? in
      if try !Kernel.exists(path) { return nil }
      if mounts.layout == .v2 {
        let inotify = SharedFD(try Kernel.inotifyDescriptor())
        try Kernel.watch(path, inotify: inotify.raw, mask: 2)  // IN_MODIFY
        return MemoryNotices(inotify, isInotify: true)
      }
      let event = SharedFD(try Kernel.eventDescriptor())
      let control = try Kernel.open(path, .readOnly)
      try Kernel.write(
        "\(event.raw) \(control.raw)", into: path.above.appending("cgroup.event_control"))
      return MemoryNotices(event, isInotify: false)
    }
  }

  /// Whether the kernel kills nobody in it for want of memory: everything waits instead (v1).
  public func waitsForMemory() throws(CgroupError) -> Bool {
    if mounts.layout == .v2 { return false }
    return try files.keyed("memory", "memory.oom_control", "oom_kill_disable") == 1
  }
}

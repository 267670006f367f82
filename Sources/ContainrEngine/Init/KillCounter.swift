// The file in which a cgroup counts the strikes of the OOM killer. Reads only.
public import ContainrSystem

/// v1's `memory.oom_control` and v2's `memory.events`.
public enum KillCounter {
  /// Whether an open one counts any: its line `oom_kill N`. false for a cgroup that was removed meanwhile.
  public static func hasCounted(_ counter: SharedFD) throws(SyscallError) -> Bool { try count(counter) > 0 }

  /// How many it counts; 0 for a cgroup that was removed meanwhile. From its beginning each time, which also has v2 tell of
  /// the next change (kernfs).
  static func count(_ counter: SharedFD) throws(SyscallError) -> UInt64 {
    do throws(SyscallError) {
      for line in try text(counter).split(separator: "\n") where line.hasPrefix("oom_kill ") {
        return UInt64(line.dropFirst(9)) ?? 0
      }
      return 0
    } catch {
      if error.errno == 19 { return 0 }  // ENODEV
      throw error
    }
  }

  /// Whether its cgroup was removed.
  static func isGone(_ counter: SharedFD) throws(SyscallError) -> Bool {
    do throws(SyscallError) {
      _ = try text(counter)
      return false
    } catch {
      if error.errno == 19 { return true }
      throw error
    }
  }

  static func text(_ file: SharedFD) throws(SyscallError) -> String {
    try Kernel.rewind(file.raw)
    return String(decoding: try Kernel.readAll(file.raw, limit: 4096), as: UTF8.self)
  }
}

// The file in which a cgroup counts the strikes of the OOM killer. Reads only.
public import ContainrSystem

/// v1's `memory.oom_control` and v2's `memory.events`.
public enum KillCounter {
  /// Whether an open one counts any: its line `oom_kill N`. false for a cgroup that was removed meanwhile.
  public static func hasCounted(_ counter: SharedFD) throws(SyscallError) -> Bool {
    do throws(SyscallError) {
      let text = String(decoding: try Kernel.readAll(counter.raw, limit: 4096), as: UTF8.self)
      return text.split(separator: "\n").contains { $0.hasPrefix("oom_kill ") && $0 != "oom_kill 0" }
    } catch {
      if error.errno == 19 { return false }  // ENODEV
      throw error
    }
  }
}

// /proc/PID/limits, and setting a process's limits back.
internal import ContainrSecurity
internal import ContainrSystem
internal import SystemPackage

/// One resource limit as the kernel prints it.
public struct ProcessLimit: Sendable, Hashable {
  /// As in `ulimits`: `nofile`.
  public var name: String
  /// UInt64.max is unlimited.
  public var soft: UInt64
  /// UInt64.max is unlimited.
  public var hard: UInt64

  private static let names: [(title: String, name: String)] = [
    ("Max cpu time", "cpu"), ("Max file size", "fsize"), ("Max data size", "data"), ("Max stack size", "stack"),
    ("Max core file size", "core"), ("Max resident set", "rss"), ("Max processes", "nproc"),
    ("Max open files", "nofile"), ("Max locked memory", "memlock"), ("Max address space", "as"),
    ("Max file locks", "locks"), ("Max pending signals", "sigpending"), ("Max msgqueue size", "msgqueue"),
    ("Max nice priority", "nice"), ("Max realtime priority", "rtprio"), ("Max realtime timeout", "rttime"),
  ]

  /// The limits of such a file, in its order.
  public static func all(_ text: String) -> [ProcessLimit] {
    text.split(separator: "\n").compactMap { line in
      guard let known = names.first(where: { line.hasPrefix($0.title + " ") }) else { return nil }
      let values = line.dropFirst(known.title.count).split(separator: " ")
      guard values.count > 1, let soft = number(values[0]), let hard = number(values[1]) else { return nil }
      return ProcessLimit(name: known.name, soft: soft, hard: hard)
    }
  }

  /// As the kernel prints it.
  public static func words(_ limit: UInt64) -> String { limit == UInt64.max ? "unlimited" : String(limit) }

  private static func number(_ text: Substring) -> UInt64? { text == "unlimited" ? UInt64.max : UInt64(text) }
}

extension Runtime {
  /// Sets hard limits of the container's first process back to what they were at its start, where they are higher now.
  /// Its children keep what they have.
  public func restoreLimits(_ id: String, pid: Int32) throws(RuntimeError) {
    guard let (then, now) = try processStates(id, pid: pid) else { return }
    let directory = try RunDirectory(runDirectory, id)
    let current = ProcessLimit.all(String(decoding: now.limits, as: UTF8.self))
    for limit in ProcessLimit.all(String(decoding: then.limits, as: UTF8.self)) {
      guard let other = current.first(where: { $0.name == limit.name }), other.hard > limit.hard else { continue }
      try directory.attempt("set the limit \(limit.name) back") { () throws(SyscallError) in
        try Rlimit.set(limit.name, soft: min(other.soft, limit.hard), hard: limit.hard, of: pid)
      }
    }
  }
}

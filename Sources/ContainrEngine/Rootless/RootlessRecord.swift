// Who holds a user's namespaces, as it is written down: a line `PID START BOOT USER-NAMESPACE`, a line `PID START` of the process that
// leads out of them if there is one, and a line `scope PATH` if systemd has given them a group.
internal import ContainrSystem
internal import SystemPackage

/// The record in the run directory.
struct RootlessRecord {
  var holder: ProcessIdentity
  var boot: String
  var uplink: ProcessIdentity?
  /// A cgroup of v2, relative to its root, that systemd has given away.
  var scope: RootlessScope?
  /// The number of the user namespace; nil: not written down.
  var space: UInt64?

  init(
    holder: ProcessIdentity, boot: String, uplink: ProcessIdentity?, scope: RootlessScope?, space: UInt64? = nil
  ) {
    self.space = space
    self.holder = holder
    self.boot = boot
    self.uplink = uplink
    self.scope = scope
  }

  /// nil: there is none, or one that is none.
  init?(_ places: RootlessPlaces) throws(SyscallError) {
    do throws(SyscallError) {
      self.init(text: try Kernel.text(of: places.record))
    } catch {
      if error.errno == 2 { return nil }
      throw error
    }
  }

  init?(text: String) {
    var scope: RootlessScope?
    var lines: [[Substring]] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix(Self.scopeMark) {
        scope = RootlessScope(path: FilePath(String(line.dropFirst(Self.scopeMark.utf8.count))))
      } else {
        lines.append(line.split(separator: " "))
      }
    }
    guard let first = lines.first, (3...4).contains(first.count), let holder = Self.identity(first[...]) else {
      return nil
    }
    self.init(
      holder: holder, boot: String(first[2]), uplink: lines.dropFirst().first.flatMap { Self.identity($0[...]) },
      scope: scope, space: first.count == 4 ? UInt64(first[3]) : nil)
  }

  private static let scopeMark = "scope "

  private static func identity(_ words: ArraySlice<Substring>) -> ProcessIdentity? {
    guard words.count >= 2, let pid = Int32(words[words.startIndex]), let start = UInt64(words[words.startIndex + 1])
    else { return nil }
    return ProcessIdentity(pid: pid, startTime: start)
  }

  var text: String {
    "\(holder.pid) \(holder.startTime) \(boot)\(space.map { " \($0)" } ?? "")\n"
      + (uplink.map { "\($0.pid) \($0.startTime)\n" } ?? "")
      + (scope.map { "\(Self.scopeMark)\($0.path)\n" } ?? "")
  }

  /// The holder if it is there, of this boot.
  var living: ProcessIdentity? {
    get throws(SyscallError) {
      guard boot == (try Kernel.bootID()), try holder.isAlive else { return nil }
      return holder
    }
  }

  /// Whole or not at all. The lock is held.
  func write(_ places: RootlessPlaces) throws(SyscallError) {
    let new = places.runDirectory.appending("rootless.new")
    try Kernel.open(new, [.writeOnly, .create, .truncate, .noFollow], mode: 0o600).writeAll(Array(text.utf8))
    try Kernel.rename(new, to: places.record)
  }
}

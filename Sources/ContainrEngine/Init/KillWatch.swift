// Sees the OOM killer strike in a container at once, and says how often and at which limit: each strike once, also if the
// container goes on. Part of the shim.
internal import ContainrSystem

/// The counter of a container's cgroup under watch.
struct KillWatch {
  /// v1 speaks of a strike before it has counted it: for so many looks, `pause` apart, the number may still be the old one.
  private static let looks = 40
  /// Milliseconds between these.
  static let pause: Int32 = 50

  let counter: SharedFD
  /// The file of the limit; it may have another one in a moment.
  private let limit: SharedFD?
  /// v1's eventfd; v2's counter tells by itself.
  private let notice: SharedFD?
  private var told: UInt64 = 0
  private var looksLeft = 0

  init(counter: SharedFD, limit: SharedFD?, notice: SharedFD?) {
    self.counter = counter
    self.limit = limit
    self.notice = notice
  }

  /// A strike was announced and is not counted yet.
  var isExpecting: Bool { looksLeft > 0 }

  /// Watches it under this token. What the kernel does not tell of is counted at the end.
  func begin(_ events: borrowing EventPoll, token: UInt64) throws(SyscallError) {
    // Read once: only from there on kernfs has something to tell.
    _ = try KillCounter.count(counter)
    do throws(SyscallError) {
      // EPOLLPRI is 2, EPOLLIN 1.
      try events.add(notice?.raw ?? counter.raw, token: token, events: notice == nil ? 2 : 1)
    } catch {
      if error.errno != 1 { throw error }  // EPERM: v1's counter without a notice cannot be waited for
    }
  }

  /// The kernel has told something; answers the attributes of an event, nil for none. A cgroup that somebody has removed, which
  /// v2 would go on telling of, is watched no more.
  mutating func take(_ events: borrowing EventPoll) throws(SyscallError) -> String? {
    if try KillCounter.isGone(counter) {
      try events.remove(notice?.raw ?? counter.raw)
      looksLeft = 0
      return nil
    }
    if let notice {
      while let count = try Kernel.readReady(notice.raw), !count.isEmpty {}
      looksLeft = Self.looks
    }
    return try look()
  }

  /// Whether more were killed than were told of; answers as `take`.
  mutating func look() throws(SyscallError) -> String? {
    if looksLeft > 0 { looksLeft -= 1 }
    let count = try KillCounter.count(counter)
    guard count > told else { return nil }
    defer { told = count }
    looksLeft = 0
    return "\(try limitWord())\tkills=\(count - told)\ttotal=\(count)"
  }

  /// In bytes; `none` where only the host's memory is one.
  private func limitWord() throws(SyscallError) -> String {
    guard let limit else { return "limit=none" }
    let text: String
    do throws(SyscallError) { text = try KillCounter.text(limit) } catch {
      if error.errno == 19 { return "limit=none" }
      throw error
    }
    // v1 has a number for no limit: all pages that there could be.
    guard let bytes = UInt64(text.prefix { $0 != "\n" }), bytes < 1 << 62 else { return "limit=none" }
    return "limit=\(bytes)"
  }
}

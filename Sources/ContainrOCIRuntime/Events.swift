// `events`: what a container uses, once or again and again, and when the kernel kills in it for want of memory.
internal import ContainrBundle
internal import ContainrCgroups
internal import ContainrJSON
internal import ContainrSystem

enum Events {
  static let forms: [String] = ["interval=", "stats"]

  static func events(_ words: CommandWords, _ context: RuntimeContext) throws(RuntimeFailure) -> Int32 {
    guard words.operands.count == 1 else { throw RuntimeFailure("needs exactly one container id") }
    let id = words.operands[0]
    let directory = try context.root.directory(id)
    let state = try directory.loadExisting()
    if try state.status() == "stopped" { throw RuntimeFailure("container with id \(id) is not running") }
    guard let cgroup = try context.cgroup(state) else {
      throw RuntimeFailure("events need a cgroup, and there is none")
    }
    if words.has("stats") {
      try tell("stats", id, try Statistics.of(cgroup))
      return 0
    }
    let interval = try milliseconds(words.value("interval") ?? "5s")
    let pidfd = try attempt("watch the container") { () throws(SyscallError) -> SharedFD? in
      guard let opened = try state.process?.openPidFD() else { return nil }
      return SharedFD(opened)
    }
    guard let pidfd else { return 0 }
    try follow(id, cgroup, pidfd, milliseconds: interval)
    return 0
  }

  /// How long after v1's notice, which comes before the kill, the kill is looked for; nanoseconds.
  private static let patience: UInt64 = 1_000_000_000

  /// Tells until the container has ended. The kernel wakes us for each of the three: an end, want of memory, the time.
  private static func follow(
    _ id: String, _ cgroup: Cgroup, _ pidfd: SharedFD, milliseconds interval: Int32
  ) throws(RuntimeFailure) {
    let notices = try attemptCgroup { () throws(CgroupError) in try cgroup.memoryNotices() }
    func kills() throws(RuntimeFailure) -> UInt64 {
      try attemptCgroup { () throws(CgroupError) in try cgroup.reading().oomKills }
    }
    var known = try kills()
    let period = UInt64(interval) * 1_000_000
    let timer = try attempt("watch the container") { () throws(SyscallError) in SharedFD(try Kernel.timerDescriptor()) }
    let events = try attempt("watch the container") { () throws(SyscallError) in try EventPoll() }
    try attempt("watch the container") { () throws(SyscallError) in
      try Kernel.arm(timer: timer.raw, nanoseconds: period)
      for (number, descriptor) in [pidfd, notices?.descriptor, timer].enumerated() {
        if let descriptor { try events.add(descriptor.raw, token: UInt64(number)) }
      }
    }
    var lookUntil: UInt64 = 0
    while true {
      let isLooking = Kernel.monotonicTime() < lookUntil
      let ready = try attempt("watch the container") { () throws(SyscallError) in
        try events.wait(milliseconds: isLooking ? 5 : -1).map(\.token)
      }
      if ready.contains(1), let notices {
        try attempt("watch the container") { () throws(SyscallError) in try notices.drain() }
        lookUntil = Kernel.monotonicTime() + patience
        if try attemptCgroup({ () throws(CgroupError) in try cgroup.waitsForMemory() }) {
          try tell("oom", id, nil)
          lookUntil = 0
        }
      }
      if isLooking || ready.contains(0) || ready.contains(1) {
        let now = try kills()
        if now > known {
          try tell("oom", id, nil)
          lookUntil = 0
        }
        known = now
      }
      if ready.contains(0) { return }
      if ready.contains(2) {
        try tell("stats", id, try Statistics.of(cgroup))
        try attempt("watch the container") { () throws(SyscallError) in
          try Kernel.arm(timer: timer.raw, nanoseconds: period)
        }
      }
    }
  }

  private static func tell(_ type: String, _ id: String, _ data: JSONValue?) throws(RuntimeFailure) {
    var members = [JSONMember("type", .string(type)), JSONMember("id", .string(id))]
    if let data { members.append(JSONMember("data", data)) }
    Inspection.print(JSONValue.object(members).text() + "\n")
  }

  /// Go's durations, as far as one unit goes: `500ms`, `5s`, `2m`.
  private static func milliseconds(_ text: String) throws(RuntimeFailure) -> Int32 {
    for (unit, scale) in [("ms", Int64(1)), ("s", 1000), ("m", 60_000), ("h", 3_600_000)] where text.hasSuffix(unit) {
      if let number = Int64(text.dropLast(unit.utf8.count)), number > 0, number < 1_000_000 {
        return Int32(clamping: number * scale)
      }
    }
    throw RuntimeFailure("--interval must be such as 5s, not \(text)")
  }
}

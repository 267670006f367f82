// The containers of an attached `up`: which still run, which are started again, and when all have ended.
internal import ContainrEngine
internal import ContainrSystem

/// Watches processes by pidfd.
struct Crowd {
  private struct Member {
    /// On the host: two lives of one container may be there at once.
    var id: String
    var token: UInt64
    var fd: SharedFD
  }

  private var members: [Member] = []
  private var nextToken: UInt64
  private let exitDescriptor: (String) throws -> SharedFD?
  /// What was last told of each that ended.
  private var told: [String: String] = [:]
  /// The exit code of the last container that ended badly and stays so; 0 if none did.
  private(set) var worst: Int32 = 0
  /// Containers that ended and may be started again.
  private(set) var isUndecided = false
  private var returning = 0

  /// Tokens of the event loop from `firstToken` on are the crowd's.
  init(firstToken: UInt64, exitDescriptor: @escaping (String) throws -> SharedFD?) {
    nextToken = firstToken
    self.exitDescriptor = exitDescriptor
  }

  /// Nothing runs, and nothing will.
  var hasEnded: Bool { members.isEmpty && returning == 0 }

  /// The process behind this token has ended.
  mutating func ended(token: UInt64, poll: borrowing EventPoll) throws(SyscallError) {
    guard let index = members.firstIndex(where: { $0.token == token }) else { return }
    try poll.remove(members[index].fd.raw)
    members.remove(at: index)
  }

  /// Takes in what the containers are now; answers a line for each that has ended since.
  mutating func update(_ statuses: [ContainerStatus], poll: borrowing EventPoll) throws -> [String] {
    var lines: [String] = []
    (returning, isUndecided, worst) = (0, false, 0)
    for status in statuses {
      if status.state == .running || status.state == .paused {
        told[status.id] = nil
        try watch(status, poll: poll)
        continue
      }
      if members.contains(where: { $0.id == status.id }) { continue }
      // A job waits for its time, and nobody has to look whether it has come.
      if status.state == .scheduled || status.nextRun != nil {
        returning += 1
        continue
      }
      let returns = !status.isOver
      if returns {
        returning += 1
        isUndecided = true
      } else if let code = status.exitCode, code != 0, status.state != .stopped {
        worst = code
      }
      let line = Self.line(status, returns: returns)
      if told.updateValue(line, forKey: status.id) != line { lines.append(line) }
    }
    return lines
  }

  /// The descriptor is the shim's: when it is readable, the end is on record.
  private mutating func watch(_ status: ContainerStatus, poll: borrowing EventPoll) throws {
    if members.contains(where: { $0.id == status.id }) { return }
    guard let fd = try exitDescriptor(status.id) else {
      // It ended between the look and now: look again soon.
      returning += 1
      isUndecided = true
      return
    }
    try poll.add(fd.raw, token: nextToken)
    members.append(Member(id: status.id, token: nextToken, fd: fd))
    nextToken += 1
  }

  private static func line(_ status: ContainerStatus, returns: Bool) -> String {
    let name = "\(status.service)-\(status.index)"
    let end =
      switch status.state {
      case .died: "\(name) died"
      case .stopped: "\(name) stopped"
      case .created: "\(name) was not started"
      default:
        "\(name) exited with code \(status.exitCode.map(String.init) ?? "?")\(status.causeOfEnd.map { " (\($0))" } ?? "")"
      }
    return returns ? "\(end), is started again" : end
  }
}

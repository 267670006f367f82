// The containers of an attached `up`: which still run, which are started again, and when all have ended.
internal import ContainrEngine
internal import ContainrSpec
internal import ContainrSystem

/// Watches processes by pidfd.
struct Crowd {
  private struct Member {
    var name: String
    var pid: Int32
    var token: UInt64
    var fd: SharedFD
  }

  private let policies: [String: RestartPlan.Policy]
  private var members: [Member] = []
  private var nextToken: UInt64?
  private var told: Set<String> = []
  /// The exit code of the last container that ended badly and stays so; 0 if none did.
  private(set) var worst: Int32 = 0
  /// Containers that ended and may be started again.
  private(set) var isUndecided = false
  private var returning = 0

  init(plan: StackPlan) {
    policies = Dictionary(uniqueKeysWithValues: plan.services.map { ($0.name, $0.restart.policy) })
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
  @discardableResult
  mutating func update(
    _ statuses: [ContainerStatus], poll: borrowing EventPoll, firstToken: UInt64
  ) throws(SyscallError) -> [String] {
    var lines: [String] = []
    (returning, isUndecided, worst) = (0, false, 0)
    for status in statuses {
      if let pid = status.pid, status.state == .running {
        told.remove(status.name)
        try watch(status.name, pid: pid, poll: poll, firstToken: firstToken)
        continue
      }
      if members.contains(where: { $0.name == status.name }) { continue }
      let returns = comesBack(status)
      if returns {
        returning += 1
        isUndecided = true
      } else if let code = status.exitCode, code != 0, status.state != .stopped {
        worst = code
      }
      if told.insert(status.name).inserted { lines.append(Self.line(status, returns: returns)) }
    }
    return lines
  }

  private mutating func watch(
    _ name: String, pid: Int32, poll: borrowing EventPoll, firstToken: UInt64
  ) throws(SyscallError) {
    if members.contains(where: { $0.name == name && $0.pid == pid }) { return }
    let fd: SharedFD
    do {
      guard let owned = try ProcessIdentity.current(pid: pid).openPidFD() else {
        isUndecided = true
        return
      }
      fd = SharedFD(owned)
    } catch {
      // It ended between the look and now: look again soon.
      if error.errno != 2 && error.errno != 3 { throw error }
      returning += 1
      isUndecided = true
      return
    }
    let token = nextToken ?? firstToken
    nextToken = token + 1
    try poll.add(fd.raw, token: token)
    members.append(Member(name: name, pid: pid, token: token, fd: fd))
  }

  private func comesBack(_ status: ContainerStatus) -> Bool {
    guard status.state == .exited || status.state == .died else { return false }
    switch policies[status.service] ?? .no {
    case .no: return false
    case .always, .unlessStopped: return true
    case .onFailure: return status.exitCode != 0
    }
  }

  private static func line(_ status: ContainerStatus, returns: Bool) -> String {
    let name = "\(status.service)-\(status.index)"
    let end =
      switch status.state {
      case .died: "\(name) died"
      case .stopped: "\(name) stopped"
      default:
        "\(name) exited with code \(status.exitCode.map(String.init) ?? "?")\(status.outOfMemory ? " (out of memory)" : "")"
      }
    return returns ? "\(end), is started again" : end
  }
}

// What a supervisor answers to whom asks which containers have not moved: a line each, and one that says that these are
// all. Pure.

/// Of a container that has not moved: what was listened to. Another process, or one that has left this mount namespace, may
/// have moved unheard.
struct StillProcess: Sendable, Hashable {
  var pid: Int32
  /// `mnt:[4026532008]`.
  var mountNamespace: String
}

struct StillAnswer: Sendable, Hashable {
  /// The request.
  static let request = "still"
  private static let end = "."
  /// By container. Empty also for an answer that was cut off, or is none.
  var processes: [String: StillProcess] = [:]

  init(processes: [String: StillProcess] = [:]) { self.processes = processes }

  init(text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count >= 2, lines[lines.count - 2] == Self.end, lines[lines.count - 1].isEmpty else { return }
    for line in lines.dropLast(2) {
      let words = line.split(separator: " ")
      guard words.count == 3, let pid = Int32(words[1]) else { continue }
      processes[String(words[0])] = StillProcess(pid: pid, mountNamespace: String(words[2]))
    }
  }

  var text: String {
    let lines = processes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.pid) \($0.value.mountNamespace)\n" }
    return lines.joined() + "\(Self.end)\n"
  }
}

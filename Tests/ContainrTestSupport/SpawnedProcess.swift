// A child process by posix_spawn. Foundation's Process is not used: its `run` is not safe on several threads at once.
internal import Foundation
internal import Synchronization

/// A child in a process group of its own, with a small clean environment and default signals.
public final class SpawnedProcess: Sendable {
  /// Its pid. Still its own until `exitCode` has answered.
  public let pid: Int32
  private let end = Mutex<Int32?>(nil)

  /// Starts `words`; the first is a path or a name looked up in PATH. `streams` are the paths of standard input, output
  /// and error. `environment` is added to a small clean one.
  public init(
    _ words: [String], environment: [String: String] = [:], directory: String? = nil, streams: [String]
  ) throws {
    var all = [
      "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root",
    ]
    all.merge(environment) { $1 }
    // env(1) looks the program up and changes the directory, and then is the program.
    let whole = ["/usr/bin/env"] + (directory.map { ["-C", $0] } ?? []) + words
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, path) in streams.enumerated() {
      let flags = number == 0 ? O_RDWR : O_RDWR | O_APPEND
      posix_spawn_file_actions_addopen(&actions, Int32(number), path, flags | O_NOCTTY, 0)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    let arguments = whole.map { strdup($0) } + [nil]
    let variables = all.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var child: pid_t = 0
    let result = posix_spawn(&child, whole[0], &actions, &attributes, arguments, variables)
    guard result == 0 else { throw TestSupportError("start \(words.joined(separator: " ")): errno \(result)") }
    pid = child
  }

  /// The exit code, or 128 + signal; nil while it runs.
  public func exitCode() -> Int32? {
    end.withLock { end in
      if end != nil { return end }
      var status: Int32 = 0
      guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
      end = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
      return end
    }
  }

  /// Sends a signal, to the whole process group if asked for; nothing to a process that has ended.
  public func signal(_ number: Int32, group: Bool = false) {
    if exitCode() == nil { kill(group ? -pid : pid, number) }
  }
}

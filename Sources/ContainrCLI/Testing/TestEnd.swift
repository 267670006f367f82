// How `containr test` ends if not with its command's own code: codes that no shell, signal or usual program has.
internal import ContainrForeground

enum TestEnd: Int32, CaseIterable, Sendable {
  /// Wrong words, or a failure that no other code names.
  case failure = 200
  /// The file, or the host as it is, does not allow the stack. Nothing was started.
  case refused
  /// An image could not be fetched.
  case notPulled
  /// The stack could not be started.
  case notStarted
  /// Something did not become healthy or did not complete.
  case notReady
  /// The command could not be started.
  case commandNotStarted
  /// The command took too long.
  case timedOut
  /// A signal ended it.
  case interrupted
  /// All was well but the taking away.
  case leftBehind
  /// All was well but what was to be written.
  case notWritten

  /// The word in files.
  var word: String {
    switch self {
    case .failure: "failure"
    case .refused: "refused"
    case .notPulled: "not-pulled"
    case .notStarted: "not-started"
    case .notReady: "not-ready"
    case .commandNotStarted: "command-not-started"
    case .timedOut: "timed-out"
    case .interrupted: "interrupted"
    case .leftBehind: "left-behind"
    case .notWritten: "not-written"
    }
  }

  /// For the manual; docs/cli.md says the same.
  var meaning: String {
    switch self {
    case .failure: "The command line is wrong, or something failed that no other code names."
    case .refused: "The file, or the host as it is, does not allow the stack. Nothing was started."
    case .notPulled: "An image could not be fetched."
    case .notStarted: "The stack could not be started."
    case .notReady: "Something did not become healthy or did not complete, or not in time."
    case .commandNotStarted: "The command could not be started."
    case .timedOut: "The command took longer than --timeout."
    case .interrupted: "Ended by a signal before it was done."
    case .leftBehind: "The command ended with 0, and the stack could not be taken away."
    case .notWritten: "The command ended with 0, and what --artifacts asks for could not be written."
    }
  }

  /// The end of a preparation that another command's words ended.
  init(_ exit: CommandExit) { self = exit.code == ExitCode.refused.rawValue ? .refused : .failure }

  /// What a command's own code is passed on as: one of ours would be taken for ours.
  static func passing(_ code: Int32) -> Int32 { TestEnd(rawValue: code) == nil ? code : 1 }
}

/// Ends the middle of a test; what has to be cleared away and written is done all the same.
struct TestStop: Error {
  var end: TestEnd
  /// One sentence; nil: all is said.
  var message: String?
  var notes: [String] = []
}

// How a command ends: the exit codes that docs/cli.md promises, and the one error that carries them.
package import ContainrHost
internal import ContainrSystem

/// The exit codes of all commands but `run` and `exec`, which pass on their program's.
package enum ExitCode: Int32, Sendable, CaseIterable {
  /// Done, or nothing to do.
  case done = 0
  /// The command line is wrong, or something failed that no other code names.
  case failure = 1
  /// The file, or the host as it is, does not allow it. Nothing was touched. For `plan`: there are changes.
  case refused = 2
  /// `plan`: the file or the host does not allow what `up` would do.
  case blocked = 3
  /// Applying went wrong half way. The next `up` goes on, `down` takes away what there is.
  case incomplete = 4
  /// Everything started, but something did not become healthy or did not complete well (`--wait`, attached `up`).
  case unhealthy = 6
  /// Applying went wrong, and the stack is back at the revision that it was at.
  case returned = 7
  /// A saved plan no longer fits what is there. Nothing was touched.
  case stale = 8
  /// `run` itself failed, not the program in it.
  case runFailed = 125
  /// Ended by Ctrl-C before it was done.
  case interrupted = 130
}

/// Ends a command: what to say, what to do about it, and the code.
package struct CommandExit: Error, Sendable {
  /// The exit code.
  package var code: Int32
  /// One sentence without a full stop; nil: everything is said already.
  package var message: String?
  /// Further lines: reasons.
  package var notes: [String] = []
  /// What to do.
  package var help: String?

  /// With one of our own codes.
  package init(_ code: ExitCode, _ message: String? = nil, notes: [String] = [], help: String? = nil) {
    self.code = code.rawValue
    self.message = message
    self.notes = notes
    self.help = help
  }

  /// The same end with another code.
  package func with(_ code: ExitCode) -> CommandExit {
    var exit = self
    exit.code = code.rawValue
    return exit
  }

  /// What `run` and `exec` do beside their program's run: its own codes are below 125, so none of ours is.
  package static func ours<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let exit as CommandExit {
      throw exit.code < ExitCode.runFailed.rawValue ? exit.with(.runFailed) : exit
    } catch let error as SyscallError {
      // As a shell tells of a program that SIGPIPE has ended.
      if error.errno == 32 { throw CommandExit(passing: 141) }
      throw CommandExit(.runFailed, "\(error)")
    }
  }

  /// The end with a code that a program of the user's gave.
  package init(passing code: Int32, _ message: String? = nil) {
    self.code = code
    self.message = message
  }

  /// Of a command that could not be run: a shell's code where its program is the reason, ours otherwise.
  package init(ofCommand error: EngineError) {
    if case .program(let code) = error.kind {
      self.init(passing: code, error.message)
    } else {
      self.init(.runFailed, error.message)
    }
  }

  /// The message in the form of the loader's findings, with a newline at the end; empty without one.
  package func text(as word: String = "error", _ ink: Ink) -> String {
    guard let message else { return "" }
    var text =
      ink.paint(word, word == "error" ? .red : .yellow) + ink.paint(": \(Displayed.safe(message))", .bold) + "\n"
    for note in notes { text += "  = note: \(Displayed.safe(note))\n" }
    if let help { text += "  = help: \(Displayed.safe(help))\n" }
    return text
  }
}

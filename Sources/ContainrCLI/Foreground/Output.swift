// The command's standard streams: the only place that writes to them.
internal import ContainrSystem
internal import Glibc

/// One of the standard streams.
package struct Output: Sendable {
  /// Borrowed.
  package let descriptor: CInt
  /// Whether a person reads it.
  package let isTerminal: Bool

  /// Standard output.
  package static let standard = Output(descriptor: STDOUT_FILENO, isTerminal: isatty(STDOUT_FILENO) == 1)
  /// Standard error.
  package static let error = Output(descriptor: STDERR_FILENO, isTerminal: isatty(STDERR_FILENO) == 1)

  /// Writes the text at once. A reader that went away ends the command as SIGPIPE does.
  package func write(_ text: String) {
    guard !text.isEmpty else { return }
    do { try Kernel.writeAll(descriptor, Array(text.utf8)) } catch {
      // Nothing can be said where nothing can be written; EPIPE and a full disk both end the command.
      _exit(error.errno == EPIPE ? 128 + SIGPIPE : ExitCode.failure.rawValue)
    }
  }

  /// Columns of the terminal; 80 where it does not tell.
  package var columns: Int {
    guard isTerminal, let size = Kernel.windowSize(descriptor), size.columns > 0 else { return 80 }
    return Int(size.columns)
  }
}

/// Asks a person.
package enum Prompt {
  /// Whether standard input is a terminal.
  package static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

  /// Whether there is somebody to ask.
  package static var isPossible: Bool { isatty(STDIN_FILENO) == 1 && Output.error.isTerminal }

  /// True only for `y` or `yes`; the end of the input is no.
  package static func confirm(_ question: String) -> Bool {
    Output.error.write("\(question) [y/N] ")
    guard let answer = readLine() else {
      Output.error.write("\n")
      return false
    }
    return ["y", "yes"].contains(answer.lowercased())
  }

  /// A line; nil at the end of the input.
  package static func line(_ question: String) -> String? {
    Output.error.write(question)
    return readLine()
  }
}

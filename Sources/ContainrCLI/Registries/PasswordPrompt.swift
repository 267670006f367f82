// Asks for a password on the terminal without showing it.
internal import ContainrForeground
internal import Glibc

enum PasswordPrompt {
  /// The answer; nil at the end of the input. Ctrl-C ends the command, with the terminal as it was.
  static func ask(_ question: String) -> String? {
    Output.error.write(question)
    var before = termios()
    tcgetattr(STDIN_FILENO, &before)
    var silent = before
    // Signals by keys as well: a process that they end would leave the terminal without an echo.
    silent.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
    let answer = read()
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
    Output.error.write("\n")
    if case .interrupted = answer { ProgramEnd.leave(.interrupted) }
    if case .text(let bytes) = answer { return String(decoding: bytes, as: UTF8.self) }
    return nil
  }

  private enum Answer {
    case text([UInt8])
    case interrupted, ended
  }

  private static func read() -> Answer {
    var bytes: [UInt8] = []
    while true {
      var byte: UInt8 = 0
      let count = Glibc.read(STDIN_FILENO, &byte, 1)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return bytes.isEmpty ? .ended : .text(bytes) }
      switch byte {
      case 0x0a, 0x0d: return .text(bytes)
      case 0x03, 0x1c: return .interrupted
      case 0x04: if bytes.isEmpty { return .ended }
      case 0x15: bytes = []
      case 0x08, 0x7f:
        // A whole letter: its continuation bytes first.
        while let last = bytes.popLast(), last & 0xc0 == 0x80 {}
      default: bytes.append(byte)
      }
    }
  }
}

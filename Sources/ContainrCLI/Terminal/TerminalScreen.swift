// The whole terminal for one picture that is drawn again and again; what was there before comes back at the end. Draws what it
// is given and knows nothing of it.
internal import ContainrForeground
internal import ContainrSystem
internal import Glibc

/// A terminal on standard output, keys from standard input if that is one.
final class TerminalScreen {
  private let output: Output
  private var saved: [UInt8]?
  private var isShown = false

  init(_ output: Output) { self.output = output }

  deinit { leave() }

  /// Rows and columns as they are now.
  var size: (rows: Int, columns: Int) {
    guard let size = Kernel.windowSize(output.descriptor), size.rows > 0, size.columns > 0 else { return (24, 80) }
    return (Int(size.rows), Int(size.columns))
  }

  /// The other screen, no cursor, no wrapping; keys come one by one and are not shown.
  func enter() {
    if isShown { return }
    isShown = true
    saved = Kernel.makeRaw(0)
    output.write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[H\u{1B}[2J")
  }

  /// All as it was. Harmless twice.
  func leave() {
    guard isShown else { return }
    isShown = false
    output.write("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
    if let saved { Kernel.restoreTerminal(0, saved) }
    saved = nil
  }

  /// The picture, a line a row, in one write; what was longer before is wiped.
  func draw(_ lines: [String]) {
    output.write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
  }

  /// Stands still as other programs do at Ctrl-Z, until the shell lets us go on.
  func suspend() {
    leave()
    kill(getpid(), SIGSTOP)
    enter()
  }
}

/// What a key means to a screen.
enum ScreenKey: Hashable {
  case letter(Character)
  case up, down, pageUp, pageDown, home, end
  case interrupt, suspend

  /// The keys in what was read at once.
  static func keys(_ bytes: some Collection<UInt8>) -> [ScreenKey] {
    var keys: [ScreenKey] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      switch byte {
      case 3, 4: keys.append(.interrupt)
      case 26: keys.append(.suspend)
      case 0x1B:
        // CSI or SS3: parameters, then a final letter.
        guard rest.first == UInt8(ascii: "[") || rest.first == UInt8(ascii: "O") else { continue }
        rest = rest.dropFirst()
        let sequence = rest.prefix { (0x30...0x3F).contains($0) }
        rest = rest.dropFirst(sequence.count)
        guard let final = rest.popFirst() else { return keys }
        if let key = key(sequence, final) { keys.append(key) }
      case 0x20...0x7E: keys.append(.letter(Character(Unicode.Scalar(byte))))
      default: continue
      }
    }
    return keys
  }

  private static func key(_ parameters: some Collection<UInt8>, _ final: UInt8) -> ScreenKey? {
    switch final {
    case UInt8(ascii: "A"): .up
    case UInt8(ascii: "B"): .down
    case UInt8(ascii: "H"): .home
    case UInt8(ascii: "F"): .end
    case UInt8(ascii: "~"):
      switch parameters.first {
      case UInt8(ascii: "5"): .pageUp
      case UInt8(ascii: "6"): .pageDown
      case UInt8(ascii: "1"), UInt8(ascii: "7"): .home
      case UInt8(ascii: "4"), UInt8(ascii: "8"): .end
      default: nil
      }
    default: nil
    }
  }
}

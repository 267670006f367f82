// A program at a terminal: a pseudo terminal that is its controlling one, with somebody who reads and types.
import ContainrTestSupport
import Foundation

/// One program and its terminal.
final class Terminal: @unchecked Sendable {
  private let master: Int32
  private let process: SpawnedProcess
  private let lock = NSLock()
  private var bytes: [UInt8] = []
  private var ended = false

  /// Starts `words` in a session of its own with this terminal. 80 × 24.
  init(_ words: [String], environment: [String: String], directory: String) throws {
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var unlocked: Int32 = 0
    var number: UInt32 = 0
    // TIOCSPTLCK and TIOCGPTN, which Glibc's module lacks, as it does posix_openpt.
    guard master >= 0, ioctl(master, 0x4004_5431, &unlocked) == 0, ioctl(master, 0x8004_5430, &number) == 0 else {
      throw TestSupportError("no pseudo terminal: errno \(errno)")
    }
    var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    let path = "/dev/pts/\(number)"
    process = try SpawnedProcess(
      ["setsid", "--ctty", "--wait"] + words, environment: environment.merging(["TERM": "xterm"]) { a, _ in a },
      directory: directory, streams: [path, path, path])
    let thread = Thread { [self] in readAll() }
    thread.start()
  }

  private func readAll() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(master, &buffer, buffer.count)
      if count <= 0 { break }  // EIO: the last one closed the other end
      lock.withLock { bytes += buffer[..<count] }
    }
    lock.withLock { ended = true }
  }

  deinit { close(master) }

  /// Everything shown so far, with its control sequences.
  var screen: String { lock.withLock { String(decoding: bytes, as: UTF8.self) } }

  /// The same without control sequences and carriage returns.
  var text: String {
    screen.replacingOccurrences(of: "\u{1B}\\[[0-9;?]*[A-Za-z]", with: "", options: .regularExpression)
      .replacingOccurrences(of: "\r", with: "")
  }

  /// Gives it another size, of which the program hears by SIGWINCH.
  func resize(rows: UInt16, columns: UInt16) {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
  }

  /// Whether it is in the order in which a shell leaves it: lines, echo, signals by keys.
  var isCooked: Bool {
    var settings = termios()
    guard tcgetattr(master, &settings) == 0 else { return false }
    let all = tcflag_t(ICANON | ECHO | ISIG)
    return settings.c_lflag & all == all
  }

  /// The program's pid: setsid waits for it.
  func program() throws -> Int32 {
    let children = try String(contentsOfFile: "/proc/\(process.pid)/task/\(process.pid)/children", encoding: .utf8)
    guard let pid = Int32(children.split(separator: " ").first ?? "") else { throw TestSupportError("no program") }
    return pid
  }

  /// Whether the program hears of a signal otherwise than by its end: it blocks it, for a descriptor, or catches it.
  func takes(_ signal: Int32) -> Bool {
    guard let pid = try? program(),
      let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    else { return false }
    // Not the shell that leads to it, which blocks signals while it waits.
    guard status.hasPrefix("Name:\tcontainr") else { return false }
    return status.split(separator: "\n").contains { line in
      guard line.hasPrefix("SigBlk:") || line.hasPrefix("SigCgt:") else { return false }
      let set = UInt64(line.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16) ?? 0
      return set & (1 << UInt64(signal - 1)) != 0
    }
  }

  /// Types; `\u{3}` is Ctrl-C.
  func type(_ keys: String) throws {
    guard keys.withCString({ write(master, $0, strlen($0)) }) == keys.utf8.count else {
      throw TestSupportError("type: errno \(errno)")
    }
  }

  /// Waits until a text is on the screen.
  func expect(_ words: String, timeout: Double = 60) throws {
    do {
      try eventually("'\(words)' is on the screen", timeout: timeout) { text.contains(words) }
    } catch { throw TestSupportError("\(error)\n\(text)") }
  }

  /// The exit code; 128 + signal.
  func end(timeout: Double = 60) throws -> Int32 {
    let deadline = Date().addingTimeInterval(timeout * TestPace.factor)
    var code = process.exitCode()
    while code == nil {
      if Date() > deadline {
        process.signal(SIGKILL, group: true)
        throw TestSupportError("it did not end within \(timeout) s:\n\(text)")
      }
      usleep(2000)
      code = process.exitCode()
    }
    // What was written last is read by now, or soon.
    let drained = Date().addingTimeInterval(5)
    while !lock.withLock({ ended }) && Date() < drained { usleep(2000) }
    return code ?? -1
  }
}

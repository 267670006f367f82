// How large a terminal is, and its modes.
internal import CContainrLinux

extension Kernel {
  /// TIOCGWINSZ of a terminal's descriptor; nil if it is none.
  public static func windowSize(_ descriptor: CInt) -> (rows: UInt16, columns: UInt16)? {
    var rows: UInt16 = 0
    var columns: UInt16 = 0
    return cl_ioctl_winsize(descriptor, &rows, &columns) < 0 ? nil : (rows, columns)
  }
}

extension Kernel {
  /// TIOCSWINSZ; what is no terminal has no size.
  public static func setWindowSize(_ descriptor: CInt, rows: UInt16, columns: UInt16) {
    _ = cl_set_winsize(descriptor, rows, columns)
  }

  /// Raw mode; answers what `restoreTerminal` needs, nil for what is no terminal.
  public static func makeRaw(_ descriptor: CInt) -> [UInt8]? {
    var saved = [UInt8](repeating: 0, count: 256)
    let result = saved.withUnsafeMutableBytes { cl_terminal_raw(descriptor, $0.baseAddress!, $0.count) }
    return result < 0 ? nil : saved
  }

  /// Newlines are shown as they are: for a terminal whose output goes to what is none.
  public static func keepNewlines(_ terminal: CInt) throws(SyscallError) {
    try check(cl_terminal_plain_newlines(terminal), "tcsetattr")
  }

  /// The mode from before.
  public static func restoreTerminal(_ descriptor: CInt, _ saved: [UInt8]) {
    _ = saved.withUnsafeBytes { cl_terminal_restore(descriptor, $0.baseAddress!, $0.count) }
  }
}

// How large a terminal is.
internal import CContainrLinux

extension Kernel {
  /// TIOCGWINSZ of a terminal's descriptor; nil if it is none.
  public static func windowSize(_ descriptor: CInt) -> (rows: UInt16, columns: UInt16)? {
    var rows: UInt16 = 0
    var columns: UInt16 = 0
    return cl_ioctl_winsize(descriptor, &rows, &columns) < 0 ? nil : (rows, columns)
  }
}

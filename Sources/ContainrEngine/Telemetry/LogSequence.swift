// Which file of its log a log file is, noted at the file itself: names change with every rotation. One attribute, no more.
public import ContainrSystem

/// The number of a log file among all that its log ever had; the first is 1.
public enum LogSequence {
  private static let name = "user.containr.sequence"

  /// nil: none was noted.
  public static func number(of file: CInt) throws(SyscallError) -> UInt64? {
    guard let value = try Kernel.attribute(name, of: file) else { return nil }
    return UInt64(String(decoding: value, as: UTF8.self))
  }

  /// The number of a file that is to be written, which gets the first one if it is new; 0: none is known, or can be.
  static func begin(_ file: CInt, isNew: Bool) -> UInt64 {
    do throws(SyscallError) {
      if let number = try number(of: file) { return number }
      // One that was written without numbers stays without.
      if isNew, note(1, at: file) { return 1 }
    } catch { return 0 }
    return 0
  }

  /// Notes it; false: this file system takes no attributes, or has no room for one. A log is written in any case, and who
  /// follows it then says that something may be missing where this would have said that nothing is.
  @discardableResult
  static func note(_ number: UInt64, at file: CInt) -> Bool {
    do throws(SyscallError) {
      try Kernel.setAttribute(name, Array("\(number)".utf8), of: file)
      return true
    } catch { return false }
  }
}

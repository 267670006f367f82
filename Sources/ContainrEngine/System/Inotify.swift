// inotify(7) in the few forms that the event loops need.
internal import CContainrLinux
public import SystemPackage

/// One event of inotify.
public struct InotifyEvent: Sendable, Hashable {
  /// What `Kernel.watch` answered; -1 with IN_Q_OVERFLOW.
  public var watch: Int32
  /// IN_MODIFY 2, IN_CLOSE_WRITE 8, IN_MOVED_TO 0x80, IN_CREATE 0x100, IN_DELETE 0x200, IN_Q_OVERFLOW 0x4000,
  /// IN_IGNORED 0x8000.
  public var mask: UInt32
  /// Of the file in the watched directory; empty if it is the directory itself.
  public var name: String
}

extension Kernel {
  /// An inotify descriptor, non-blocking.
  public static func inotifyDescriptor() throws(SyscallError) -> OwnedFD {
    OwnedFD(taking: try check(cl_inotify_init(), "inotify_init1"))
  }

  /// Watches a path: IN_MODIFY 2, IN_CLOSE_WRITE 8, IN_MOVED_TO 0x80, IN_CREATE 0x100, IN_DELETE 0x200.
  @discardableResult
  public static func watch(_ path: FilePath, inotify: CInt, mask: UInt32) throws(SyscallError) -> Int32 {
    try check(path.withPlatformString { cl_inotify_add(inotify, $0, mask) }, "inotify_add_watch", path)
  }

  /// Ends a watch; one that has ended with what it watched is no failure.
  public static func unwatch(_ watch: Int32, inotify: CInt) throws(SyscallError) {
    let result = cl_inotify_remove(inotify, watch)
    if result != -22 { try check(result, "inotify_rm_watch") }
  }

  /// The events that are there, as many as one read gives; empty if there are none.
  public static func inotifyEvents(_ inotify: CInt) throws(SyscallError) -> [InotifyEvent] {
    var buffer = [UInt8](repeating: 0, count: 16384)
    let result = buffer.withUnsafeMutableBytes { cl_read(inotify, $0.baseAddress!, $0.count) }
    if result == -11 { return [] }
    let count = Int(try check(result, "read(inotify)"))
    var events: [InotifyEvent] = []
    var offset = 0
    // struct inotify_event: wd, mask, cookie, length of the name, the name padded with NUL.
    while offset + 16 <= count {
      let (watch, mask, length) = buffer.withUnsafeBytes {
        (
          $0.loadUnaligned(fromByteOffset: offset, as: Int32.self),
          $0.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self),
          Int($0.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
        )
      }
      let name = buffer[(offset + 16)..<min(offset + 16 + length, count)].prefix { $0 != 0 }
      events.append(InotifyEvent(watch: watch, mask: mask, name: String(decoding: name, as: UTF8.self)))
      offset += 16 + length
    }
    return events
  }
}

// Reads extended attributes for tests.
internal import CContainrLinux

enum ExtendedAttribute {
  /// The value, or nil if there is none.
  static func value(_ name: String, of fd: CInt) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = cl_fgetxattr(fd, name, &buffer, buffer.count)
    return count < 0 ? nil : Array(buffer.prefix(count))
  }
}

// The words of /proc/PID/mountinfo (proc_pid_mountinfo(5)). Pure.

/// How mountinfo writes paths.
public enum MountInfo {
  /// A field as it was meant: blank, tab, newline and backslash are written in octal.
  public static func unescaped(_ text: Substring) -> String {
    if !text.utf8.contains(0x5C) { return String(text) }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == 0x5C, rest.count >= 3, let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8) {
        bytes.append(value)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

// The names of volumes, checked before any becomes a part of a path. Pure.

/// A volume's name on the host: `[a-zA-Z0-9][a-zA-Z0-9_.-]*`, at most 255 bytes.
enum VolumeName {
  static func isValid(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 255 else { return false }
    let isLetterOrDigit = { (c: UInt8) in 48...57 ~= c || 65...90 ~= c || 97...122 ~= c }
    return isLetterOrDigit(first)
      && name.utf8.allSatisfy { isLetterOrDigit($0) || $0 == 95 || $0 == 46 || $0 == 45 }
  }
}

// Paths as text: absolute, normalised, without touching the file system. Split by bytes, as the kernel does: a `/` before
// a combining mark is one character to Swift, and would hide what stands around it.

enum PathText {
  /// `path` against `base` (absolute), with `.`, `..` and double slashes resolved lexically; `~` is `home`.
  static func resolve(_ path: String, base: String, home: String?) -> String {
    if path == "~" || path.hasPrefix("~/"), let home { return normalise(home + path.dropFirst()) }
    return isAbsolute(path) ? normalise(path) : normalise(base + "/" + path)
  }

  /// Whether the kernel takes it from the root.
  static func isAbsolute(_ path: String) -> Bool { path.utf8.first == UInt8(ascii: "/") }

  private static func parts(_ path: String) -> [Substring] {
    path.utf8.split(separator: UInt8(ascii: "/")).map(Substring.init)
  }

  /// Whether `path` is absolute and has nothing to shorten, as nearly all have, and no part that is too long.
  private static func isNormal(_ path: String) -> Bool {
    var length = 0
    var dots = 0
    var isFirst = true
    for byte in path.utf8 {
      if byte == UInt8(ascii: "/") {
        if !isFirst, length == 0 || (length == dots && dots <= 2) { return false }
        (length, dots) = (0, 0)
      } else if isFirst {
        return false
      } else {
        length += 1
        if byte == UInt8(ascii: ".") { dots += 1 }
        if length > 255 { return false }
      }
      isFirst = false
    }
    return length > 0 && !(length == dots && dots <= 2)
  }

  /// The shortest form of an absolute path.
  static func normalise(_ path: String) -> String {
    if isNormal(path) { return path }
    var kept: [Substring] = []
    for part in parts(path) {
      switch part {
      case ".": continue
      case "..": _ = kept.popLast()
      default: kept.append(part)
      }
    }
    return "/" + kept.joined(separator: "/")
  }

  /// The last part of a path.
  static func lastPart(_ path: String) -> String { parts(path).last.map(String.init) ?? "" }

  /// An absolute path inside a container, normalised. `..` is refused: what it means depends on the container's links.
  static func inContainer(_ path: String) throws(ValueProblem) -> String {
    if path.utf8.count < 4096, isNormal(path) { return path }
    guard isAbsolute(path) else {
      throw ValueProblem(
        .path, "\(DisplayText.quote(path)) is not an absolute path", label: "paths inside a container begin with '/'")
    }
    guard !parts(path).contains("..") else {
      throw ValueProblem(.path, "\(DisplayText.quote(path)) contains '..'", label: "write the path that is meant")
    }
    guard path.utf8.count < 4096, parts(path).allSatisfy({ $0.utf8.count <= 255 }) else {
      throw ValueProblem(.path, "the path is longer than the kernel allows")
    }
    return normalise(path)
  }

  private static let archiveSuffixes = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz"]

  /// Whether a file's name says that it is an archive.
  static func isArchive(_ path: String) -> Bool { archiveSuffixes.contains { path.hasSuffix($0) } }
}

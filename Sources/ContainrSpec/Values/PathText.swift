// Paths as text: absolute, normalised, without touching the file system.

enum PathText {
  /// `path` against `base` (absolute), with `.`, `..` and double slashes resolved lexically; `~` is `home`.
  static func resolve(_ path: String, base: String, home: String?) -> String {
    if path == "~" || path.hasPrefix("~/"), let home { return normalise(home + path.dropFirst()) }
    return path.hasPrefix("/") ? normalise(path) : normalise(base + "/" + path)
  }

  /// The shortest form of an absolute path.
  static func normalise(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") {
      switch part {
      case ".": continue
      case "..": _ = parts.popLast()
      default: parts.append(part)
      }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// The last part of a path.
  static func lastPart(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? "" }

  /// An absolute path inside a container, normalised. `..` is refused: what it means depends on the container's links.
  static func inContainer(_ path: String) throws(ValueProblem) -> String {
    guard path.hasPrefix("/") else {
      throw ValueProblem(
        .path, "\(DisplayText.quote(path)) is not an absolute path", label: "paths inside a container begin with '/'")
    }
    guard !path.split(separator: "/").contains("..") else {
      throw ValueProblem(.path, "\(DisplayText.quote(path)) contains '..'", label: "write the path that is meant")
    }
    guard path.utf8.count < 4096, path.split(separator: "/").allSatisfy({ $0.utf8.count <= 255 }) else {
      throw ValueProblem(.path, "the path is longer than the kernel allows")
    }
    return normalise(path)
  }

  private static let archiveSuffixes = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz"]

  /// Whether a file's name says that it is an archive.
  static func isArchive(_ path: String) -> Bool { archiveSuffixes.contains { path.hasSuffix($0) } }
}

// A directory that a test may fill and that goes away with it.
public import Foundation

/// A new directory below the system's temporary one; removed, whatever is in it, when the value is gone.
public final class ScratchDirectory: Sendable {
  /// Absolute, without symlinks.
  public let url: URL
  /// The same as text.
  public var path: String { url.path }

  /// Mode 0755, so that containers with other users can reach into it.
  public init(_ name: String = "test") throws {
    url = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("containr-\(name)-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    do {
      // Not FileManager: it cannot remove what is deeper than PATH_MAX.
      try run("rm", ["-rf", "--one-file-system", path]).succeeding()
    } catch {
      FileHandle.standardError.write(Data("\(path) is left behind: \(error)\n".utf8))
    }
  }

  /// Writes a file and its missing parents; answers its path. A program is written by another process: of ours, a child that
  /// another test begins at this moment would have it open for writing for as long, and nobody could execute it (ETXTBSY).
  @discardableResult
  public func write(_ text: String, to name: String, mode: Int = 0o644) throws -> String {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    if mode & 0o111 == 0 {
      try Data(text.utf8).write(to: file)
    } else {
      try run("sh", ["-c", "cat >\"$1\"", "sh", file.path], input: text).succeeding()
    }
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    return file.path
  }
}

// An overlay that fuse-overlayfs makes, as a value. Pure.

/// What the server is told, and what becomes of its file system.
public struct ServedOverlay: Sendable, Hashable, CustomStringConvertible {
  /// Where it goes.
  public enum Place: Sendable, Hashable {
    /// The root, at this path of the host. `files` are written into the writable layer first, of a container that leaves
    /// nothing.
    case root(mountPoint: String, files: [ProvidedText])
    /// Read-only, at a path inside: all of it, or the part at `subpath`.
    case target(String, subpath: String?)
  }

  /// Directories, highest first.
  public var lowers: [String]
  /// Takes what is written; nil: nothing does.
  public var upper: String?
  /// The server's own, beside `upper`.
  public var work: String?
  /// Where it goes.
  public var place: Place

  /// With its values.
  public init(lowers: [String], upper: String?, work: String?, place: Place) {
    self.lowers = lowers
    self.upper = upper
    self.work = work
    self.place = place
  }

  /// One line, as it stands in errors and tests.
  public var description: String {
    let layers = "\(lowers.joined(separator: ":")) upper=\(upper ?? "-") work=\(work ?? "-")"
    switch place {
    case .root(let mountPoint, let files):
      return "served \(layers) at \(mountPoint)"
        + (files.isEmpty ? "" : " passing: \(files.map(\.path).joined(separator: ","))")
    case .target(let target, let subpath): return "served \(layers)\(subpath.map { " // \($0)" } ?? "") \(target)"
    }
  }

  /// All the directories that it is made of.
  var directories: [String] { lowers + (upper.map { [$0] } ?? []) }

  /// The words of the server, which speaks on descriptor `device`. Throws for a path that it cannot be told.
  /// `stays`: it does not go into the background. `keepsACLs`: all of its directories do.
  func arguments(
    device: CInt, program: String, stays: Bool, keepsACLs: Bool = true
  ) throws(ServedOverlayError) -> [String] {
    for path in lowers where path.utf8.contains(0x3A) {
      throw ServedOverlayError(
        description: "the layer \(path) has a colon in its path, which fuse-overlayfs takes as its end")
    }
    var options = ["lowerdir=" + lowers.map(Self.escaped).joined(separator: ":")]
    if let upper, let work {
      options += ["upperdir=" + Self.escaped(upper), "workdir=" + Self.escaped(work)]
    }
    // Else the kernel asks for the ACL of each file that is somebody else's, and takes EOPNOTSUPP for an error of the access.
    if !keepsACLs { options.append("noacl") }
    // libfuse takes a name of this form for a connection that is mounted already (fuse_session_mount).
    return [program] + (stays ? ["-f"] : []) + ["-o", options.joined(separator: ","), "/dev/fd/\(device)"]
  }

  /// As libfuse reads the words behind `-o`.
  private static func escaped(_ path: String) -> String {
    path.replacing("\\", with: "\\\\").replacing(",", with: "\\,")
  }
}

/// Why the server cannot be told.
public struct ServedOverlayError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The whole sentence.
  public let description: String
}

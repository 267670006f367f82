// The short form of a mount and of a tmpfs: [SOURCE:]TARGET[:OPTIONS].

/// The parts of a short mount.
struct MountParts {
  /// nil: an anonymous volume.
  var source: String?
  var target: String
  var options: [String] = []

  /// A path of the host, not a volume's name.
  var isBind: Bool { source.map(MountText.isPath) ?? false }
}

enum MountText {
  /// Options that the specification, Docker or podman know.
  static let options: Set<String> = [
    "ro", "rw", "z", "Z", "cached", "delegated", "consistent", "private", "rprivate", "shared", "rshared", "slave",
    "rslave", "bind", "rbind", "nocopy", "copy", "U", "noexec", "nosuid", "nodev", "exec", "suid", "dev",
  ]

  static func parts(_ text: String) throws(ValueProblem) -> MountParts {
    let parts = text.pieces(":")
    guard (1...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else {
      throw ValueProblem(
        .invalidValue, "\(DisplayText.quote(text)) is not a mount",
        help: "write SOURCE:TARGET or SOURCE:TARGET:ro, such as ./site:/srv:ro")
    }
    guard parts.count > 1 else {
      return MountParts(source: nil, target: try PathText.inContainer(parts[0]))
    }
    var mount = MountParts(source: parts[0], target: try PathText.inContainer(parts[1]))
    if !isPath(parts[0]) {
      if parts[0].contains("/") {
        throw ValueProblem(
          .path, "\(DisplayText.quote(parts[0])) is neither a path nor a volume's name",
          help: "write ./\(parts[0]) for a path below the project directory")
      }
      _ = try NameText.object(parts[0], "volume")
    }
    guard parts.count == 3 else { return mount }
    for option in parts[2].pieces(",") {
      guard options.contains(option) else {
        throw ValueProblem(
          .invalidValue, "unknown mount option \(DisplayText.quote(option))", help: "write ro or rw")
      }
      mount.options.append(option)
    }
    return mount
  }

  /// A path is a bind, anything else a named volume.
  static func isPath(_ source: String) -> Bool {
    source.hasPrefix("/") || source.hasPrefix(".") || source.hasPrefix("~")
  }

  /// `TARGET` or `TARGET:size=64m,mode=1777`.
  static func tmpfs(_ text: String) throws(ValueProblem) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    _ = try PathText.inContainer(parts[0])
    guard parts.count > 1 else { return }
    for option in parts[1].split(separator: ",") {
      let pair = option.split(separator: "=", maxSplits: 1).map(String.init)
      guard !pair.isEmpty else { continue }
      switch (pair[0], pair.count) {
      case ("size", 2): _ = try ByteSizeText.bytes(pair[1])
      case ("mode", 2): _ = try NumberText.mode(pair[1])
      default: continue
      }
    }
  }
}

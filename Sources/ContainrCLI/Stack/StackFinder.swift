// Which stack file a command means: named, from the environment, or found as Compose finds it. Reads directories only.
internal import ContainrSystem
internal import SystemPackage

/// Where a stack's text comes from.
struct StackSource: Sendable, Hashable {
  enum Place: Sendable, Hashable {
    case standardInput
    /// Absolute.
    case file(FilePath)
  }
  var place: Place
  /// The file as the user would name it: what diagnostics print.
  var shown: String
  /// What relative paths in the file count from; also names the stack if nothing else does.
  var directory: FilePath
  /// Further candidates beside the one that was found: somebody may have meant those.
  var ignored: [String] = []

  /// Absolute path of the file; for standard input a name in the directory that no file has.
  var path: FilePath {
    switch place {
    case .file(let path): path
    case .standardInput: directory.appending("<stdin>")
    }
  }
}

/// Finds the stack file.
struct StackFinder: Sendable {
  /// In the order of preference; the first four after ours are Compose's.
  static let names = [
    "stack.yaml", "stack.yml", "compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml",
  ]

  var surroundings: Surroundings

  /// The source for these words of the command line; nil if none is named and none is found.
  ///
  /// `files` are the `-f` options and the argument, `directory` is `--project-directory`.
  func find(files: [String], directory: String?) throws -> StackSource? {
    var named = files
    if named.isEmpty, let list = surroundings.variable("COMPOSE_FILE") {
      let separator = surroundings.variable("COMPOSE_PATH_SEPARATOR") ?? ":"
      named = Self.split(list, separator)
    }
    guard named.count < 2 else {
      throw CommandExit(
        .refused, "more than one stack file is named: \(named.joined(separator: ", "))",
        notes: ["this version does not merge override files"], help: "put everything into one file and name that")
    }
    let projectDirectory = directory.map(surroundings.absolute)
    if let name = named.first { return source(named: name, directory: projectDirectory) }
    return try search(from: projectDirectory ?? surroundings.workingDirectory, directory: projectDirectory)
  }

  private func source(named name: String, directory: FilePath?) -> StackSource {
    if name == "-" {
      return StackSource(place: .standardInput, shown: "<stdin>", directory: directory ?? surroundings.workingDirectory)
    }
    let path = surroundings.absolute(name)
    return StackSource(place: .file(path), shown: name, directory: directory ?? path.removingLastComponent())
  }

  /// Looks in `start` and then in each directory above it.
  private func search(from start: FilePath, directory: FilePath?) throws -> StackSource? {
    var here = start
    var prefix = start == surroundings.workingDirectory ? "" : "\(start)/"
    while true {
      let found = try Self.names.filter { try Kernel.exists(here.appending($0)) }
      if let first = found.first {
        return StackSource(
          place: .file(here.appending(first)), shown: prefix + first, directory: directory ?? here,
          ignored: found.dropFirst().map { prefix + $0 })
      }
      guard here.removeLastComponent() else { return nil }
      prefix = start == surroundings.workingDirectory ? prefix + "../" : here.string == "/" ? "/" : "\(here)/"
    }
  }

  private static func split(_ text: String, _ separator: String) -> [String] {
    var parts: [String] = []
    var rest = text[...]
    while let range = rest.firstRange(of: separator) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    parts.append(String(rest))
    return parts.filter { !$0.isEmpty }
  }
}

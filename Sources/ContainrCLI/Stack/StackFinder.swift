// Which stack files a command means: named, from COMPOSE_FILE, or found as Compose finds them. Reads directories only.
internal import ContainrForeground
internal import ContainrSystem
internal import SystemPackage

/// Finds the stack files.
struct StackFinder: Sendable {
  /// In the order of preference: ours, then Compose's in Compose's order.
  static let names = [
    "stack.yaml", "stack.yml", "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml",
  ]
  /// What overrides ours.
  private static let overridesOfStacks = ["stack.override.yaml", "stack.override.yml"]
  /// What overrides any of Compose's, in Compose's order.
  private static let overridesOfCompose = [
    "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml",
  ]

  var surroundings: Surroundings
  /// COMPOSE_FILE and COMPOSE_PATH_SEPARATOR, from the environment or `.env`.
  var composeFile: String?
  var separator = ":"

  /// The source for these words of the command line; nil if none is named and none is found.
  ///
  /// `files` are the `-f` options and the argument, `directory` is `--project-directory`.
  func find(files: [String], directory: String?) throws -> StackSource? {
    let named = files.isEmpty ? Self.split(composeFile ?? "", separator) : files
    let projectDirectory = directory.map(surroundings.absolute)
    if !named.isEmpty { return try source(named: named, directory: projectDirectory) }
    return try search(from: projectDirectory ?? surroundings.workingDirectory, directory: projectDirectory)
  }

  /// What relative paths count from if these files are named and no directory is; as in Compose, the first file on disk says.
  func directory(named files: [String]) -> FilePath {
    guard let first = files.first(where: { $0 != "-" }) else { return surroundings.workingDirectory }
    return surroundings.absolute(first).removingLastComponent()
  }

  private func source(named names: [String], directory: FilePath?) throws -> StackSource {
    if names.count(where: { $0 == "-" }) > 1 {
      throw CommandExit(.failure, "standard input is named twice as a stack file", help: "-f - can be read only once")
    }
    let files = try names.map { name in
      if name == "-" { return StackFile(place: .standardInput, shown: "<stdin>") }
      if let scheme = ["oci://", "http://", "https://", "ssh://", "git://", "git@"].first(where: name.hasPrefix) {
        throw CommandExit(
          .refused, "the stack file \(name) is not on this host",
          notes: ["addresses that begin with \(scheme) are not fetched"],
          help: "fetch it first, and name the file that you looked at")
      }
      return StackFile(place: .file(surroundings.absolute(name)), shown: name)
    }
    return StackSource(files: files, directory: directory ?? self.directory(named: names))
  }

  /// Looks in `start` and then in each directory above it.
  private func search(from start: FilePath, directory: FilePath?) throws -> StackSource? {
    var here = start
    var prefix = start == surroundings.workingDirectory ? "" : start.string == "/" ? "/" : "\(start)/"
    while true {
      if let main = try first(of: Self.names, in: here, prefix) {
        let ofStacks = main.file.shown.dropFirst(prefix.count).hasPrefix("stack.")
        let override = try first(
          of: ofStacks ? Self.overridesOfStacks : Self.overridesOfCompose, in: here, prefix)
        return StackSource(
          files: [main.file] + (override.map { [$0.file] } ?? []), directory: directory ?? here,
          rivals: main.rivals + (override?.rivals ?? []))
      }
      guard here.removeLastComponent() else { return nil }
      prefix = start == surroundings.workingDirectory ? prefix + "../" : here.string == "/" ? "/" : "\(here)/"
    }
  }

  /// The first of these names that exists in a directory.
  private func first(of names: [String], in directory: FilePath, _ prefix: String) throws -> (
    file: StackFile, rivals: [StackSource.Rival]
  )? {
    let found = try names.filter { try Kernel.exists(directory.appending($0)) }
    guard let name = found.first else { return nil }
    let file = StackFile(place: .file(directory.appending(name)), shown: prefix + name)
    return (file, found.dropFirst().map { StackSource.Rival(taken: prefix + name, left: prefix + $0) })
  }

  private static func split(_ text: String, _ separator: String) -> [String] {
    text.split(separator: separator).map(String.init)
  }
}

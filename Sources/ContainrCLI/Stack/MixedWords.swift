// Words of a command that takes services, and takes its stack file among them as well. Pure.

/// Files and services, told apart by how they end.
struct MixedWords: Sendable, Hashable {
  var files: [String]
  var services: [String]

  /// `files` were named by an option; then every word is a service.
  init(_ words: [String], files: [String]) {
    self.files = files.isEmpty ? words.filter(Self.isFile) : files
    services = files.isEmpty ? words.filter { !Self.isFile($0) } : words
  }

  private static func isFile(_ word: String) -> Bool {
    word.hasSuffix(".yaml") || word.hasSuffix(".yml") || word == "-" || word.contains("/")
  }
}

// `--filter` of `containr config --services`: services by their profiles and labels. Pure.
internal import ContainrForeground
internal import ContainrSpec

/// All of the words have to fit.
struct ServiceFilter: Sendable {
  private var profiles: [String] = []
  /// The value nil: any.
  private var labels: [(key: String, value: String?)] = []

  init() {}

  /// `profile=NAME`, `label=KEY`, `label=KEY=VALUE`.
  init(_ words: [String]) throws {
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      switch (parts[0], parts.count) {
      case ("profile", 2): profiles.append(parts[1])
      case ("label", 2): labels.append((parts[1], nil))
      case ("label", 3): labels.append((parts[1], parts[2]))
      default:
        throw CommandExit(
          .failure, "--filter \(word) is not understood", help: "there are profile=NAME, label=KEY and label=KEY=VALUE")
      }
    }
  }

  /// Whether a service of a canonical model is meant.
  func holds(_ service: ModelValue) -> Bool {
    let own = service["profiles"]?.texts ?? []
    if !profiles.allSatisfy({ own.contains($0) }) { return false }
    return labels.allSatisfy { label in
      guard let value = service["labels"]?[label.key] else { return false }
      return label.value == nil || value.text == label.value
    }
  }
}

// Whose namespace a service uses: its own, the host's, or that of another service or container.

enum NamespaceText {
  /// One of the words, `service:NAME` or `container:NAME`.
  static func check(_ text: String, _ words: [String]) throws(ValueProblem) {
    if words.contains(text) { return }
    for prefix in ["service:", "container:"] where text.hasPrefix(prefix) {
      guard text.utf8.count > prefix.utf8.count else {
        throw ValueProblem(.invalidValue, "\(DisplayText.quote(text)) names nothing", help: "write \(prefix)NAME")
      }
      return
    }
    let near = NearestName.suggestion(for: text, among: words)
    throw ValueProblem(
      .invalidValue, "\(DisplayText.quote(text)) is no namespace",
      help: near.map { "did you mean '\($0)'?" }
        ?? "one of \(words.joined(separator: ", ")), service:NAME, container:NAME")
  }

  /// A network mode. Other tools have more of them (`bridge`, a network's name, `pasta:…`), so words are free.
  static func network(_ text: String) throws(ValueProblem) {
    for prefix in ["service:", "container:"] where text == prefix {
      throw ValueProblem(.invalidValue, "\(DisplayText.quote(text)) names nothing", help: "write \(prefix)NAME")
    }
  }
}

// Whose namespace a service uses: its own, the host's, or that of another service or container.

enum NamespaceText {
  /// `service:NAME`, `container:NAME` or a word. Platforms have more words than the specification, so words are free.
  static func check(_ text: String) throws(ValueProblem) {
    for prefix in ["service:", "container:"] where text == prefix {
      throw ValueProblem(.invalidValue, "\(DisplayText.quote(text)) names nothing", help: "write \(prefix)NAME")
    }
  }
}

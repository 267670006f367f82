// Whose namespace a service uses: its own, the host's, or that of another service or container.

enum NamespaceText {
  /// `service:NAME`, `container:NAME` or a word. Platforms have more words than the specification, so words are free.
  static func check(_ text: String) throws(ValueProblem) {
    for prefix in ["service:", "container:"] where text == prefix {
      throw ValueProblem(.invalidValue, "\(DisplayText.quote(text)) names nothing", help: "write \(prefix)NAME")
    }
  }

  /// The owner that a key names; nil: the container's own. Words that this version does not know are problems.
  static func owner(_ text: String, of kind: NamespacePlan.Kind) throws(ValueProblem) -> NamespacePlan.Owner? {
    try check(text)
    if own(kind).contains(text) { return nil }
    if words(kind).contains(text) { return NamespacePlan.Owner(text) }
    if kind == .cgroup { try ScalarForm.oneOf(["host", "private"]).check(text) }
    let isOfOthers = text.hasPrefix("service:") || text.hasPrefix("container:")
    if isOfOthers, [.network, .pid, .ipc].contains(kind) { return NamespacePlan.Owner(text) }
    let all = words(kind) + own(kind)
    let near = NearestName.suggestion(for: text, among: all)
    throw ValueProblem(
      .cannotHonour, "\(DisplayText.quote(text)) cannot be honoured by this version",
      label: "expected one of \(all.joined(separator: ", "))"
        + ([.network, .pid, .ipc].contains(kind) ? ", service:NAME, container:NAME" : ""),
      help: near.map { "did you mean '\($0)'?" } ?? (kind == .network ? "name networks under 'networks'" : nil))
  }

  /// What says no more than the key's absence. Everything of ours can be shared with others.
  private static func own(_ kind: NamespacePlan.Kind) -> [String] {
    switch kind {
    case .network: ["bridge", "default"]
    case .ipc: ["private", "shareable"]
    case .pid, .uts, .cgroup: ["private"]
    case .user: ["host"]
    }
  }

  private static func words(_ kind: NamespacePlan.Kind) -> [String] {
    switch kind {
    case .network, .ipc: ["none", "host"]
    case .pid, .uts, .cgroup: ["host"]
    case .user: ["auto"]
    }
  }
}

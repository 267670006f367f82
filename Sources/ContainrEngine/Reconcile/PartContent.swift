// What is in a file of a service, as two plans can be compared by it: never the content itself. Pure.
internal import ContainrSpec

/// The content of one config or secret of a service.
public struct PartContent: Sendable, Hashable {
  /// The path inside.
  public var target: String
  /// Where a plan has it from, such as `file /srv/app.conf`; nil for what was only recorded.
  public var source: String?
  /// What tells it from another content; nil: it is not known what it was.
  public var digest: String?
  /// As a plan shows it.
  public var shown: String

  /// One content.
  public init(target: String, source: String? = nil, digest: String? = nil, shown: String) {
    self.target = target
    self.source = source
    self.digest = digest
    self.shown = shown
  }

  /// Whether it is another content, or has another source where the content is not known. What cannot be known does not
  /// differ.
  func differs(from old: PartContent) -> Bool {
    if let digest, let before = old.digest { return digest != before }
    if let source, let before = old.source { return source != before }
    return false
  }
}

/// Contents of files that both have. A file that came or went is a field.
func contentDifferences(from old: PlanPart, to new: PlanPart) -> [ChangeReason] {
  let before = Dictionary(old.contents.map { ($0.target, $0) }) { first, _ in first }
  let reaction = new.fields.first { $0.path == "x-containr.on-change" }.flatMap { ChangeReaction(rawValue: $0.value) }
  return new.contents.compactMap { content in
    guard let then = before[content.target], content.differs(from: then) else { return nil }
    let paths = ["content", "configs", "secrets"].map { "\($0).\(content.target)" }
    let rule = EffectTable.rule(ofContent: .config, reaction: reaction)
    var reason = ChangeReason(
      .field, paths[0], old: then.shown, new: content.shown,
      origin: paths.lazy.compactMap { new.origins[$0] }.first ?? new.location, effect: rule.effect)
    reason.rule = rule
    return reason
  }
}

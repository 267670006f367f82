// One finding about a stack file, with everything that is needed to show it like a good compiler does.

/// A finding: what is wrong, where, why, and what to do.
public struct Diagnostic: Sendable, Hashable {
  /// How bad it is. Only errors keep a stack from starting.
  public enum Severity: String, Sendable, Codable { case error, warning, note }

  /// A second place that explains the first.
  public struct Label: Sendable, Hashable {
    /// Where it stands.
    public var span: SourceSpan
    /// What is written below it.
    public var label: String

    /// Makes a label of its parts.
    public init(span: SourceSpan, label: String) {
      self.span = span
      self.label = label
    }
  }

  /// How bad it is.
  public var severity: Severity
  /// A stable code such as `C0102`; `DiagnosticCode` explains it.
  public var code: String
  /// One sentence without a full stop.
  public var message: String
  /// The place that is wrong; nil: the finding is about no place in a file.
  public var primary: SourceSpan?
  /// What stands under the carets.
  public var label: String?
  /// Other places that explain the primary one, in the order of their lines.
  public var secondary: [Label]
  /// Facts that help to understand.
  public var notes: [String]
  /// What to do, in words or as YAML.
  public var help: String?
  /// What a machine can do about it, the best first; at most one of them is applied.
  public var fixes: [Fix]

  /// Makes a finding of its parts.
  public init(
    severity: Severity, code: String, message: String, primary: SourceSpan? = nil, label: String? = nil,
    secondary: [Label] = [], notes: [String] = [], help: String? = nil, fixes: [Fix] = []
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.primary = primary
    self.label = label
    self.secondary = secondary
    self.notes = notes
    self.help = help
    self.fixes = fixes
  }
}

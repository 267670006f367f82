// What a machine can do about a finding: edits of the text, and how certain it is that they are what was meant.

extension Diagnostic {
  /// A change of the source that makes the finding go away.
  public struct Fix: Sendable, Hashable {
    /// How certain it is that the writer meant this.
    public enum Applicability: String, Sendable, Codable {
      /// It says the same in the right words; it can be applied unseen.
      case always
      /// It is the likely meaning; somebody should look.
      case maybe
    }

    /// One stretch of one file and what takes its place.
    public struct Edit: Sendable, Hashable {
      /// What is replaced; an empty span inserts.
      public var span: SourceSpan
      /// The new text.
      public var replacement: String

      /// Makes an edit of its parts.
      public init(span: SourceSpan, replacement: String) {
        self.span = span
        self.replacement = replacement
      }
    }

    /// What it does, as an order: `rename 'enviroment' to 'environment'`.
    public var message: String
    /// All of them or none are applied; they do not overlap.
    public var edits: [Edit]
    /// How certain it is.
    public var applicability: Applicability

    /// Makes a fix of its parts.
    public init(_ message: String, edits: [Edit], applicability: Applicability) {
      self.message = message
      self.edits = edits
      self.applicability = applicability
    }

    /// Makes a fix of one edit.
    public init(_ message: String, _ span: SourceSpan, _ replacement: String, _ applicability: Applicability) {
      self.init(message, edits: [Edit(span: span, replacement: replacement)], applicability: applicability)
    }
  }
}

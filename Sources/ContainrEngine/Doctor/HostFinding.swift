// What a look at the host has found. Values only.

/// One thing that was looked at.
public struct HostFinding: Sendable, Hashable {
  /// What it means for who wants to run stacks here.
  public enum Verdict: String, Sendable, Hashable, CaseIterable {
    /// As it should be.
    case good = "ok"
    /// Not had, and nobody needs it who does not ask for it.
    case note
    /// Something that stacks may ask for does not work, or will not last.
    case warning
    /// No container starts.
    case missing
  }

  /// What was looked at, in a word or three: `swap accounting`.
  public var subject: String
  /// How it is.
  public var verdict: Verdict
  /// What is there, in words.
  public var found: String
  /// What to do about it, as a command where there is one.
  public var remedy: String?

  /// One thing.
  public init(_ subject: String, _ verdict: Verdict, _ found: String, remedy: String? = nil) {
    self.subject = subject
    self.verdict = verdict
    self.found = found
    self.remedy = remedy
  }
}

// The error of compiling a filter.

/// A filter that cannot be made.
public struct SeccompError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The syscall, capability or architecture concerned.
  public var subject: String
  /// In words.
  public var reason: String

  /// Names a refusal.
  public init(subject: String, reason: String) {
    self.subject = subject
    self.reason = reason
  }

  /// `seccomp: futex_wake: no such system call`.
  public var description: String { "seccomp: \(subject): \(reason)" }
}

// The error of this room's pure parts: what was asked for, and why it is refused.

/// A protection or privilege that is not known, not allowed or not possible.
public struct SecurityError: Error, Sendable, Hashable, CustomStringConvertible {
  /// `cap_add`, `ulimits`, `sysctls`, `user`, …
  public var field: String
  /// The value as it was given.
  public var value: String
  /// In words.
  public var reason: String

  /// Names a refusal.
  public init(field: String, value: String, reason: String) {
    self.field = field
    self.value = value
    self.reason = reason
  }

  /// ``cap_add `CAP_FOO`: no such capability``.
  public var description: String { "\(field) `\(value)`: \(reason)" }
}

// Text that is used and never shown or written down.

/// A value that printing, reflection and encoding do not reveal: encoded it is null, and read back it is gone.
public struct Withheld: Sendable, Hashable, Codable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The text itself; nil: it was read from an encoded form.
  public let text: String?

  /// Withholds a text.
  public init(_ text: String) { self.text = text }

  /// Whatever is there, nothing was written.
  public init(from decoder: any Decoder) throws { text = nil }

  /// Writes null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encodeNil()
  }

  /// `(hidden)`.
  public var description: String { "(hidden)" }
  /// `(hidden)`.
  public var debugDescription: String { "(hidden)" }
  /// No children.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

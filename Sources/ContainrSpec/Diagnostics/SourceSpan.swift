// Where something stands in a file: positions and spans. Pure values.

/// A place in a text. Lines and columns count from 1; columns and offsets count Unicode scalars.
public struct SourcePosition: Sendable, Hashable, Codable {
  /// Counts from 1.
  public var line: Int
  /// Counts from 1, in Unicode scalars.
  public var column: Int
  /// Unicode scalars from the start of the text, a byte order mark not counted.
  public var offset: Int

  /// Makes a position of its parts.
  public init(line: Int, column: Int, offset: Int) {
    self.line = line
    self.column = column
    self.offset = offset
  }
}

/// A stretch of one file: from `start` up to, not including, `end`.
public struct SourceSpan: Sendable, Hashable, Codable {
  /// The file as the user named it.
  public var file: String
  /// The first scalar.
  public var start: SourcePosition
  /// The scalar behind the last one.
  public var end: SourcePosition

  /// Makes a span of its parts.
  public init(file: String, start: SourcePosition, end: SourcePosition) {
    self.file = file
    self.start = start
    self.end = end
  }

  /// The offsets tell spans apart; hashing the file's name and six numbers would cost more than it finds.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(start.offset)
    hasher.combine(end.offset)
  }

  /// Where the span starts, as plans record it.
  public var location: SourceLocation {
    SourceLocation(file: file, line: start.line, column: start.column)
  }
}

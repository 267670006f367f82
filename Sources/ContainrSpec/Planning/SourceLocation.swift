// Where a setting comes from: a place in a file, and the way that the value took to it.

/// A place in a file. Lines and columns count from 1; columns count Unicode scalars.
public struct SourceLocation: Sendable, Hashable, Codable {
  /// The file as the user named it.
  public var file: String
  /// Counts from 1.
  public var line: Int
  /// Counts from 1, in Unicode scalars.
  public var column: Int
  /// How the value came here, nearest step first: `TAG from .env:4, through ${TAG:-1}`, `included at stack.yaml:2:5`.
  /// Names and places, never a variable's value.
  public var through: [String]

  /// Makes a location of its parts.
  public init(file: String, line: Int, column: Int, through: [String] = []) {
    self.file = file
    self.line = line
    self.column = column
    self.through = through
  }

  private enum CodingKeys: String, CodingKey { case file, line, column, through }

  /// Reads a location; records of earlier versions have no way.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    file = try values.decode(String.self, forKey: .file)
    line = try values.decode(Int.self, forKey: .line)
    column = try values.decode(Int.self, forKey: .column)
    through = try values.decodeIfPresent([String].self, forKey: .through) ?? []
  }

  /// Writes the location; an empty way is left out.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(file, forKey: .file)
    try values.encode(line, forKey: .line)
    try values.encode(column, forKey: .column)
    if !through.isEmpty { try values.encode(through, forKey: .through) }
  }
}

extension SourceLocation: CustomStringConvertible {
  /// `file:line:column`.
  public var description: String { "\(file):\(line):\(column)" }

  /// `file:line:column`, and in parentheses how the value came there.
  public var explained: String {
    through.isEmpty ? description : "\(description) (\(through.joined(separator: "; ")))"
  }
}

// One revision: what an `up` or a rollback made of a stack, or tried to. The plan itself stays in the table until
// somebody asks for it.

/// One row, without its plan.
public struct RevisionRecord: Sendable, Hashable {
  /// How it went; an applying one whose process is gone was interrupted.
  public enum Outcome: String, Sendable, Codable, CaseIterable {
    case applying, applied, failed
    case rolledBack = "rolled back"
    case interrupted
  }
  /// The stack's name.
  public var stack: String
  /// From 1; never given twice in a stack's life.
  public var number: Int
  /// Seconds since 1970.
  public var createdAt: Int
  /// Seconds since 1970; nil: not yet, or never.
  public var endedAt: Int?
  /// Who asked for it.
  public var ownerUID: UInt32
  /// How it went.
  public var outcome: Outcome
  /// The process that applies it, `pid start-time boot-id`.
  public var process: String
  /// Path of the file that it comes from.
  public var file: String
  /// Of the plan without its places: two plans that want the same have the same.
  public var digest: String
  /// One line, without values.
  public var summary: String
  /// The revision whose plan this one brings back.
  public var returnsTo: Int?
  /// Options of the command, JSON.
  public var options: String
  /// Digests of the archives and images that it was made from, JSON; known when it has ended.
  public var layers: String

  /// One row.
  public init(
    stack: String, number: Int, createdAt: Int, endedAt: Int? = nil, ownerUID: UInt32, outcome: Outcome,
    process: String, file: String, digest: String, summary: String, returnsTo: Int? = nil, options: String = "{}",
    layers: String = "{}"
  ) {
    self.stack = stack
    self.number = number
    self.createdAt = createdAt
    self.endedAt = endedAt
    self.ownerUID = ownerUID
    self.outcome = outcome
    self.process = process
    self.file = file
    self.digest = digest
    self.summary = summary
    self.returnsTo = returnsTo
    self.options = options
    self.layers = layers
  }
}

// How a container's output is kept.

/// `logging` of one service; what is nil is not in the file.
public struct LoggingPlan: Sendable, Hashable, Codable {
  /// Where output goes; the raw value is the Compose word.
  public enum Driver: String, Sendable, Codable, CaseIterable {
    case jsonFile = "json-file"
    case local
    /// Nowhere.
    case none
  }
  /// Where output goes.
  public var driver: Driver?
  /// Bytes after which a file is closed and the next one begun; -1 is never.
  public var maxSize: Int64?
  /// Files kept, at least 1.
  public var maxFiles: Int?

  /// Nothing is said.
  public init() {}
}

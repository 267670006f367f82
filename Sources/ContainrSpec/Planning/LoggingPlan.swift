// How a container's output is kept.

/// `logging` of one service; what is nil is not in the file.
public struct LoggingPlan: Sendable, Hashable, Codable {
  /// Where output goes; the raw value is the Compose word.
  public enum Driver: String, Sendable, Codable, CaseIterable {
    case jsonFile = "json-file"
    case local
    /// In files, and line by line to systemd's journal.
    case journald
    /// Nowhere.
    case none
  }
  /// Where output goes.
  public var driver: Driver?
  /// Bytes after which a file is closed and the next one begun; -1 is never.
  public var maxSize: Int64?
  /// Files kept, at least 1.
  public var maxFiles: Int?
  /// journald only: by what its lines are known there; nil: the container's name.
  public var tag: String?

  /// Nothing is said.
  public init() {}
}

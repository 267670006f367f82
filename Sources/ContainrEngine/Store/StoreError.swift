// Why the store could not do something.
public import SystemPackage

/// A failure of the store.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of failure.
  public enum Kind: Sendable, Hashable {
    /// Another process held the database longer than the busy timeout.
    case busy
    /// Not a database, or a damaged one.
    case corrupt
    /// Made by a newer release; the number is its schema's.
    case newer(Int)
    /// A row with this key exists already.
    case conflict
    case full
    case readOnly
    /// Its file system lets no two processes have a file in memory together (MAP_SHARED), or lock it, as a WAL takes.
    case unshared
    case other
  }
  /// What kind of failure this is.
  public var kind: Kind
  /// SQLite's extended result code.
  public var code: Int32
  /// What was attempted.
  public var operation: String
  /// SQLite's words, or ours.
  public var message: String
  /// The database.
  public var path: FilePath

  /// Path, operation and message.
  public var description: String { "\(path): \(operation): \(message)" }
}

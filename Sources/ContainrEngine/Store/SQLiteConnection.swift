// A thin wrapper of SQLite: one connection, cached prepared statements, typed errors. Knows no table.
internal import CSQLite
internal import SystemPackage

/// A value of a column.
enum SQLiteValue {
  case integer(Int64)
  case text(String)
  case null

  static func optional(_ text: String?) -> SQLiteValue { text.map { .text($0) } ?? .null }
  /// NULL for an empty text.
  static func filled(_ text: String) -> SQLiteValue { text.isEmpty ? .null : .text(text) }
  static func optional(_ number: Int?) -> SQLiteValue { number.map { .integer(Int64($0)) } ?? .null }
}

/// One row while it is read; columns by position.
struct SQLiteRow {
  fileprivate let statement: OpaquePointer

  func text(_ column: Int32) -> String { optionalText(column) ?? "" }
  func optionalText(_ column: Int32) -> String? {
    guard let bytes = sqlite3_column_text(statement, column) else { return nil }
    return String(cString: bytes)
  }
  func integer(_ column: Int32) -> Int { Int(sqlite3_column_int64(statement, column)) }
  func optionalInteger(_ column: Int32) -> Int? {
    sqlite3_column_type(statement, column) == SQLITE_NULL ? nil : integer(column)
  }
}

/// One connection. Not for use by two threads at once.
struct SQLiteConnection: ~Copyable, @unchecked Sendable {
  private let handle: OpaquePointer
  private var statements: [String: OpaquePointer] = [:]
  let path: FilePath

  enum Mode { case readWrite, readOnly, immutable }

  init(_ path: FilePath, mode: Mode) throws(StoreError) {
    var handle: OpaquePointer?
    let flags =
      switch mode {
      case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      case .readOnly, .immutable: SQLITE_OPEN_READONLY
      }
    let result = sqlite3_open_v2(
      Self.uri(path, immutable: mode == .immutable), &handle,
      flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard result == SQLITE_OK, let handle else {
      let error = Self.error(result, handle, "open", path)
      sqlite3_close_v2(handle)
      throw error
    }
    self.handle = handle
    self.path = path
    sqlite3_busy_timeout(handle, 10_000)
  }

  deinit {
    for statement in statements.values { sqlite3_finalize(statement) }
    sqlite3_close_v2(handle)
  }

  /// Runs statements that have no parameters and no rows.
  func execute(_ sql: String) throws(StoreError) {
    let result = sqlite3_exec(handle, sql, nil, nil, nil)
    if result != SQLITE_OK { throw Self.error(result, handle, sql, path) }
  }

  /// Runs one statement and hands every row to `each`.
  mutating func run(
    _ sql: String, _ values: [SQLiteValue] = [], each: (SQLiteRow) -> Void = { _ in }
  ) throws(StoreError) {
    let statement = try prepared(sql)
    defer {
      sqlite3_reset(statement)
      sqlite3_clear_bindings(statement)
    }
    for (index, value) in values.enumerated() { try bind(value, at: Int32(index + 1), of: statement, sql) }
    while true {
      let result = sqlite3_step(statement)
      if result == SQLITE_DONE { return }
      if result != SQLITE_ROW { throw Self.error(result, handle, sql, path) }
      each(SQLiteRow(statement: statement))
    }
  }

  private mutating func prepared(_ sql: String) throws(StoreError) -> OpaquePointer {
    if let statement = statements[sql] { return statement }
    var statement: OpaquePointer?
    let result = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    guard result == SQLITE_OK, let statement else { throw Self.error(result, handle, sql, path) }
    statements[sql] = statement
    return statement
  }

  private func bind(
    _ value: SQLiteValue, at index: Int32, of statement: OpaquePointer, _ sql: String
  ) throws(StoreError) {
    // SQLITE_TRANSIENT: SQLite copies the bytes at once.
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    let result =
      switch value {
      case .integer(let number): sqlite3_bind_int64(statement, index, number)
      case .text(let text): sqlite3_bind_text(statement, index, text, -1, transient)
      case .null: sqlite3_bind_null(statement, index)
      }
    if result != SQLITE_OK { throw Self.error(result, handle, sql, path) }
  }

  private static func uri(_ path: FilePath, immutable: Bool) -> String {
    var uri = "file:"
    for byte in path.string.utf8 {
      if byte == 0x25 || byte == 0x3f || byte == 0x23 {
        uri += "%" + String(byte, radix: 16)
      } else {
        uri.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    return immutable ? uri + "?immutable=1" : uri
  }

  /// SQLITE_IOERR_SHMMAP and SQLITE_IOERR_LOCK, macros that Swift does not see: on some file systems mmap(2) of what others write,
  /// or F_GETLK, is an error.
  private static let sharingCodes: [Int32] = [SQLITE_IOERR | 21 << 8, SQLITE_IOERR | 15 << 8]

  private static func error(
    _ code: Int32, _ handle: OpaquePointer?, _ operation: String, _ path: FilePath
  ) -> StoreError {
    let kind: StoreError.Kind =
      switch code & 0xff {
      case SQLITE_BUSY, SQLITE_LOCKED: .busy
      case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
      case SQLITE_CONSTRAINT: .conflict
      case SQLITE_FULL: .full
      case SQLITE_READONLY: .readOnly
      case SQLITE_IOERR where sharingCodes.contains(code): .unshared
      default: .other
      }
    let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
    return StoreError(kind: kind, code: code, operation: operation, message: message, path: path)
  }
}

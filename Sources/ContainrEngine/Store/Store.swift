// The durable records: SQLite in WAL mode. Its file is written by nobody else. No policy on what the rows mean.
internal import ContainrSystem
internal import Synchronization
public import SystemPackage

/// The open store. Safe to share between threads; each call is one transaction.
public final class Store: Sendable {
  /// The database's name in its directory; `-wal` and `-shm` stand beside it while it is open.
  public static let fileName = "containr.db"

  private let connection: Mutex<SQLiteConnection?>

  /// Opens for writing, makes the file if it is missing, and brings its schema up to date.
  public init(directory: FilePath) throws(StoreError) {
    var isNew = false
    do throws(StoreError) {
      isNew = try Self.makePrivate(directory.appending(Self.fileName))
      var connection = try SQLiteConnection(directory.appending(Self.fileName), mode: .readWrite)
      try connection.execute("PRAGMA foreign_keys = ON")
      try Self.migrate(&connection)
      self.connection = Mutex(connection)
    } catch let failure {
      // Nobody can have written into it.
      if isNew, failure.kind == .unshared {
        // Why it cannot be there comes before why it cannot be taken away.
        do throws(StoreError) { try Self.remove(directory: directory) } catch {
          throw Self.explained(failure, in: directory)
        }
      }
      throw Self.explained(failure, in: directory)
    }
  }

  /// SQLite says of a read-only file system only that a file cannot be opened.
  private static func explained(_ error: StoreError, in directory: FilePath) -> StoreError {
    guard error.kind == .other else { return error }
    var error = error
    do throws(SyscallError) {
      if try Kernel.isReadOnly(directory) { error.kind = .readOnly }
    } catch {}
    return error
  }

  /// Reads everything without opening anything for writing and without leaving a file; empty if there is no store.
  public static func contents(directory: FilePath) throws(StoreError) -> StoreContents {
    try contents(directory: directory, stacksOnly: false)
  }

  private static func contents(directory: FilePath, stacksOnly: Bool) throws(StoreError) -> StoreContents {
    try reading(directory: directory, otherwise: StoreContents()) { (connection) throws(StoreError) in
      try read(&connection, stacksOnly: stacksOnly)
    }
  }

  /// Reads without opening anything for writing and without leaving a file; `empty` if there is no store.
  static func reading<Result>(
    directory: FilePath, otherwise empty: Result, _ body: (inout SQLiteConnection) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    let path = directory.appending(fileName)
    for attempt in 1... {
      do {
        guard let before = try stamp(path) else { return empty }
        // SQLite would take it for an empty database, and refuse to write into it.
        if (1..<100).contains(before[1]) {
          throw StoreError(
            kind: .corrupt, code: 0, operation: "read", message: "it is shorter than the head of a database", path: path
          )
        }
        // Without a WAL nobody has it open: then it is a plain file, which a read-only directory can hold as well.
        // The stamp tells whether a writer came while we read.
        let logged = try Kernel.exists(FilePath(path.string + "-wal"))
        do {
          var connection = try SQLiteConnection(path, mode: logged ? .readOnly : .immutable)
          let result = try body(&connection)
          if logged { return result }
          if try stamp(path) == before, try !Kernel.exists(FilePath(path.string + "-wal")) { return result }
        } catch let error as StoreError {
          // The last writer may have closed, and so removed the WAL, under our feet.
          if attempt >= 100 || error.kind == .unshared { throw error }
        }
      } catch let error as StoreError {
        throw error
      } catch {
        throw StoreError(kind: .other, code: 0, operation: "read", message: "\(error)", path: path)
      }
      if attempt >= 100 { break }
    }
    throw StoreError(kind: .busy, code: 0, operation: "read", message: "changes all the time", path: path)
  }

  /// Everything.
  public func contents() throws(StoreError) -> StoreContents {
    try locked { (connection) throws(StoreError) in try Self.read(&connection, stacksOnly: false) }
  }

  /// All writes in one transaction. `durable` waits for the disk: intents are, the rest need not be, as a row that
  /// comes back after a power cut only makes the next run look twice.
  public func write(_ writes: [StoreWrite], durable: Bool = false) throws(StoreError) {
    if writes.isEmpty { return }
    try locked { (connection) throws(StoreError) in
      try connection.execute("PRAGMA synchronous = \(durable ? "FULL" : "NORMAL")")
      try connection.execute("BEGIN IMMEDIATE")
      do throws(StoreError) {
        for write in writes { try write.run(on: &connection) }
        try connection.execute("COMMIT")
      } catch {
        // Of a transaction that failed for want of room SQLite has rolled back what there was itself.
        do { try connection.execute("ROLLBACK") } catch {}
        throw error
      }
    }
  }

  func locked<Result: Sendable>(
    _ body: (inout SQLiteConnection) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    let result: Swift.Result<Result, StoreError>? = connection.withLock { connection in
      do throws(StoreError) { return try connection.mutate(body).map { .success($0) } } catch { return .failure(error) }
    }
    guard let result else {
      throw StoreError(kind: .other, code: 0, operation: "use", message: "the store is closed", path: "")
    }
    return try result.get()
  }

  /// Ends the connection; every later call fails. Before the file is removed: a late close would touch its successor.
  public func close() { connection.withLock { $0 = nil } }

  /// Stacks, volumes and kernel settings alone, which is all that says whose something is.
  public static func stacks(directory: FilePath) throws(StoreError) -> StoreContents {
    try contents(directory: directory, stacksOnly: true)
  }

  /// Moves the log into the file, unless somebody reads it all the time. Every reader would have to go through the log
  /// first, and while another process has the file open the end of a connection does not do it. Nothing if it is closed.
  public func checkpoint() throws(StoreError) {
    let failure: StoreError? = connection.withLock { connection in
      do throws(StoreError) {
        _ = try connection.mutate { (connection) throws(StoreError) in
          try connection.execute(
            "PRAGMA busy_timeout = 50; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout = 10000")
        }
        return nil
      } catch { return error }
    }
    if let failure { throw failure }
  }

  /// Whether any stack is recorded.
  public static func hasStacks(directory: FilePath) throws(StoreError) -> Bool {
    try !contents(directory: directory, stacksOnly: true).stacks.isEmpty
  }

  /// Plans hold the values of variables: the file is for its owner alone before anything is in it. SQLite gives `-wal` and
  /// `-shm` the same mode. Answers whether there was none.
  private static func makePrivate(_ path: FilePath) throws(StoreError) -> Bool {
    do throws(SyscallError) {
      guard try Kernel.exists(path) else {
        do throws(SyscallError) {
          _ = try Kernel.open(path, [.writeOnly, .create, .exclusive], mode: 0o600)
          return true
        } catch {
          if error.errno != 17 { throw error }
          return false  // somebody was faster
        }
      }
      if try Kernel.status(of: path).mode & 0o077 == 0 { return false }
      // Only a store of an earlier release. Closing a descriptor of the file drops this process's locks on it, and so
      // this is not done where there may be some.
      let file = try Kernel.open(path, [.readOnly, .noFollow])
      try Kernel.changeMode(file.raw, mode: 0o600)
      return false
    } catch {
      if error.errno == 30 { return false }  // EROFS is told by SQLite, with what was attempted
      throw StoreError(kind: .other, code: 0, operation: "open", message: "\(error)", path: path)
    }
  }

  private static func migrate(_ connection: inout SQLiteConnection) throws(StoreError) {
    var version = try schemaVersion(&connection)
    if version == StoreSchema.steps.count { return }
    try beginLogging(connection)
    try connection.execute("BEGIN IMMEDIATE")
    // Another process may have done it while we waited.
    version = try schemaVersion(&connection)
    if version > StoreSchema.steps.count {
      try connection.execute("ROLLBACK")
      throw StoreError(
        kind: .newer(version), code: 0, operation: "open",
        message: "made by a newer release (schema \(version), this one knows \(StoreSchema.steps.count))",
        path: connection.path)
    }
    for step in StoreSchema.steps[version...] { try connection.execute(step) }
    try connection.execute("PRAGMA user_version = \(StoreSchema.steps.count)")
    try connection.execute("COMMIT")
  }

  /// SQLite does not wait for readers to change the mode of a file, however long its timeout is.
  private static func beginLogging(_ connection: borrowing SQLiteConnection) throws(StoreError) {
    for attempt in 1... {
      do throws(StoreError) { return try connection.execute("PRAGMA journal_mode = WAL") } catch {
        if error.kind != .busy || attempt >= 500 { throw error }
      }
      Kernel.pause(milliseconds: 20)
    }
  }

  static func schemaVersion(_ connection: inout SQLiteConnection) throws(StoreError) -> Int {
    var version = 0
    try connection.run("PRAGMA user_version") { version = $0.integer(0) }
    return version
  }

  /// What changes when somebody writes the file; nil if there is none.
  private static func stamp(_ path: FilePath) throws(SyscallError) -> [UInt64]? {
    do {
      let status = try Kernel.status(of: path)
      // Byte 24 of a database counts its transactions.
      let file = try Kernel.open(path)
      var header = [UInt8](repeating: 0, count: 100)
      let count = try Kernel.read(file.raw, into: &header)
      return [status.inode, status.size, count < 28 ? 0 : header[24..<28].reduce(0) { $0 << 8 | UInt64($1) }]
    } catch {
      if error.errno == 2 || error.errno == 20 { return nil }
      throw error
    }
  }

  /// Removes the database from the disk. Only for the holder of the host's lock, with no other connection open.
  public static func remove(directory: FilePath) throws(StoreError) {
    // `-journal`: of somebody who was killed while the database was being made.
    for suffix in ["-wal", "-shm", "-journal", reserveSuffix, ""] {
      let path = directory.appending(fileName + suffix)
      do {
        try Kernel.remove(path)
      } catch {
        if error.errno != 2 {
          throw StoreError(kind: .other, code: 0, operation: "remove", message: "\(error)", path: path)
        }
      }
    }
  }
}

extension Optional where Wrapped == SQLiteConnection {
  /// Works on the connection in place; nil if it is closed.
  fileprivate mutating func mutate<Result>(
    _ body: (inout SQLiteConnection) throws(StoreError) -> Result
  ) throws(StoreError) -> Result? {
    guard var connection = take() else { return nil }
    do throws(StoreError) {
      let result = try body(&connection)
      self = consume connection
      return result
    } catch {
      self = consume connection
      throw error
    }
  }
}

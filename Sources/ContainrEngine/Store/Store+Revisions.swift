// Revisions are read only when somebody asks for them: the rest of the store is read at every command.
public import SystemPackage

extension Store {
  /// The revisions of a stack in the order of their numbers; empty without a store.
  public static func revisions(directory: FilePath, stack: String) throws(StoreError) -> [RevisionRecord] {
    try reading(directory: directory, otherwise: []) { (connection) throws(StoreError) in
      try revisions(&connection, stack: stack, condition: "ORDER BY number")
    }
  }

  /// The newest revision of a stack.
  public static func lastRevision(directory: FilePath, stack: String) throws(StoreError) -> RevisionRecord? {
    try reading(directory: directory, otherwise: nil) { (connection) throws(StoreError) in
      try revisions(&connection, stack: stack, condition: "ORDER BY number DESC LIMIT 1").first
    }
  }

  /// The plan of a revision, JSON; nil if there is no such revision.
  public static func revisionPlan(
    directory: FilePath, stack: String, number: Int
  ) throws(StoreError) -> String? {
    try reading(directory: directory, otherwise: nil) { (connection) throws(StoreError) in
      guard try hasRevisions(&connection) else { return nil }
      var plan: String?
      try connection.run(
        "SELECT plan FROM revisions WHERE stack = ? AND number = ?", [.text(stack), .integer(Int64(number))]
      ) { plan = $0.text(0) }
      return plan
    }
  }

  /// The newest revision of a stack, on the open store.
  public func lastRevision(stack: String) throws(StoreError) -> RevisionRecord? {
    try locked { (connection) throws(StoreError) in
      try Self.revisions(&connection, stack: stack, condition: "ORDER BY number DESC LIMIT 1").first
    }
  }

  private static func revisions(
    _ connection: inout SQLiteConnection, stack: String, condition: String
  ) throws(StoreError) -> [RevisionRecord] {
    guard try hasRevisions(&connection) else { return [] }
    var found: [RevisionRecord] = []
    let columns = "number, created, ended, uid, outcome, process, file, digest, summary, returns_to, options, layers"
    try connection.run("SELECT \(columns) FROM revisions WHERE stack = ? \(condition)", [.text(stack)]) { row in
      found.append(
        RevisionRecord(
          stack: stack, number: row.integer(0), createdAt: row.integer(1), endedAt: row.optionalInteger(2),
          ownerUID: UInt32(row.integer(3)), outcome: RevisionRecord.Outcome(rawValue: row.text(4)) ?? .interrupted,
          process: row.text(5), file: row.text(6), digest: row.text(7), summary: row.text(8),
          returnsTo: row.optionalInteger(9), options: row.text(10), layers: row.text(11)))
    }
    return found
  }

  /// A store of an earlier release that nobody has written to since has none.
  private static func hasRevisions(_ connection: inout SQLiteConnection) throws(StoreError) -> Bool {
    try schemaVersion(&connection) >= StoreSchema.versionWithRevisions
  }
}

extension StoreWrite {
  /// How many revisions of a stack are kept: what a person reads through, at some 100 kB of plans for a large stack.
  public static let revisionsKept = 20

  static func put(_ record: RevisionRecord, plan: String, _ connection: inout SQLiteConnection) throws(StoreError) {
    let (stack, number) = (SQLiteValue.text(record.stack), SQLiteValue.integer(Int64(record.number)))
    // Who writes holds the stack's lock: whatever applied before is not there any more.
    try connection.run("UPDATE revisions SET outcome = 'interrupted' WHERE stack = ? AND outcome = 'applying'", [stack])
    try connection.run(
      "INSERT INTO revisions VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      [
        stack, number, .integer(Int64(record.createdAt)), .optional(record.endedAt),
        .integer(Int64(record.ownerUID)), .text(record.outcome.rawValue), .text(record.process), .text(record.file),
        .text(record.digest), .text(record.summary), .optional(record.returnsTo), .text(record.options),
        .text(record.layers), .text(plan),
      ])
    // The last one that stood stays, however many have failed since.
    try connection.run(
      """
      DELETE FROM revisions WHERE stack = ? AND number <= ? AND number IS NOT
      (SELECT max(number) FROM revisions WHERE stack = ? AND outcome = 'applied')
      """, [stack, .integer(Int64(record.number - revisionsKept)), stack])
  }

  static func endRevision(
    _ stack: String, _ number: Int, _ outcome: RevisionRecord.Outcome, at time: Int, layers: String?,
    _ connection: inout SQLiteConnection
  ) throws(StoreError) {
    try connection.run(
      "UPDATE revisions SET outcome = ?, ended = ?, layers = coalesce(?, layers) WHERE stack = ? AND number = ?",
      [
        .text(outcome.rawValue), .integer(Int64(time)), .optional(layers), .text(stack), .integer(Int64(number)),
      ])
  }
}

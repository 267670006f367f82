import ContainrStore
import ContainrSystem
import SystemPackage
import Testing

@Suite("The store's revisions")
struct RevisionTests {
  private static func stack(_ name: String, group: UInt32 = 7) -> StackRecord {
    StackRecord(name: name, file: "/srv/\(name).yaml", ownerUID: 0, bootID: "boot", createdAt: 5, linkGroup: group)
  }

  private static func revision(_ number: Int, _ outcome: RevisionRecord.Outcome = .applying, stack: String = "a")
    -> RevisionRecord
  {
    RevisionRecord(
      stack: stack, number: number, createdAt: 100 + number, ownerUID: 1000, outcome: outcome, process: "1 2 boot",
      file: "/srv/a.yaml", digest: "d\(number)", summary: "1 changed", returnsTo: number > 1 ? 1 : nil)
  }

  /// A store with the stack `a`, gone at the end.
  private func use(_ body: (Store, FilePath) throws -> Void) throws {
    let path = FilePath("/tmp/containr-revisions-\(UInt64.random(in: 0...UInt64.max))")
    try Kernel.makeDirectory(path, mode: 0o711)
    do {
      let store = try Store(directory: path)
      try store.write([.putStack(Self.stack("a"))])
      try body(store, path)
      store.close()
    } catch { Issue.record(error) }
    try Kernel.removeTree(path)
  }

  @Test("give back what was written, the plan only when asked for it")
  func roundTrip() throws {
    try use { store, path in
      try store.write([.putRevision(Self.revision(1), plan: "{\"one\":1}")], durable: true)
      try store.write([.endRevision(stack: "a", number: 1, .applied, endedAt: 200, layers: "{\"x\":\"y\"}")])
      var first = Self.revision(1, .applied)
      first.endedAt = 200
      first.layers = "{\"x\":\"y\"}"
      #expect(try Store.revisions(directory: path, stack: "a") == [first])
      #expect(try Store.lastRevision(directory: path, stack: "a") == first)
      #expect(try Store.revisionPlan(directory: path, stack: "a", number: 1) == "{\"one\":1}")
      #expect(try Store.revisionPlan(directory: path, stack: "a", number: 2) == nil)
      #expect(try Store.revisions(directory: path, stack: "b").isEmpty)
      // The layers stay unless they are told.
      try store.write([.endRevision(stack: "a", number: 1, .rolledBack, endedAt: 201, layers: nil)])
      #expect(try store.lastRevision(stack: "a")?.layers == "{\"x\":\"y\"}")
      #expect(try store.lastRevision(stack: "a")?.outcome == .rolledBack)
    }
  }

  @Test("that still apply when the next one begins were interrupted")
  func interrupted() throws {
    try use { store, path in
      try store.write([.putRevision(Self.revision(1), plan: "")])
      try store.write([.putRevision(Self.revision(2), plan: "")])
      #expect(try Store.revisions(directory: path, stack: "a").map(\.outcome) == [.interrupted, .applying])
    }
  }

  @Test("are kept up to a number, and the last one that stood beyond it; of other stacks nothing goes")
  func kept() throws {
    try use { store, path in
      try store.write([.putStack(Self.stack("b", group: 8)), .putRevision(Self.revision(1, stack: "b"), plan: "")])
      for number in 1...(StoreWrite.revisionsKept + 5) {
        try store.write([.putRevision(Self.revision(number, number <= 2 ? .applied : .failed), plan: "p\(number)")])
      }
      let numbers = try Store.revisions(directory: path, stack: "a").map(\.number)
      #expect(numbers == [2] + Array(6...25))
      #expect(try Store.revisionPlan(directory: path, stack: "a", number: 2) == "p2")
      #expect(try Store.revisions(directory: path, stack: "b").count == 1)
    }
  }

  @Test("go with their stack, and are no part of what every command reads")
  func gone() throws {
    try use { store, path in
      try store.write([.putRevision(Self.revision(1), plan: "")])
      #expect(try store.contents() == Store.contents(directory: path))
      try store.write([.removeStack("a")])
      #expect(try Store.revisions(directory: path, stack: "a").isEmpty)
      #expect(try store.contents().isEmpty)
    }
  }

  @Test("lie in a file that is the owner's alone, also one that others could read before")
  func ownersAlone() throws {
    try use { store, path in
      let file = path.appending(Store.fileName)
      #expect(try Kernel.status(of: file).mode & 0o777 == 0o600)
      #expect(try Kernel.status(of: FilePath(file.string + "-wal")).mode & 0o777 == 0o600)
      store.close()
      let handle = try Kernel.open(file)
      try Kernel.changeMode(handle.raw, mode: 0o644)
      let again = try Store(directory: path)
      #expect(try Kernel.status(of: file).mode & 0o777 == 0o600)
      again.close()
    }
  }
}

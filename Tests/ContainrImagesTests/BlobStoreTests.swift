// Blobs on their way into the store, whole or not.
import ContainrImageSpec
import ContainrSystem
import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrImages

@Suite("The blob store")
struct BlobStoreTests {
  let scratch: ScratchDirectory
  var here: FilePath { FilePath(scratch.path) }
  var store: BlobStore { BlobStore(directory: here.appending("images")) }
  let content = Array("hello, blob".utf8)
  var digest: Digest { ContentHash.digest(content) }

  init() throws { scratch = try ScratchDirectory("blobs") }

  private func ingest() throws -> [String] { try Kernel.names(inDirectory: store.ingest) }

  @Test("keeps a blob under its digest, durable and read back whole")
  func roundTrip() throws {
    #expect(try store.add(content, what: "a test") == digest)
    #expect(try store.add(content, what: "a test") == digest)
    #expect(try store.contains(digest, size: 11) && store.list() == [digest])
    #expect(try store.bytes(digest, limit: 100) == content)
    #expect(throws: ImageError.self) { try store.bytes(digest, limit: 10) }
    #expect(try ingest() == [])
  }

  @Test("the lock of who was killed between publishing and removing it goes with the next attempt")
  func forgottenLock() throws {
    try store.add(content, what: "a test")
    try Kernel.replace(store.ingest.appending("\(digest.hex).lock"), with: [])
    #expect(try store.add(content, what: "a test") == digest)
    #expect(try ingest() == [])
  }

  @Test("goes on where a killed attempt stopped")
  func resumes() throws {
    do {
      let writer = try #require(try store.begin(digest, size: 11, what: "a test"))
      try writer.write(Array(content.prefix(5)))
      #expect(throws: ImageError.self) { try writer.finish() }
    }
    #expect(try !store.contains(digest))
    let writer = try #require(try store.begin(digest, size: 11, what: "a test"))
    #expect(writer.received == 5)
    try writer.write(Array(content.dropFirst(5)))
    #expect(try writer.finish() == digest)
    #expect(try store.bytes(digest, limit: 100) == content && ingest() == [])
  }

  @Test("begins anew when the other side does")
  func restarts() throws {
    let writer = try #require(try store.begin(digest, size: 11, what: "a test"))
    try writer.write([1, 2, 3])
    try writer.restart()
    try writer.write(content)
    #expect(try writer.finish() == digest)
  }

  @Test("keeps nothing of what is not what it was said to be")
  func mismatch() throws {
    let writer = try #require(try store.begin(digest, size: 11, what: "a test"))
    try writer.write(Array("hello, bl0b".utf8))
    #expect { try writer.finish() } throws: {
      if case ImageError.mismatch = $0 { true } else { false }
    }
    let second = try #require(try store.begin(digest, size: 11, what: "a test"))
    #expect(second.received == 0)
    #expect { try second.write(content + [0]) } throws: {
      if case ImageError.wrongSize = $0 { true } else { false }
    }
    #expect(try ingest() == [] && store.list() == [])
  }

  @Test("fetches a blob again that has lost its length")
  func truncated() throws {
    try store.add(content, what: "a test")
    try Kernel.replace(store.path(digest), with: [1])
    #expect(try !store.contains(digest, size: 11))
    #expect { try store.bytes(digest, limit: 100) } throws: { "\($0)".contains("damaged") }
    let writer = try #require(try store.begin(digest, size: 11, what: "a test"))
    try writer.write(content)
    try writer.finish()
    #expect(try store.bytes(digest, limit: 100) == content)
  }

  @Test("takes SHA-512 as well, and digests of what was not known before")
  func others() throws {
    let long = ContentHash.digest(content, .sha512)
    let writer = try #require(try store.begin(long, size: 11, what: "a test"))
    try writer.write(content)
    #expect(try writer.finish() == long)
    let unknown = try store.beginNew(what: "a test")
    try unknown.write(content)
    #expect(try unknown.finish() == digest)
    _ = try store.beginNew(what: "forgotten")
    #expect(try ingest() == [] && store.list() == [digest, long].sorted())
  }

  @Test("has one blob fetched once when many want it")
  func concurrent() async throws {
    let store = store
    let digest = digest
    let content = content
    let fetched = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          guard let writer = try store.begin(digest, size: 11, what: "a test") else { return 0 }
          try writer.write(content)
          Kernel.pause(milliseconds: 20)
          try writer.finish()
          return 1
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(fetched == 1)
  }
}

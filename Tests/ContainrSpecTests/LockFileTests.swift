// stack.lock as text.
import Foundation
import Testing

@testable import ContainrSpec

@Suite("The lock file")
struct LockFileTests {
  private static let a = "sha256:" + String(repeating: "a", count: 64)
  private static let tree = "tree-sha256:" + String(repeating: "0", count: 64)

  @Test("is sorted, one line an entry, and read as it is written")
  func roundTrip() {
    var lock = LockFile()
    #expect(lock.text.hasSuffix("\nversion: 1\n"))
    lock.layers = ["./site": Self.tree, "./base.tar": Self.a, "/opt/a \"b\": c.tar": Self.a]
    #expect(
      lock.text.hasSuffix(
        """
        version: 1
        layers:
          "./base.tar": \(Self.a)
          "./site": \(Self.tree)
          "/opt/a \\"b\\": c.tar": \(Self.a)

        """))
    lock.images = ["docker.io/library/nginx:1.27": Self.a]
    let reading = LockFileReading(Array(lock.text.utf8), file: "stack.lock")
    #expect(reading.diagnostics == [])
    #expect(reading.lock == lock)
    #expect(reading.places["./base.tar"]?.line == 6)
  }

  @Test(
    "what is wrong with it is told with its place, and it locks nothing",
    arguments: [
      ("", "C0101"), ("a: [", "C0001 1:5"), ("[]", "C0101 1:1"), ("layers: {}", "C0104 1:1"),
      ("version: 2\nlayers: {}", "C0110 1:10"), ("version: 1\nlayer: {}", "C0102 2:1"),
      ("version: 1\nlayers: [a]", "C0101 2:9"), ("version: 1\nlayers: {a: b}", "C0110 2:13"),
      ("version: 1\nlayers: {a: sha256:abc}", "C0110 2:13"), ("version: 1\nlayers: {a: {b: c}}", "C0110 2:13"),
      ("version: 1\nimages: {a: \(tree)}", "C0110 2:13"),
      ("version: 1\nlayers: {a: \(a), a: \(a)}", "C0103 2:86"),
      ("<<<<<<< HEAD\nversion: 1\n", "C0001 2:8"),
    ])
  func wrong(text: String, expected: String) {
    let reading = LockFileReading(Array(text.utf8), file: "stack.lock")
    #expect(reading.lock == nil)
    let found = reading.diagnostics.map { finding in
      finding.code + (finding.primary.map { " \($0.start.line):\($0.start.column)" } ?? "")
    }
    #expect(found.first == expected, "\(found)")
  }

  @Test("has the name of its stack file, and the same paths in every checkout")
  func names() {
    #expect(LockFile.name(for: "stack.yaml") == "stack.lock")
    #expect(LockFile.name(for: "docker-compose.yml") == "stack.lock")
    #expect(LockFile.name(for: "prod.yaml") == "prod.lock")
    #expect(LockFile.name(for: "odd") == "odd.lock")
    #expect(LockFile.key(for: "/srv/shop/base.tar", in: "/srv/shop") == "./base.tar")
    #expect(LockFile.key(for: "/srv/shop/a/b", in: "/srv/shop") == "./a/b")
    #expect(LockFile.key(for: "/srv/shared/base.tar", in: "/srv/shop/prod") == "../../shared/base.tar")
    #expect(LockFile.key(for: "/srv/shop", in: "/srv/shop") == ".")
    #expect(LockFile.key(for: "/opt/base.tar", in: "/srv/shop") == "/opt/base.tar")
  }

  @Test("the published schema takes what is read and refuses what is not")
  func schema() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = root.appending(path: "schemas/stack-lock.schema.json")
    let schema = try JSONSchema(String(decoding: try Data(contentsOf: file), as: UTF8.self))
    func accepts(_ entries: [String: JSON]) throws -> Bool {
      let document = JSON.object(entries)
      let isRead = LockFileReading(Array(document.text.utf8), file: "stack.lock").lock != nil
      #expect(schema.accepts(document) == isRead, "\(document.text)")
      return isRead
    }
    #expect(try accepts(["version": .number(1)]))
    #expect(
      try accepts(["version": .number(1), "layers": .object(["./a": .string(Self.tree), "/b": .string(Self.a)])]))
    #expect(try accepts(["version": .number(1), "layers": .null, "images": .object(["x:1": .string(Self.a)])]))
    #expect(try !accepts(["layers": .null]))
    #expect(try !accepts(["version": .number(2)]))
    #expect(try !accepts(["version": .number(1), "layer": .null]))
    #expect(try !accepts(["version": .number(1), "layers": .array([])]))
    #expect(try !accepts(["version": .number(1), "layers": .object(["./a": .string("sha256:1")])]))
    #expect(try !accepts(["version": .number(1), "images": .object(["x": .string(Self.tree)])]))
  }
}

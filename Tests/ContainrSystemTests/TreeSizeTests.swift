// What a tree holds, and names in it that are no text.
import ContainrSystem
import Foundation
import SystemPackage
import Testing

@Suite("The size of a tree")
struct TreeSizeTests {
  private func withTree(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tree-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func size(_ folder: URL) throws -> UInt64 {
    let open = try Kernel.open(FilePath(folder.path), [.path, .directory])
    return try Kernel.treeSize(below: open.raw)
  }

  @Test("is that of all files in it, of one with two names once, and of nothing that links lead to")
  func counted() throws {
    try withTree { folder in
      #expect(try size(folder) == 0)
      let files = FileManager.default
      let deep = folder.appendingPathComponent("a/b/c")
      try files.createDirectory(at: deep, withIntermediateDirectories: true)
      try Data(count: 1000).write(to: folder.appendingPathComponent("one"))
      try Data(count: 200).write(to: deep.appendingPathComponent("two"))
      try files.linkItem(at: folder.appendingPathComponent("one"), to: deep.appendingPathComponent("again"))
      try files.createSymbolicLink(atPath: deep.path + "/out", withDestinationPath: "/usr")
      #expect(try size(folder) == 1204, "and the four bytes of the link")
    }
  }

  @Test("counts names that are no UTF-8 as well, and such a tree can be removed")
  func bytes() throws {
    try withTree { folder in
      func name(_ bytes: [UInt8]) -> FilePath { FilePath(platformString: bytes.map { CChar(bitPattern: $0) } + [0]) }
      var at = try Kernel.open(FilePath(folder.path), [.path, .directory])
      for level in UInt8(0)..<20 {
        let file = try Kernel.open(name([0xFF, 0xC3, level + 65]), at: at.raw, [.writeOnly, .create], mode: 0o644)
        try file.writeAll([1])
        try Kernel.makeDirectory(name([level + 65, 0x80]), at: at.raw, mode: 0o755)
        at = try Kernel.open(name([level + 65, 0x80]), at: at.raw, [.path, .directory])
      }
      #expect(try size(folder) == 20)
      try Kernel.removeTree(FilePath(folder.path))
      #expect(!FileManager.default.fileExists(atPath: folder.path))
    }
  }

  @Test("is told of a tree that is deeper than a path may be long, as far as paths lead")
  func deep() throws {
    try withTree { folder in
      let name = FilePath(String(repeating: "d", count: 200))
      var at = try Kernel.open(FilePath(folder.path), [.path, .directory])
      for level in 0..<30 {
        try Kernel.makeDirectory(name, at: at.raw, mode: 0o755)
        at = try Kernel.open(name, at: at.raw, [.path, .directory])
        let file = try Kernel.open("file", at: at.raw, [.writeOnly, .create], mode: 0o644)
        if level < 10 { try file.writeAll([1, 2, 3]) }
      }
      #expect(try size(folder) == 30)
      try Kernel.removeTree(FilePath(folder.path))
    }
  }
}

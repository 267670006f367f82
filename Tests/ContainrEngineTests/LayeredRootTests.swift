import CContainrLinux
import ContainrSystem
import Foundation
import SystemPackage
import Testing

@testable import ContainrEngine

@Suite("A root read from its layers")
struct LayeredRootTests {
  /// Three layers in a directory of their own, the topmost first.
  private func use(_ files: [(String, String)], _ body: (LayeredRoot, String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "containr-layers-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    for layer in ["top", "mid", "low"] {
      try FileManager.default.createDirectory(atPath: "\(path)/\(layer)", withIntermediateDirectories: true)
    }
    for (name, content) in files {
      let file = "\(path)/\(name)"
      try FileManager.default.createDirectory(
        atPath: URL(fileURLWithPath: file).deletingLastPathComponent().path, withIntermediateDirectories: true)
      if content.hasPrefix("-> ") {
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: String(content.dropFirst(3)))
      } else {
        try Data(content.utf8).write(to: URL(fileURLWithPath: file))
      }
    }
    try body(
      try LayeredRoot(
        layers: ["top", "gone", "mid", "low"].map { FilePath("\(path)/\($0)") }, mounts: ["/data"]),
      path)
  }

  /// What a path leads to, in words.
  private func text(_ root: LayeredRoot, _ path: String) throws -> String {
    switch try root.find(path) {
    case .file(let file, let status, let real):
      return status.isRegular
        ? "\(real): \(String(decoding: try root.bytes(of: file, limit: 100), as: UTF8.self))" : real
    case .missing: return "missing"
    case .mounted(let target): return "mounted at \(target)"
    }
  }

  @Test("the topmost layer that has a file wins, and links lead from layer to layer")
  func order() throws {
    try use([("top/bin/a", "upper"), ("low/bin/a", "lower"), ("low/bin/b", "-> ../lib/b"), ("top/lib/b", "b")]) {
      (root: LayeredRoot, _: String) throws -> Void in
      #expect(try text(root, "/bin/a") == "/bin/a: upper")
      #expect(try text(root, "/bin/b") == "/lib/b: b")
      #expect(try text(root, "/bin/../lib/./b") == "/lib/b: b")
      #expect(try text(root, "/bin/c") == "missing")
      #expect(try text(root, "/bin/a/x") == "missing")
      #expect(try text(root, "/lib/..") == "/")
      #expect(try text(root, "/data/x") == "mounted at /data")
      let names = try root.names(in: "/bin")
      #expect(names == ["a", "b"])
    }
  }

  @Test("what is no directory in one layer hides what the layers below have under its name")
  func hidden() throws {
    try use([
      ("top/d/x", "x"), ("mid/d", "a file"), ("low/d/y", "y"), ("top/e/x", "x"), ("mid/e", "-> d"), ("low/e/y", "y"),
      ("top/f/x", "x"), ("low/f/y", "y"),
    ]) { (root: LayeredRoot, _: String) throws -> Void in
      #expect(try text(root, "/d/x") == "/d/x: x")
      #expect(try text(root, "/d/y") == "missing")
      #expect(try root.names(in: "/d") == ["x"])
      #expect(try text(root, "/e/y") == "missing")
      #expect(try text(root, "/f/y") == "/f/y: y")
      #expect(try root.names(in: "/f") == ["x", "y"])
    }
  }

  @Test(
    "an opaque directory hides what the layers below have in it, however deep",
    .enabled(if: getuid() == 0, "trusted attributes need root"))
  func opaque() throws {
    try use([
      ("top/a/new", "new"), ("low/a/old", "old"), ("low/a/deep/old", "old"), ("mid/b/c/x", "x"), ("low/b/y", "y"),
      ("low/b/c/y", "y"), ("mid/u/new", "new"), ("low/u/old", "old"),
    ]) { (root: LayeredRoot, path: String) throws -> Void in
      for (name, attribute) in [
        ("top/a", "trusted.overlay.opaque"), ("mid/b", "trusted.overlay.opaque"), ("mid/u", "user.overlay.opaque"),
      ] {
        try check(cl_setxattr("\(path)/\(name)", attribute, "y", 1, 0), "setxattr")
      }
      #expect(try text(root, "/a/new") == "/a/new: new")
      #expect(try text(root, "/a/old") == "missing")
      #expect(try text(root, "/a/deep/old") == "missing")
      #expect(try root.names(in: "/a") == ["new"])
      #expect(try text(root, "/b/c/x") == "/b/c/x: x")
      #expect(try text(root, "/b/c/y") == "missing")
      #expect(try text(root, "/b/y") == "missing")
      // Our mounts are not asked for this one.
      #expect(try text(root, "/u/old") == "/u/old: old")
    }
  }

  @Test("links never lead out, up or round and round")
  func hostile() throws {
    try use([
      ("top/etc", "-> ../../../../../../etc"), ("low/abs", "-> /usr/bin/env"), ("low/loop", "-> loop"),
      ("low/up", "-> /../../.."),
    ]) { (root: LayeredRoot, _: String) throws -> Void in
      // Inside, it is a link to itself.
      #expect(throws: SyscallError.self) { try root.find("/etc/passwd") }
      #expect(try text(root, "/abs") == "missing")
      #expect(try text(root, "/up") == "/")
      #expect(throws: SyscallError.self) { try root.find("/loop") }
    }
  }
}

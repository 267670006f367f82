// Merged views of layers, and the store held against itself.
import ContainrImageSpec
import ContainrSystem
import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrImages

@Suite("Images compared", .enabled(if: Requirement.isRoot, "whiteouts need root"))
struct ImageTreeTests {
  @Test("Whiteouts, opaque directories and other kinds hide what lies below, and changes are told once")
  func changes() throws {
    let base = try Unpacked { tar in
      tar.directory("etc/")
      tar.file("etc/keep", "1")
      tar.file("etc/edit", "1")
      tar.file("etc/mode", "1")
      tar.file("etc/gone", "1")
      tar.file("opaque/old", "1")
      tar.file("tree/deep/file", "1")
      tar.file("was/directory", "1")
      tar.symlink("link", to: "a")
    }
    let top = try Unpacked { tar in
      tar.directory("etc/")
      tar.file("etc/keep", "1")
      tar.file("etc/edit", "2")
      tar.file("etc/mode", "1", mode: 0o600)
      tar.file("etc/.wh.gone")
      tar.file("etc/new", "1")
      tar.file("opaque/.wh..wh..opq")
      tar.file("opaque/new", "1")
      tar.file(".wh.tree")
      tar.file("was", "a file")
      tar.symlink("link", to: "b")
    }
    let before = try ImageTree([base.root])
    let after = try ImageTree([base.root, top.root])
    let changes = try before.changes(to: after).map { "\($0.kind.rawValue) \($0.path)" }
    #expect(
      changes == [
        "C /etc/edit", "D /etc/gone", "C /etc/mode", "A /etc/new", "C /link", "A /opaque/new", "D /opaque/old",
        "D /tree",
        "C /was", "D /was/directory",
      ])
    #expect(try after.changes(to: after).isEmpty)
  }

  @Test("A changed bit of any blob is found, and a missing one")
  func verification() throws {
    let scratch = try ScratchDirectory("verify")
    let here = FilePath(scratch.path)
    let store = ImageStore(directory: here.appending("images"), layers: here.appending("layers"))
    let descriptor = try store.make("app", files: ["a", "b"])
    let image = try store.image(descriptor, name: "app")
    #expect(try store.verify().faults == [] && store.verify().blobs == 4)
    let victim = image.manifest.layers[0].digest
    var bytes = try store.blobs.bytes(victim, limit: 1 << 20)
    bytes[12] ^= 1
    try Kernel.replace(store.blobs.path(victim), with: bytes)
    let found = try store.verify()
    #expect(found.damaged == [victim] && found.faults == ["the blob \(victim) is damaged"])
    try store.discard(found.damaged)
    #expect(try store.verify().faults == ["app:latest: the blob \(victim) is missing"])
  }

  @Test("A blob that was cut on its way, to which no name leads, is told and is nobody's fault")
  func unfinished() throws {
    let scratch = try ScratchDirectory("verify-cut")
    let here = FilePath(scratch.path)
    let store = ImageStore(directory: here.appending("images"), layers: here.appending("layers"))
    let descriptor = try store.make("app", files: ["a"])
    let cut = try store.blobs.add(Array("on its way".utf8), what: "cut")
    #expect(try store.verify().unfinished == [])
    // A name whose content had not reached the disk when the power failed.
    try Kernel.replace(store.blobs.path(cut), with: [])
    var found = try store.verify()
    #expect(found.unfinished == [cut] && found.faults == [] && found.damaged == [])
    // Where something on the way is damaged, nobody knows what is whose.
    try Kernel.replace(store.blobs.path(descriptor.digest), with: [])
    found = try store.verify()
    #expect(found.unfinished == [] && Set(found.damaged) == [cut, descriptor.digest])
  }
}

import ContainrSystem
import ContainrTestSupport
import Glibc
import SystemPackage
import Testing

@testable import ContainrImages

@Suite("Layers become durable", .enabled(if: Requirement.isRoot, "the unpacking process needs root"))
struct LayerSettlingTests {
  let scratch: ScratchDirectory
  let program: FilePath
  let archive: FilePath
  /// Nobody waits for the disk in the background here.
  let store: LayerStore
  let digest: LayerDigest

  init() throws {
    scratch = try ScratchDirectory("settling")
    program = FilePath(try BuiltPrograms.path("containr-cli"))
    var tar = TarBuilder()
    tar.file("file", "content")
    archive = FilePath(scratch.path).appending("layer.tar")
    try Kernel.replace(archive, with: tar.archive)
    store = LayerStore(directory: FilePath(scratch.path).appending("layers"), settles: false)
    digest = try store.inspect(archive, kind: .archive).digest
  }

  private func prepare() throws -> FilePath { try store.prepare(archive, digest: digest, program: program) }
  private var marker: FilePath { store.markerPath(digest.hex) }

  @Test("one that this boot has made is used at once, and its marker says so until the disk has it")
  func fresh() throws {
    let layer = try prepare()
    #expect(try Kernel.text(of: marker) == Kernel.bootID())
    #expect(try store.unpackedPath(digest) == layer)
    #expect(try store.settle() == 1)
    #expect(try !Kernel.exists(marker))
    #expect(try store.unpackedPath(digest) == layer)
    #expect(try store.settle() == 0)
  }

  @Test(
    "one that another boot left, or that the disk refused, is not believed and made again",
    arguments: ["5d6f2f0e-0000-4000-8000-000000000000", "refused", ""])
  func notBelieved(_ word: String) throws {
    let layer = try prepare()
    // Held, so that nothing else gets its number.
    let held = try Kernel.open(layer, [.path, .directory])
    let inode = try Kernel.status(at: held.raw).inode
    try Kernel.replace(layer.appending("file"), with: [])
    try Kernel.replace(marker, with: Array(word.utf8))
    #expect(try store.unpackedPath(digest) == nil)
    #expect(try store.settle() == 0)
    #expect(try Kernel.exists(marker))
    #expect(try prepare() == layer)
    #expect(try Kernel.status(of: layer).inode != inode)
    #expect(try Kernel.text(of: layer.appending("file")) == "content")
    #expect(try Kernel.names(inDirectory: store.directory).filter { $0.hasPrefix(".") } == [])
    #expect(try store.settle() == 1)
  }

  @Test("a process of its own waits for the disk and takes the marker away")
  func process() throws {
    let store = LayerStore(directory: store.directory)
    let layer = try store.prepare(archive, digest: digest, program: program)
    let deadline = Kernel.monotonicTime() + 60_000_000_000
    while try Kernel.exists(marker), Kernel.monotonicTime() < deadline { usleep(5000) }
    #expect(try !Kernel.exists(marker))
    #expect(try store.unpackedPath(digest) == layer)
  }

  @Test("what cannot be unpacked leaves no marker, and a collection takes markers along")
  func removal() throws {
    #expect(throws: LayerError.self) { try store.prepare(archive, digest: digest, program: "/bin/true") }
    #expect(try !Kernel.exists(marker))
    _ = try prepare()
    // A maker that was killed after its marker.
    let orphan = store.markerPath(String(repeating: "0", count: 64))
    try Kernel.replace(orphan, with: Array(try Kernel.bootID().utf8))
    try store.prune(keeping: [digest])
    #expect(try !Kernel.exists(orphan))
    #expect(try Kernel.exists(marker))
    try store.prune(keeping: [])
    #expect(try !Kernel.exists(store.directory))
  }

  @Test("a store that is gone is nothing to wait for")
  func gone() {
    #expect(LayerSettler.serve("/nonexistent/layers") == 0)
  }
}

// Images in and out as archives, with skopeo, umoci and podman on the other side.
import ContainrImageSpec
import ContainrSystem
import ContainrTestSupport
import Foundation
import SystemPackage
import Testing

@testable import ContainrImages
@testable import ContainrTransfer

@Suite("Images as archives", .enabled(if: Requirement.isRoot, "unpacking needs root"), .serialized)
struct ArchiveTests {
  let scratch: ScratchDirectory
  let program: FilePath
  var here: FilePath { FilePath(scratch.path) }
  var store: ImageStore { ImageStore(directory: here.appending("images"), layers: here.appending("layers")) }

  init() throws {
    scratch = try ScratchDirectory("archives")
    program = FilePath(try BuiltPrograms.path("containr-cli"))
  }

  /// An image of two layers in a layout made by umoci, `layout:v1`.
  private func layout() throws -> String {
    let script = """
      set -e; cd \(here)
      umoci init --layout layout; umoci new --image layout:v1
      mkdir a b; echo one >a/one; ln a/one a/hard; mkdir a/dir; echo x >a/dir/x; chown 12:34 a/one
      umoci insert --image layout:v1 a /; echo two >b/two; umoci insert --image layout:v1 b /
      umoci insert --image layout:v1 --whiteout /dir/x
      umoci config --image layout:v1 --config.cmd /bin/sh --config.env A=b --config.label l=m
      """
    try run("sh", ["-c", script]).succeeding()
    return "\(here)/layout"
  }

  private func load(
    _ path: String, into store: ImageStore? = nil, only: String? = nil, as name: String? = nil
  ) throws -> [ImageLoad.Loaded] {
    let store = store ?? self.store
    let source = try ImageSource(FilePath(path), program: program, scratch: store.blobs.ingest)
    let reference = try name.map { try ImageReference($0) }
    return try ImageLoad(source, into: store, program: program).run(only: only, as: reference)
  }

  private func save(_ loaded: [ImageLoad.Loaded], to name: String) throws -> String {
    let path = here.appending(name)
    let file = try Kernel.open(path, [.writeOnly, .create, .truncate], mode: 0o600)
    try ImageSave(store).archive(loaded.map { ImageSave.Item(references: $0.references, image: $0.image) }) {
      try Kernel.writeAll(file.raw, Array($0))
    }
    return path.string
  }

  private func check(_ image: StoredImage, in store: ImageStore) throws {
    let layers = try #require(try store.unpackedLayers(of: image))
    #expect(layers.count == 3 && image.config.execution.command == ["/bin/sh"])
    #expect(try Kernel.text(of: layers[0].appending("one")) == "one")
    #expect(try Kernel.status(of: layers[0].appending("one")).links == 2)
    #expect(try Kernel.status(of: layers[0].appending("one")).uid == 12)
    #expect(try Kernel.status(of: layers[2].pushing("dir/x")).isWhiteout)
  }

  @Test("A layout of umoci's, and each archive that skopeo and podman make of it, is the same image")
  func interoperability() throws {
    let layout = try layout()
    let loaded = try load(layout, as: "app:v1")
    try check(loaded[0].image, in: store)
    let id = loaded[0].image.id
    let q = ["--insecure-policy", "copy", "-q", "oci:\(layout):v1"]
    for (name, target) in [
      ("oci.tar", "oci-archive:\(here)/oci.tar:example.org/app:v2"),
      ("docker.tar", "docker-archive:\(here)/docker.tar:example.org/app:v3"),
      ("dir", "oci:\(here)/dir:v4"),
    ] {
      try run("skopeo", q + [target]).succeeding()
      let other = ImageStore(directory: here.appending("i-\(name)"), layers: here.appending("l-\(name)"))
      let again = try load("\(here)/\(name)", into: other, as: name == "dir" ? "app:v4" : nil)
      #expect(again[0].image.id == id)
      #expect(
        again[0].references.map(\.familiar) == [
          name == "dir" ? "app:v4" : "example.org/app:v\(name == "oci.tar" ? 2 : 3)"
        ])
      try check(again[0].image, in: other)
    }
    // Packed archives, and a pipe.
    for pack in ["gzip", "zstd -q"] {
      let other = ImageStore(directory: here.appending("i-packed"), layers: here.appending("l-packed"))
      try run("sh", ["-c", "\(pack) -c \(here)/docker.tar >\(here)/packed"]).succeeding()
      #expect(try load("\(here)/packed", into: other)[0].image.id == id)
      let pipe = try Kernel.pipe().release()
      let writing = OwnedFD(taking: pipe.write)
      let reader = OwnedFD(taking: pipe.read)
      let cat = try ChildProcess.spawn(
        "/bin/cat", arguments: ["cat", "\(here)/packed"], descriptors: [0, writing.raw, 2])
      _ = consume writing
      let source = try ImageSource(archive: reader, name: "a pipe", program: program, scratch: other.blobs.ingest)
      #expect(try ImageLoad(source, into: other, program: program).run()[0].image.id == id)
      _ = try cat.wait()
    }
  }

  @Test("What is saved is read by skopeo, umoci and podman, and saved twice it is the same bytes")
  func saved() throws {
    let loaded = try load(try layout(), as: "example.org/app:v1")
    let path = try save(loaded, to: "saved.tar")
    #expect(try ContentDigest.file(FilePath(path)) == ContentDigest.file(FilePath(try save(loaded, to: "again.tar"))))
    let script = """
      set -e; cd \(here)
      skopeo --insecure-policy copy -q oci-archive:saved.tar:example.org/app:v1 oci:from-oci:v1
      skopeo --insecure-policy copy -q docker-archive:saved.tar:example.org/app:v1 oci:from-docker:v1
      umoci unpack --image from-oci:v1 bundle >/dev/null 2>&1; cat bundle/rootfs/two; test ! -e bundle/rootfs/dir/x
      export STORAGE_DRIVER=vfs; p="podman --root \(here)/podman --runroot \(here)/podman-run --cgroup-manager cgroupfs"
      $p load -q -i saved.tar; $p image inspect example.org/app:v1 --format '{{.Id}}'
      $p image rm -f example.org/app:v1 >/dev/null; $p system reset -f >/dev/null 2>&1 || true
      """
    let result = try run("sh", ["-c", script], timeout: 120).succeeding()
    #expect(result.output.contains("two\n") && result.output.contains(loaded[0].image.id.hex), "\(result)")
  }

  @Test("An archive that lies is refused, and leaves no image")
  func lies() throws {
    let layout = try layout()
    let blobs = "\(layout)/blobs/sha256"
    let largest = try #require(
      FileManager.default.contentsOfDirectory(atPath: blobs).max { a, b in
        try! Kernel.status(of: FilePath("\(blobs)/\(a)")).size < Kernel.status(of: FilePath("\(blobs)/\(b)")).size
      })
    let path = FilePath("\(blobs)/\(largest)")
    let good = try Kernel.readAll(try Kernel.open(path).release())
    func refusal() throws -> String {
      do {
        _ = try load(layout, as: "x")
        Issue.record("it was accepted")
        return ""
      } catch {
        #expect(try store.entries() == [])
        return "\(error)"
      }
    }
    var bad = good
    bad[bad.count / 2] ^= 1
    try Kernel.replace(path, with: bad)
    #expect(try refusal().contains("is not what its digest says"))
    try Kernel.replace(path, with: Array(good.dropLast()))
    #expect(try refusal().contains("ends too early"))
    try Kernel.replace(path, with: good + [0])
    #expect(try refusal().contains("longer than it was said to be"))
    try Kernel.remove(path)
    #expect(try refusal().contains("it has no file"))
    try Kernel.replace(path, with: good)
    try check(try load(layout, as: "x")[0].image, in: store)
  }

  @Test("What is no image says so")
  func noImages() throws {
    for (name, bytes) in [
      ("empty", []), ("text", Array("hello".utf8)), ("zeros", [UInt8](repeating: 0, count: 10240)),
      ("xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4]), ("gzip", [0x1f, 0x8b, 8, 0]),
    ] as [(String, [UInt8])] {
      try Kernel.replace(here.appending(name), with: bytes)
      #expect(throws: ImageError.self, "\(name)") { try load("\(here)/\(name)") }
    }
    #expect { try load("\(here)/none") } throws: { "\($0)".contains("there is no such file") }
    for (name, index) in [
      ("two meanings", #"{"schemaVersion":2,"manifests":[],"layers":[]}"#), ("no json", "{"),
      ("nothing", #"{"schemaVersion":2,"manifests":[]}"#),
      ("climbs", #"{"schemaVersion":2,"manifests":[{"digest":"sha256:../../../../etc/passwd","size":1}]}"#),
    ] {
      let directory = here.appending(name)
      try Kernel.makeDirectory(directory, mode: 0o755)
      try Kernel.replace(directory.appending("index.json"), with: Array(index.utf8))
      #expect(throws: ImageError.self, "\(name)") { try load(directory.string) }
    }
    #expect(try store.entries() == [])
  }
}

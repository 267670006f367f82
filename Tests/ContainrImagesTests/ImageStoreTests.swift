// References, images and their collection.
import ContainrImageSpec
import ContainrSystem
import ContainrTestSupport
import SystemPackage
import Testing

@testable import ContainrImages

@Suite("The image store")
struct ImageStoreTests {
  let scratch: ScratchDirectory
  var store: ImageStore {
    let here = FilePath(scratch.path)
    return ImageStore(directory: here.appending("images"), layers: here.appending("layers"))
  }

  init() throws { scratch = try ScratchDirectory("images") }

  private func names() throws -> [String] { try store.entries().map { $0.reference?.familiar ?? "<none>" } }

  @Test("finds an image by name, by digest and by the beginning of its ID")
  func finds() throws {
    let descriptor = try store.make("app:v1", files: ["a"])
    let image = try #require(try store.image(try ImageReference("app:v1")))
    #expect(image.manifestDescriptor.digest == descriptor.digest && image.layers.count == 1)
    #expect(try store.image(try ImageReference("app")) == nil)
    #expect(try store.image(try ImageReference("app@\(descriptor.digest)"))?.id == image.id)
    #expect(try store.find(String(image.id.hex.prefix(12))).1.id == image.id)
    #expect(try store.find("docker.io/library/app:v1").1.id == image.id)
    #expect(throws: ImageError.self) { try store.find("beef") }
    #expect(throws: ImageError.self) { try store.find("../../etc") }
  }

  @Test("gives a name to another image, and keeps the one before without a name")
  func tags() throws {
    let first = try store.make("app", files: ["a"])
    try store.tag(try ImageReference("other"), first)
    let second = try store.make("app", files: ["b"])
    #expect(try names() == ["other:latest", "app:latest"])
    try store.tag(try ImageReference("other"), second)
    #expect(try names().sorted() == ["<none>", "app:latest", "other:latest"])
    #expect(try store.untag(try ImageReference("app")))
    #expect(try !store.untag(try ImageReference("app")))
    #expect(try names().sorted() == ["<none>", "other:latest"])
    try store.tag(try ImageReference("back"), first)
    #expect(try names().sorted() == ["back:latest", "other:latest"])
  }

  @Test("gives no name by a digest: the tag may stand for another image by now")
  func pinned() throws {
    let old = try store.make(nil, files: ["old"])
    let new = try store.make("app:1", files: ["new"])
    let pinned = try ImageReference("app:1@\(old.digest)")
    try store.tag(pinned, old)
    #expect(try store.target(try ImageReference("app:1"))?.digest == new.digest)
    #expect(try store.target(pinned)?.digest == old.digest)
  }

  @Test("collects what nothing leads to, and nothing else")
  func collects() throws {
    let kept = try store.make("kept", files: ["a", "shared"])
    let lost = try store.make("lost", files: ["b", "shared"])
    let used = try store.make(nil, files: ["c"])
    try store.keep(used)
    #expect(try store.untag(try ImageReference("lost")))
    try store.blobs.add(Array("nobody's".utf8), what: "a test")
    let before = try store.blobs.list().count
    let collected = try store.collect(.unnamed) { ([used.digest], []) }
    #expect(collected.images == [lost.digest.description])
    // Manifest, config and one layer of the lost one, and nobody's.
    #expect(collected.blobs == 4)
    #expect(try store.blobs.list().count == before - 4)
    #expect(try store.image(kept, name: "kept").layers.count == 2)
    #expect(try store.image(used, name: "used").layers.count == 1)
    let rest = try store.collect(.unused) { ([], []) }
    #expect(rest.images.sorted() == ["kept:latest", used.digest.description].sorted())
    #expect(try store.blobs.list() == [] && store.entries() == [])
  }

  @Test("collects nothing while somebody adds images")
  func busy() throws {
    let store = store
    _ = try store.make("a", files: ["a"])
    let hold = try store.hold()
    let second = try store.hold()
    #expect { try store.collect(.unused) { ([], []) } } throws: {
      if case ImageError.busy = $0 { true } else { false }
    }
    #expect(try store.entries().count == 1)
    _ = consume hold
    _ = consume second
    #expect(try store.collect(.unused) { ([], []) }.images == ["a:latest"])
  }

  @Test("asks for uses alone: what a container has recorded before the collection began is never missed")
  func asksAlone() throws {
    let store = store
    let image = try store.make("a", files: ["a"])
    var wasAlone = false
    let collected = try store.collect(.unused) {
      // Who starts a container holds the store from before its record until after its mount.
      do {
        let hold = try StoreHold.take(store, shared: true, wait: false)
        _ = consume hold
      } catch ImageError.busy { wasAlone = true }
      return ([image.digest], [])
    }
    #expect(wasAlone && collected.images.isEmpty && collected.blobs == 0)
    #expect(try store.entries().count == 1)
    // An error of who is asked costs nothing.
    struct Unknown: Error {}
    #expect(throws: Unknown.self) { try store.collect(.unused) { throw Unknown() } }
    #expect(try store.entries().count == 1)
    let hold = try store.hold()
    _ = consume hold
  }

  @Test("takes the platform's image from an index, and says what there is for others")
  func platforms() throws {
    var arm = try store.make(nil, files: ["arm"]) { $0.platform = Platform("arm64")! }
    arm.platform = Platform("arm64")
    let bytes = ImageIndex(manifests: [arm]).bytes
    let index = Descriptor(
      mediaType: MediaType.ociIndex, digest: try store.blobs.add(bytes, what: "an index"), size: Int64(bytes.count))
    try store.tag(try ImageReference("multi"), index)
    let image = try store.image(try ImageReference("multi"), platform: Platform("arm64")!)
    #expect(image?.manifestDescriptor.digest == arm.digest && image?.target.digest == index.digest)
    #expect { try store.image(try ImageReference("multi"), platform: Platform("s390x")!) } throws: {
      "\($0)".contains("there is linux/arm64")
    }
    #expect(try store.collect(.unnamed) { ([], []) }.blobs == 0)
  }

  @Test("is read by skopeo as it is")
  func skopeo() throws {
    _ = try store.make("registry.example.org/app:v1", files: ["a"])
    let run = try Command(
      "skopeo", ["inspect", "--config", "oci:\(store.directory):registry.example.org/app:v1"]
    ).wait().succeeding()
    #expect(run.output.contains("diff_ids"))
  }

  @Test("refuses a config that does not belong to its manifest, and layers that are no files")
  func mixed() throws {
    let wrong = try store.make(nil, files: ["a"]) { $0.diffIDs.append($0.diffIDs[0]) }
    #expect { try store.image(wrong, name: "x") } throws: { "\($0)".contains("1 layers and the config 2") }
  }
}

@Suite("A layer of an image", .enabled(if: Requirement.isRoot, "the unpacking process needs root"))
struct ImageLayerTests {
  let scratch: ScratchDirectory
  let program: FilePath
  var store: ImageStore {
    let here = FilePath(scratch.path)
    return ImageStore(directory: here.appending("images"), layers: here.appending("layers"))
  }

  init() throws {
    scratch = try ScratchDirectory("image-layers")
    program = FilePath(try BuiltPrograms.path("containr-cli"))
  }

  private func unpack(_ bytes: [UInt8], _ tar: TarBuilder, _ how: TarBuilder.Compression) throws -> FilePath {
    let store = store
    let descriptor = try store.make(nil, layers: [(bytes, ContentHash.digest(tar.archive))], how)
    let image = try store.image(descriptor, name: "x")
    return try store.unpack(image.layers[0], program: program)
  }

  private func refusal(_ bytes: [UInt8], _ tar: TarBuilder, _ how: TarBuilder.Compression) -> String {
    do {
      _ = try unpack(bytes, tar, how)
    } catch {
      #expect((try? store.layerStore.unpacked()) == [])
      return "\(error)"
    }
    Issue.record("the layer was accepted")
    return ""
  }

  private var tar: TarBuilder {
    var tar = TarBuilder()
    tar.add("big", [UInt8](repeating: 7, count: 3 << 20))
    tar.file("etc/.wh.gone")
    return tar
  }

  @Test("is known by its tar's digest, however it is packed", arguments: [TarBuilder.Compression.none, .gzip, .zstd])
  func packings(_ how: TarBuilder.Compression) throws {
    let path = try unpack(tar.compressed(how), tar, how)
    #expect(path.lastComponent?.string == ContentHash.digest(tar.archive).hex)
    #expect(try Kernel.status(of: path.pushing("big")).size == 3 << 20)
    #expect(try Kernel.status(of: path.pushing("etc/gone")).isWhiteout)
  }

  @Test("may have several members and end in zeros", arguments: [TarBuilder.Compression.gzip, .zstd])
  func members(_ how: TarBuilder.Compression) throws {
    let whole = tar.archive
    let bytes =
      TarBuilder.compress(Array(whole.prefix(1000)), how) + TarBuilder.compress(Array(whole.dropFirst(1000)), how)
      + [UInt8](repeating: 0, count: 512)
    _ = try unpack(bytes, tar, how)
  }

  @Test("is refused when its data is cut, changed, followed by something, or of another tar")
  func refusals() throws {
    for how in [TarBuilder.Compression.gzip, .zstd] {
      let good = tar.compressed(how)
      #expect(refusal(Array(good.prefix(good.count / 2)), tar, how).contains("ends too early"))
      var bad = good
      bad[bad.count - 6] ^= 0x55
      #expect(refusal(bad, tar, how).contains("damaged"))
      #expect(refusal(good + Array("more bytes than any magic number".utf8), tar, how).contains("damaged"))
      #expect(refusal([], tar, how).contains("ends too early"))
      var other = TarBuilder()
      other.file("other", "x")
      #expect(refusal(other.compressed(how), tar, how).contains("changed while it was used"))
    }
    #expect(refusal(tar.compressed(.gzip), tar, .none).contains("not a readable tar"))
    #expect(refusal(tar.archive, tar, .gzip).contains("damaged"))
  }

  @Test("is refused as a bomb when it grows too much")
  func bomb() throws {
    var tar = TarBuilder()
    tar.add("zeros", [UInt8](repeating: 0, count: 300 << 20))
    #expect(refusal(tar.compressed(.zstd), tar, .zstd).contains("bomb"))
    #expect(refusal(tar.compressed(.gzip), tar, .gzip).contains("bomb"))
  }

  @Test("is unpacked once for two images, and goes when no image has it")
  func shared() throws {
    let store = store
    let first = try store.image(try store.make("a", files: ["shared", "a"]), name: "a")
    let second = try store.image(try store.make("b", files: ["shared", "b"], .zstd), name: "b")
    for layer in first.layers + second.layers { try store.unpack(layer, program: program) }
    #expect(try store.layerStore.unpacked().count == 3)
    let paths = try #require(try store.unpackedLayers(of: first))
    #expect(try Kernel.text(of: paths[1].appending("a")) == "a")
    #expect(try store.untag(try ImageReference("b")))
    #expect(try store.collect(.unnamed) { ([], []) }.layers == 1)
    #expect(try store.unpackedLayers(of: first) == paths)
    #expect(try store.layersOfAll() == Set(store.layerDigests(of: first)))
  }
}

// Images into one archive that everybody reads: an OCI layout, and beside its index the manifest.json of `docker save`.
// The same images make the same bytes.
public import ContainrImageSpec
public import ContainrImages
internal import ContainrJSON
internal import ContainrSystem

/// Writes images.
public struct ImageSave: Sendable {
  /// An image and the names under which it is to be found.
  public struct Item: Sendable {
    /// May be empty.
    public var references: [ImageReference]
    /// It.
    public var image: StoredImage

    /// Both.
    public init(references: [ImageReference], image: StoredImage) {
      self.references = references
      self.image = image
    }
  }

  private let store: ImageStore

  /// Hold the store.
  public init(_ store: ImageStore) { self.store = store }

  /// Writes a tar through `take`. Of an index the manifest of the image's platform is written.
  public func archive(_ items: [Item], take: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
    let writer = try ArchiveWriter(take)
    try writer.add("oci-layout", Array("{\"imageLayoutVersion\":\"1.0.0\"}".utf8))
    try writer.add("index.json", index(items).bytes)
    try writer.add("manifest.json", dockerManifest(items).bytes())
    for blob in blobs(items) {
      let file = try store.blobs.open(blob.digest)
      try writer.add(Self.path(blob.digest), from: file.raw, size: blob.size)
    }
    try writer.finish()
  }

  private func index(_ items: [Item]) -> ImageIndex {
    var manifests: [Descriptor] = []
    for item in items {
      var descriptor = item.image.manifestDescriptor
      descriptor.platform = item.image.config.platform
      descriptor.annotations = [:]
      if item.references.isEmpty { manifests.append(descriptor) }
      for reference in item.references {
        descriptor.annotations = [
          ImageStore.referenceAnnotation: reference.description, "io.containerd.image.name": reference.description,
        ]
        manifests.append(descriptor)
      }
    }
    return ImageIndex(manifests: manifests)
  }

  private func dockerManifest(_ items: [Item]) -> JSONValue {
    .array(
      items.map { item in
        .object([
          JSONMember("Config", .string(Self.path(item.image.id))),
          JSONMember("RepoTags", .array(item.references.filter { $0.tag != nil }.map { .string($0.familiar) })),
          JSONMember("Layers", .array(item.image.manifest.layers.map { .string(Self.path($0.digest)) })),
        ])
      })
  }

  /// Each blob once, sorted.
  private func blobs(_ items: [Item]) -> [Descriptor] {
    var all: [Digest: Descriptor] = [:]
    for image in items.map(\.image) {
      for blob in [image.manifestDescriptor, image.manifest.config] + image.manifest.layers { all[blob.digest] = blob }
    }
    return all.values.sorted { $0.digest < $1.digest }
  }

  private static func path(_ digest: Digest) -> String { "blobs/\(digest.algorithm.rawValue)/\(digest.hex)" }
}

// Images made of bytes, for tests of the store.
import ContainrImageSpec
import ContainrSystem
import SystemPackage

@testable import ContainrImages

extension ImageStore {
  /// Stores an image of one file a layer and answers its manifest's descriptor.
  func make(
    _ name: String?, files: [String], _ how: TarBuilder.Compression = .gzip,
    change: (inout ImageConfig) -> Void = { _ in }
  ) throws -> Descriptor {
    var layers: [(bytes: [UInt8], diffID: Digest)] = []
    for file in files {
      var tar = TarBuilder()
      tar.file(file, file)
      layers.append((tar.compressed(how), ContentHash.digest(tar.archive)))
    }
    return try make(name, layers: layers, how, change: change)
  }

  func make(
    _ name: String?, layers: [(bytes: [UInt8], diffID: Digest)], _ how: TarBuilder.Compression = .gzip,
    change: (inout ImageConfig) -> Void = { _ in }
  ) throws -> Descriptor {
    let compression: LayerCompression = how == .none ? .none : how == .zstd ? .zstd : .gzip
    var config = ImageConfig()
    config.diffIDs = layers.map(\.diffID)
    change(&config)
    let blobs = try layers.map { layer in
      Descriptor(
        mediaType: compression.ociMediaType, digest: try self.blobs.add(layer.bytes, what: "a layer"),
        size: Int64(layer.bytes.count))
    }
    let text = config.bytes
    let manifest = ImageManifest(
      config: Descriptor(
        mediaType: MediaType.ociConfig, digest: try self.blobs.add(text, what: "a config"), size: Int64(text.count)),
      layers: blobs)
    let bytes = manifest.bytes
    let descriptor = Descriptor(
      mediaType: MediaType.ociManifest, digest: try self.blobs.add(bytes, what: "a manifest"), size: Int64(bytes.count))
    if let name { try tag(try ImageReference(name), descriptor) }
    return descriptor
  }
}

// One image of the store, read and checked.
public import ContainrImageSpec
public import ContainrJSON

/// An image for one platform.
public struct StoredImage: Sendable, Hashable {
  /// What was asked for, as text.
  public var name: String
  /// What the reference stands for: this image's manifest, or an index that has it.
  public var target: Descriptor
  /// The image's own manifest.
  public var manifestDescriptor: Descriptor
  /// Read.
  public var manifest: ImageManifest
  /// Read.
  public var config: ImageConfig

  /// What Docker calls the image's ID: the digest of its config.
  public var id: Digest { manifest.config.digest }

  /// The layers as overlayfs will have them, lowest first: blob, packing and the digest of the tar.
  public var layers: [ImageLayer] {
    zip(manifest.layers, config.diffIDs).map { ImageLayer(blob: $0, diffID: $1) }
  }

  /// Checks that manifest and config belong together.
  init(
    name: String, target: Descriptor, manifestDescriptor: Descriptor, manifest: ImageManifest, config: ImageConfig
  ) throws(ImageError) {
    self.name = name
    self.target = target
    self.manifestDescriptor = manifestDescriptor
    self.manifest = manifest
    self.config = config
    try Self.check(manifest, config, name)
  }

  /// A manifest and a config that make an image of a file system, or why they do not.
  public static func check(_ manifest: ImageManifest, _ config: ImageConfig, _ name: String) throws(ImageError) {
    if manifest.layers.count != config.diffIDs.count {
      throw .malformed(
        what: name, reason: "the manifest has \(manifest.layers.count) layers and the config \(config.diffIDs.count)")
    }
    for layer in manifest.layers where LayerCompression(mediaType: layer.mediaType) == nil {
      throw .unsupported(what: name, reason: "a layer is of the type '\(layer.mediaType)', which is no tar of files")
    }
    for digest in config.diffIDs where digest.algorithm != .sha256 {
      throw .unsupported(what: name, reason: "a layer's diff_id is \(digest.algorithm.rawValue), not sha256")
    }
  }
}

/// One layer of an image.
public struct ImageLayer: Sendable, Hashable {
  /// As it is stored and sent.
  public var blob: Descriptor
  /// SHA-256 of its tar.
  public var diffID: Digest

  /// A layer whose blob is packed as its type says.
  public init(blob: Descriptor, diffID: Digest) {
    self.blob = blob
    self.diffID = diffID
  }

  /// How the tar is packed.
  public var compression: LayerCompression { LayerCompression(mediaType: blob.mediaType) ?? .none }
  /// Its name among the unpacked layers.
  var unpacked: LayerDigest { LayerDigest(.sha256, hex: diffID.hex)! }
}

/// Reading of the documents of images, wherever they come from.
public enum ImageDocuments {
  /// Bytes that a manifest or index may have, as registries have it.
  public static let manifestLimit = 4 << 20
  /// Bytes that a config may have.
  public static let configLimit = 8 << 20

  /// What a document of a manifest's place is.
  public enum Manifest: Sendable {
    case image(ImageManifest)
    case index(ImageIndex)
  }

  /// Reads a manifest or an index. `mediaType` is what its descriptor or the registry says: a document that says
  /// something else of itself is refused (CVE-2021-41190). Empty: only the document knows.
  public static func manifest(_ bytes: [UInt8], mediaType: String, what: String) throws(ImageError) -> Manifest {
    let value = try json(bytes, what)
    return try shaped(what) { () throws(JSONShapeError) in
      let reader = try JSONReader(value)
      let own = try reader.string("mediaType")
      if let own, !mediaType.isEmpty, own != mediaType {
        throw JSONShapeError(["mediaType"], "is '\(own)', and its descriptor says '\(mediaType)'")
      }
      let type = own ?? mediaType
      if MediaType.isSchema1(type) {
        throw JSONShapeError([], "is a manifest of the first schema, which is not read: push the image anew")
      }
      let isIndex = type.isEmpty ? reader.value("manifests") != nil : MediaType.isIndex(type)
      if isIndex { return .index(try ImageIndex(value)) }
      if !type.isEmpty, !MediaType.isManifest(type) {
        throw JSONShapeError(["mediaType"], "is '\(type)', which is no image")
      }
      var manifest = try ImageManifest(value)
      if own == nil, !type.isEmpty { manifest.mediaType = type }
      return .image(manifest)
    }
  }

  /// Reads a config.
  public static func config(_ bytes: [UInt8], what: String) throws(ImageError) -> ImageConfig {
    let value = try json(bytes, what)
    return try shaped(what) { () throws(JSONShapeError) in try ImageConfig(value) }
  }

  /// Reads JSON.
  public static func json(_ bytes: [UInt8], _ what: String) throws(ImageError) -> JSONValue {
    do {
      return try JSONValue(bytes)
    } catch {
      let position = JSONPosition(offset: error.offset, in: bytes)
      throw .malformed(what: what, reason: "line \(position.line), column \(position.column): \(error.reason)")
    }
  }

  /// Says a fault of a document in words.
  public static func shaped<Result>(
    _ what: String, _ body: () throws(JSONShapeError) -> Result
  ) throws(ImageError) -> Result {
    do {
      return try body()
    } catch {
      throw .malformed(what: what, reason: error.name.isEmpty ? error.reason : "\(error.name) \(error.reason)")
    }
  }
}

// Images out of archives and layout directories: OCI, and what `docker save` writes. What a document says of another is
// held against it; nothing gets a name before all of it is in the store and unpacked.
public import ContainrImageSpec
public import ContainrImages
internal import ContainrJSON
public import SystemPackage

/// Takes images from a source.
public struct ImageLoad: Sendable {
  /// One that was taken.
  public struct Loaded: Sendable, Hashable {
    /// The names that it got; none: it has only its digest.
    public var references: [ImageReference]
    /// It.
    public var image: StoredImage
  }

  private let store: ImageStore
  private let source: ImageSource
  private let program: FilePath
  private let platform: Platform
  private let report: TransferReport

  /// `program` unpacks (`PROGRAM unpack-layer`). Hold the store.
  public init(
    _ source: ImageSource, into store: ImageStore, program: FilePath, platform: Platform = .host,
    report: @escaping TransferReport = { _ in }
  ) {
    self.store = store
    self.source = source
    self.program = program
    self.platform = platform
    self.report = report
  }

  /// Takes all images of the source, or the one that it calls `reference`. `name`: what to call it, if there is one.
  public func run(only reference: String? = nil, as name: ImageReference? = nil) throws -> [Loaded] {
    var loaded: [Loaded] = []
    if source.has("index.json") {
      loaded = try layout(only: reference)
    } else if source.has("manifest.json") {
      loaded = try dockerArchive(only: reference)
    } else {
      throw ImageError.malformed(
        what: source.name,
        reason: "it has neither index.json nor manifest.json: it is no image. A root file system becomes one by "
          + "containr image import")
    }
    if let name {
      if loaded.count != 1 {
        throw ImageError.malformed(
          what: source.name, reason: "it has \(loaded.count) images, and one name cannot be that of all")
      }
      loaded[0].references = [name]
    }
    for one in loaded {
      if one.references.isEmpty { try store.keep(one.image.target) }
      for reference in one.references { try store.tag(reference, one.image.target) }
    }
    return loaded
  }

  // MARK: OCI

  private static let containerdName = "io.containerd.image.name"

  private func layout(only wanted: String?) throws -> [Loaded] {
    let bytes = try document("index.json")
    guard
      case .index(let index) = try ImageDocuments.manifest(bytes, mediaType: "", what: "index.json of \(source.name)")
    else { throw ImageError.malformed(what: source.name, reason: "its index.json is no index") }
    let tags = dockerTags()
    var loaded: [Loaded] = []
    for descriptor in index.manifests where descriptor.platform?.os != "unknown" {
      let full = descriptor.annotations[Self.containerdName]
      let short = descriptor.annotations[ImageStore.referenceAnnotation]
      if let wanted, wanted != full, wanted != short { continue }
      // A layout calls an image by a whole reference, or only by a tag, which names nothing here.
      let names = [full, short?.contains(where: { $0 == "/" || $0 == ":" }) == true ? short : nil]
      var references = names.compactMap { $0 }.prefix(1).compactMap { try? ImageReference($0) }
      let what = names.compactMap { $0 }.first ?? descriptor.digest.description
      let image = try take(descriptor, what: what)
      if references.isEmpty { references = tags[image.manifest.config.digest.hex] ?? [] }
      if let known = loaded.firstIndex(where: { $0.image.target.digest == image.target.digest }) {
        loaded[known].references += references
      } else {
        loaded.append(Loaded(references: Array(references), image: image))
      }
    }
    if loaded.isEmpty {
      throw ImageError.malformed(
        what: source.name, reason: wanted.map { "it has no image '\($0)'" } ?? "it has no image at all")
    }
    return loaded
  }

  /// One image, or the platform's image of an index.
  private func take(_ descriptor: Descriptor, what: String) throws -> StoredImage {
    var target = descriptor
    target.annotations = [:]
    var current = target
    for _ in 0..<4 {
      switch try ImageDocuments.manifest(try keep(current, what), mediaType: current.mediaType, what: what) {
      case .index(let index):
        guard let next = index.manifest(for: platform) else {
          throw ImageError.noPlatform(what, wanted: platform, offered: index.manifests.compactMap(\.platform))
        }
        current = next
      case .image(let manifest):
        let config = try ImageDocuments.config(
          try keep(manifest.config, "the config of \(what)"), what: "the config of \(what)")
        try StoredImage.check(manifest, config, what)
        let layers = zip(manifest.layers, config.diffIDs).map { ImageLayer(blob: $0, diffID: $1) }
        try take(layers) { Self.path($0) }
        return try store.image(target, name: what, platform: platform)
      }
    }
    throw ImageError.malformed(what: what, reason: "its indexes are nested more than four deep")
  }

  /// Brings layers into the store from the files that `file` names, and unpacks each as soon as it is there: one thread
  /// reads the source, two layers are unpacked beside it.
  private func take(_ layers: [ImageLayer], file: @escaping @Sendable (Digest) -> String) throws {
    var seen: Set<Digest> = []
    let distinct = layers.filter { seen.insert($0.blob.digest).inserted }
    let abort = Abort()
    let (store, source, program, report) = (store, source, program, report)
    try TwoStages.run(distinct.count, width: 1, secondWidth: 2, abort: abort) { index in
      let blob = distinct[index].blob
      let part = TransferPart(.fetch, blob.digest)
      guard let writer = try store.blobs.begin(blob.digest, size: blob.size, what: "the layer \(blob.digest)") else {
        return report(.ended(part, .present))
      }
      report(.began(part))
      var progress = PartProgress(part, total: blob.size, report)
      do {
        try source.read(file(blob.digest), from: writer.received) { bytes in
          try writer.write(bytes)
          progress.reached(writer.received)
          if abort.isSet { throw ImageError.busy }
        }
        try writer.finish(isDurable: false)
      } catch {
        // The source is here: nothing is won by keeping a part, which on a full disk would be in the way.
        try writer.discard()
        throw error
      }
      report(.ended(part, .done(bytes: blob.size)))
    } second: { index in
      try store.unpack(distinct[index], program: program, report)
    }
    try store.blobs.makeDurable(distinct.map(\.blob.digest))
  }

  /// Stores a document of the layout and answers its bytes.
  private func keep(_ descriptor: Descriptor, _ what: String) throws -> [UInt8] {
    let limit = descriptor.mediaType.contains("config") ? ImageDocuments.configLimit : ImageDocuments.manifestLimit
    if descriptor.size > limit { throw ImageError.tooLarge(what: what, size: descriptor.size, limit: Int64(limit)) }
    if let writer = try store.blobs.begin(descriptor.digest, size: descriptor.size, what: what) {
      try writer.restart()
      try writer.write(try document(Self.path(descriptor.digest), limit: limit))
      try writer.finish()
    }
    return try store.blobs.bytes(descriptor.digest, limit: limit)
  }

  private static func path(_ digest: Digest) -> String { "blobs/\(digest.algorithm.rawValue)/\(digest.hex)" }

  private func document(_ name: String, limit: Int = ImageDocuments.manifestLimit) throws -> [UInt8] {
    guard let bytes = try source.bytes(name, limit: limit) else {
      throw ImageError.malformed(what: source.name, reason: "it has no file '\(name)'")
    }
    return bytes
  }

  // MARK: docker save

  /// One image of manifest.json.
  private struct DockerImage {
    var config: String
    var tags: [String]
    var layers: [String]
  }

  private func dockerImages() throws -> [DockerImage] {
    let what = "manifest.json of \(source.name)"
    let value = try ImageDocuments.json(try document("manifest.json"), what)
    return try ImageDocuments.shaped(what) { () throws(JSONShapeError) in
      guard case .array(let items) = value else { throw JSONShapeError([], "must be an array") }
      var all: [DockerImage] = []
      for (index, item) in items.enumerated() {
        let reader = try JSONReader(item, path: [String(index)])
        all.append(
          DockerImage(
            config: try reader.requiredString("Config"), tags: try reader.strings("RepoTags"),
            layers: try reader.strings("Layers")))
      }
      return all
    }
  }

  /// The tags of an archive that is both, by the digest in the config's name.
  private func dockerTags() -> [String: [ImageReference]] {
    guard source.has("manifest.json"), let images = try? dockerImages() else { return [:] }
    var tags: [String: [ImageReference]] = [:]
    for image in images {
      let hex = FilePath(image.config).lastComponent?.stem ?? ""
      tags[hex] = image.tags.compactMap { try? ImageReference($0) }
    }
    return tags
  }

  private func dockerArchive(only wanted: String?) throws -> [Loaded] {
    var loaded: [Loaded] = []
    for image in try dockerImages() where wanted.map({ image.tags.contains($0) }) ?? true {
      let what = image.tags.first ?? image.config
      let bytes = try document(image.config, limit: ImageDocuments.configLimit)
      let config = try ImageDocuments.config(bytes, what: "the config of \(what)")
      if config.diffIDs.count != image.layers.count {
        throw ImageError.malformed(
          what: what, reason: "manifest.json has \(image.layers.count) layers and the config \(config.diffIDs.count)")
      }
      var layers: [(layer: ImageLayer, name: String)] = []
      for (name, diffID) in zip(image.layers, config.diffIDs) {
        layers.append((try dockerLayer(name, diffID, what), name))
      }
      let names = Dictionary(layers.map { ($0.layer.blob.digest, $0.name) }) { first, _ in first }
      try take(layers.map(\.layer)) { names[$0] ?? "" }
      try store.blobs.add(bytes, what: "the config of \(what)")
      let manifest = ImageManifest(
        config: Descriptor(
          mediaType: MediaType.ociConfig, digest: ContentHash.digest(bytes), size: Int64(bytes.count)),
        layers: layers.map(\.layer.blob))
      let text = manifest.bytes
      let target = Descriptor(
        mediaType: MediaType.ociManifest, digest: try store.blobs.add(text, what: "a manifest"),
        size: Int64(text.count), platform: config.platform)
      loaded.append(
        Loaded(
          references: try image.tags.map { try ImageReference($0) },
          image: try store.image(target, name: what, platform: platform)))
    }
    if loaded.isEmpty {
      throw ImageError.malformed(
        what: source.name, reason: wanted.map { "it has no image '\($0)'" } ?? "it has no image at all")
    }
    return loaded
  }

  /// A layer of an archive of Docker's: a plain tar is known by its diff_id; what is packed has to be read to be known.
  private func dockerLayer(_ name: String, _ diffID: Digest, _ what: String) throws -> ImageLayer {
    guard let size = try source.size(name) else {
      throw ImageError.malformed(what: source.name, reason: "it has no file '\(name)'")
    }
    var head: [UInt8] = []
    struct Enough: Error {}
    do {
      try source.read(name, from: 0) {
        head = Array($0.prefix(8))
        throw Enough()
      }
    } catch is Enough {}
    guard let compression = LayerCompression(magic: head) else {
      return ImageLayer(blob: Descriptor(mediaType: MediaType.ociLayer, digest: diffID, size: size), diffID: diffID)
    }
    let writer = try store.blobs.beginNew(what: "the layer \(name) of \(what)")
    try source.read(name, from: 0) { try writer.write($0) }
    let digest = try writer.finish()
    return ImageLayer(
      blob: Descriptor(mediaType: compression.ociMediaType, digest: digest, size: size), diffID: diffID)
  }
}

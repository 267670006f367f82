// Images on disk as one OCI image layout, so that other tools read it as it is. The one writer of its directory. Knows
// no registry and no containers; its layers are unpacked into the layer store.
internal import CContainrLinux
public import ContainrImageSpec
internal import ContainrJSON
internal import ContainrSystem
public import SystemPackage

/// Images by reference.
///
///     <directory>/oci-layout, index.json, blobs/   an OCI image layout; a reference is a manifest's descriptor in
///                                                  index.json with `org.opencontainers.image.ref.name` in full
///     <directory>/ingest/                          blobs on their way (BlobStore)
///     <directory>/.index-lock                      held while index.json changes
///     <directory>/.hold                            shared by who adds or uses images, alone for who collects garbage
public struct ImageStore: Sendable {
  /// Where the images live; made when first needed.
  public let directory: FilePath
  /// Their content.
  public let blobs: BlobStore
  /// Their unpacked layers.
  public let layerStore: LayerStore

  /// Touches nothing on disk.
  public init(directory: FilePath, layers: FilePath) {
    self.directory = directory
    blobs = BlobStore(directory: directory)
    layerStore = LayerStore(directory: layers)
  }

  /// The annotation that holds a reference.
  public static let referenceAnnotation = "org.opencontainers.image.ref.name"

  /// Keeps the collector away until the answer ends: nothing that is in the store, or comes, is removed meanwhile.
  public func hold() throws(ImageError) -> StoreHold { try .take(self, shared: true, wait: true) }

  /// The manifest's descriptor behind each reference and, without one, of each image whose reference has gone to
  /// another; in the order of index.json.
  public func entries() throws(ImageError) -> [ImageEntry] {
    try index().manifests.map { ImageEntry(descriptor: $0) }
  }

  /// What a reference stands for; nil if the store has none of this name. A reference with a digest finds whatever has
  /// that digest.
  public func target(_ reference: ImageReference) throws(ImageError) -> Descriptor? {
    let entries = try entries()
    if let digest = reference.digest {
      if var found = entries.first(where: { $0.descriptor.digest == digest })?.descriptor {
        found.annotations[Self.referenceAnnotation] = nil
        return found
      }
      return nil
    }
    guard var found = entries.first(where: { $0.reference == reference })?.descriptor else { return nil }
    found.annotations[Self.referenceAnnotation] = nil
    return found
  }

  /// The image that a reference stands for, for a platform; nil if the store has no such reference.
  public func image(_ reference: ImageReference, platform: Platform = .host) throws(ImageError) -> StoredImage? {
    guard let target = try target(reference) else { return nil }
    return try image(target, name: reference.familiar, platform: platform)
  }

  /// The image that people mean: a reference, or the beginning of an ID or of a manifest's digest. `platform` nil: this
  /// host's, or whichever is here.
  public func find(_ text: String, platform: Platform? = nil) throws(ImageError) -> (ImageEntry, StoredImage) {
    if let reference = try? ImageReference(text), let target = try target(reference) {
      let image = try present(target, name: reference.familiar, platform: platform)
      let entry = try entries().first { $0.reference == reference }
      return (entry ?? ImageEntry(descriptor: image.target), image)
    }
    let digits = text.hasPrefix("sha256:") ? String(text.dropFirst(7)) : text
    guard digits.utf8.count >= 4, digits.utf8.allSatisfy({ 48...57 ~= $0 || 97...102 ~= $0 }) else {
      throw .unknown(text)
    }
    var found: [Digest: (ImageEntry, StoredImage)] = [:]
    for entry in try entries() {
      let name = entry.reference?.familiar ?? entry.descriptor.digest.description
      guard let image = try? present(entry.descriptor, name: name, platform: platform) else { continue }
      let all = [image.id, image.manifestDescriptor.digest, image.target.digest]
      if all.contains(where: { $0.hex.hasPrefix(digits) }) { found[image.id] = found[image.id] ?? (entry, image) }
    }
    if found.count > 1 { throw .ambiguous(text, found.keys.sorted().map { "sha256:\($0.short)" }) }
    guard let only = found.first?.value else { throw .unknown(text) }
    return only
  }

  /// The image of a platform; for nil this host's, or else the first of an index that is here.
  public func present(
    _ target: Descriptor, name: String, platform: Platform? = nil
  ) throws(ImageError) -> StoredImage {
    do throws(ImageError) {
      let found = try image(target, name: name, platform: platform ?? .host)
      // One that stands in no index is for whatever it is for.
      if let platform, !platform.accepts(found.config.platform) {
        throw ImageError.noPlatform(name, wanted: platform, offered: [found.config.platform])
      }
      return found
    } catch {
      guard platform == nil else { throw error }
      switch error {
      case .noPlatform(_, _, let offered):
        for platform in offered {
          if let image = try? image(target, name: name, platform: platform) { return image }
        }
      case .damaged:
        // An index of which another platform's image was fetched.
        let bytes = try blobs.bytes(target.digest, limit: ImageDocuments.manifestLimit)
        if case .index(let index) = try ImageDocuments.manifest(bytes, mediaType: target.mediaType, what: name) {
          for child in index.manifests.compactMap(\.platform) {
            if let image = try? image(target, name: name, platform: child) { return image }
          }
        }
      default: break
      }
      throw error
    }
  }

  /// The image behind a manifest's or an index's descriptor.
  public func image(_ target: Descriptor, name: String, platform: Platform = .host) throws(ImageError) -> StoredImage {
    var descriptor = target
    for _ in 0..<4 {
      let bytes = try blobs.bytes(descriptor.digest, limit: ImageDocuments.manifestLimit)
      switch try ImageDocuments.manifest(bytes, mediaType: descriptor.mediaType, what: name) {
      case .index(let index):
        guard let next = index.manifest(for: platform) else {
          throw .noPlatform(name, wanted: platform, offered: index.manifests.compactMap(\.platform))
        }
        descriptor = next
      case .image(let manifest):
        let bytes = try blobs.bytes(manifest.config.digest, limit: ImageDocuments.configLimit)
        if manifest.config.mediaType != MediaType.ociConfig, manifest.config.mediaType != MediaType.dockerConfig {
          throw .unsupported(
            what: name, reason: "its config is of the type '\(manifest.config.mediaType)': an artifact, not an image")
        }
        let config = try ImageDocuments.config(bytes, what: "the config of \(name)")
        if descriptor.mediaType.isEmpty { descriptor.mediaType = manifest.mediaType }
        return try StoredImage(
          name: name, target: target, manifestDescriptor: descriptor, manifest: manifest, config: config)
      }
    }
    throw .malformed(what: name, reason: "its indexes are nested more than four deep")
  }

  // MARK: references

  /// Gives a reference to what a descriptor stands for, whose blobs must be in the store; hold the store. Another image
  /// that had the reference keeps its place without a name. A reference by digest gives no name: its tag may stand for
  /// another image by now, and others go by that.
  public func tag(_ reference: ImageReference, _ descriptor: Descriptor) throws(ImageError) {
    if reference.tag == nil || reference.digest != nil { return try keep(descriptor) }
    try blobs.sync()
    try changeIndex { index in
      let name = ImageReference(registry: reference.registry, repository: reference.repository, tag: reference.tag)
      Self.drop(name.description, from: &index, unless: descriptor.digest)
      index.manifests.removeAll {
        $0.digest == descriptor.digest
          && ($0.annotations[Self.referenceAnnotation] ?? name.description) == name.description
      }
      var entry = descriptor
      entry.annotations[Self.referenceAnnotation] = name.description
      index.manifests.append(entry)
    }
  }

  /// Keeps an image that has no reference.
  public func keep(_ descriptor: Descriptor) throws(ImageError) {
    try blobs.sync()
    try changeIndex { index in
      if index.manifests.contains(where: { $0.digest == descriptor.digest }) { return }
      var entry = descriptor
      entry.annotations[Self.referenceAnnotation] = nil
      index.manifests.append(entry)
    }
  }

  /// Takes a reference away; false if there is none. The image stays, without a name if it was its last.
  @discardableResult
  public func untag(_ reference: ImageReference) throws(ImageError) -> Bool {
    var wasThere = false
    try changeIndex { index in
      let name = reference.description
      wasThere = index.manifests.contains { $0.annotations[Self.referenceAnnotation] == name }
      Self.drop(name, from: &index, unless: nil)
    }
    return wasThere
  }

  /// Forgets an image, under all of its references and without one. Its blobs go with the next collection.
  public func forget(_ digest: Digest) throws(ImageError) {
    try changeIndex { index in index.manifests.removeAll { $0.digest == digest } }
  }

  /// Takes a name off; its image stays as one without a name unless it has another.
  private static func drop(_ name: String, from index: inout ImageIndex, unless digest: Digest?) {
    for position in index.manifests.indices.reversed() {
      let entry = index.manifests[position]
      guard entry.annotations[referenceAnnotation] == name, entry.digest != digest else { continue }
      let others = index.manifests.enumerated().contains { $0.offset != position && $0.element.digest == entry.digest }
      if others {
        index.manifests.remove(at: position)
      } else {
        index.manifests[position].annotations[referenceAnnotation] = nil
      }
    }
  }

  // MARK: index.json

  /// Bytes that the store's own index may have: a hundred thousand images.
  private static let indexLimit = 64 << 20

  func index() throws(ImageError) -> ImageIndex {
    let path = directory.appending("index.json")
    let bytes: [UInt8]
    do {
      let file = try Kernel.open(path, [.readOnly, .noFollow])
      bytes = try file.readAll(limit: Self.indexLimit)
    } catch {
      if error.errno == 2 { return ImageIndex() }
      throw .store(error)
    }
    let value = try ImageDocuments.json(bytes, "\(path)")
    return try ImageDocuments.shaped("\(path)") { () throws(JSONShapeError) in try ImageIndex(value) }
  }

  private func changeIndex(_ change: (inout ImageIndex) -> Void) throws(ImageError) {
    let lock = try BlobStore.storing { () throws(SyscallError) in
      try Kernel.makeDirectories(directory, mode: 0o700)
      return try FileLock(directory.appending(".index-lock"))
    }
    var index = try index()
    let before = index
    change(&index)
    if index == before { return }
    try BlobStore.storing { () throws(SyscallError) in
      let layout = directory.appending("oci-layout")
      if try !Kernel.exists(layout) {
        try Kernel.replace(
          layout, with: Array("{\"imageLayoutVersion\":\"1.0.0\"}".utf8), mode: 0o644, durable: true)
      }
      try Kernel.replace(
        directory.appending("index.json"), with: index.bytes, mode: 0o644, durable: true)
    }
    _ = consume lock
  }
}

/// A line of the store's index.
public struct ImageEntry: Sendable, Hashable {
  /// The image's manifest, or an index of images.
  public var descriptor: Descriptor
  /// Its name; nil if another image has it by now.
  public var reference: ImageReference?

  init(descriptor: Descriptor) {
    self.descriptor = descriptor
    reference = descriptor.annotations[ImageStore.referenceAnnotation].flatMap { try? ImageReference($0) }
  }
}

/// Keeps the store as it is, but for what is added, until it ends.
public struct StoreHold: ~Copyable, Sendable {
  private let file: OwnedFD

  private init(_ file: consuming OwnedFD) { self.file = file }

  /// At once: a child that is being forked has the descriptor too until its execve.
  deinit { _ = cl_flock(file.raw, 8) }

  static func take(_ store: ImageStore, shared: Bool, wait: Bool) throws(ImageError) -> StoreHold {
    let path = store.directory.appending(".hold")
    let file = try BlobStore.storing { () throws(SyscallError) in
      try Kernel.makeDirectories(store.directory, mode: 0o700)
      return try Kernel.open(path, [.readWrite, .create, .noFollow], mode: 0o600)
    }
    do {
      try Kernel.lock(file.raw, wait: wait, path, shared: shared)
    } catch {
      if error.errno == 11 { throw .busy }  // EWOULDBLOCK
      throw .store(error)
    }
    return StoreHold(file)
  }
}

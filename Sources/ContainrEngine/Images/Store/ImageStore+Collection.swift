// Garbage collection: first names go from the index, then what nothing leads to any more. Whatever moment it is killed
// in, all that the index leads to is whole.
public import ContainrImageSpec
internal import ContainrSystem
internal import SystemPackage

extension ImageStore {
  /// What a collection removed.
  public struct Collected: Sendable, Hashable {
    /// Names and, of images without one, digests.
    public var images: [String] = []
    /// How many blobs.
    public var blobs = 0
    /// Bytes of those.
    public var bytes: Int64 = 0
    /// How many unpacked layers.
    public var layers = 0
  }

  /// Which images go.
  public enum Doomed: Sendable {
    /// Those without a name.
    case unnamed
    /// Those that no container uses.
    case unused
    /// Only what no image leads to any more.
    case none
  }

  /// Removes images, and the blobs and unpacked layers that nothing leads to any more. `uses` is asked while nobody else is
  /// at the store: `used` are manifests of images that containers stand on, which stay with all they need; `layers` are
  /// further layers that stay. `.busy` while somebody adds
  /// or uses images, unless `wait`.
  public func collect(
    _ doomed: Doomed, wait: Bool = false, uses: () throws -> (used: Set<Digest>, layers: Set<LayerDigest>)
  ) throws -> Collected {
    let hold = try StoreHold.take(self, shared: false, wait: wait)
    // Only now: who starts a container holds the store from its record to its mount.
    let (used, layers) = try uses()
    let result = try collect(doomed, used: used, keeping: layers)
    _ = consume hold
    return result
  }

  /// The same for who holds the whole store.
  private func collect(
    _ doomed: Doomed, used: Set<Digest>, keeping layers: Set<LayerDigest>
  ) throws(ImageError) -> Collected {
    var result = Collected()
    for entry in try entries() where try isDoomed(entry, doomed, used) {
      result.images.append(entry.reference?.familiar ?? entry.descriptor.digest.description)
      if let reference = entry.reference {
        try untag(reference)
        // Without its last name it is an image without one, which goes as well.
        if try !entries().contains(where: { $0.descriptor.digest == entry.descriptor.digest && $0.reference != nil }) {
          try forget(entry.descriptor.digest)
        }
      } else {
        try forget(entry.descriptor.digest)
      }
    }
    var reached = Set<Digest>()
    var kept = layers
    for root in try entries().map(\.descriptor.digest) + used { try reach(root, &reached, &kept, depth: 0) }
    for digest in try blobs.list() where !reached.contains(digest) {
      result.bytes += try blobs.size(digest)
      result.blobs += 1
      try blobs.remove(digest)
    }
    try removeUnfinished()
    do {
      result.layers = try layerStore.unpacked().count { !kept.contains($0) }
      try layerStore.prune(keeping: kept)
    } catch {
      throw .layer(error)
    }
    return result
  }

  /// Removes the unpacked layers that neither an image has nor `layers` names. While somebody adds or uses images, or where
  /// an image cannot be read, it removes nothing: the next time will do.
  public func pruneLayers(keeping layers: Set<LayerDigest>) throws(LayerError) {
    do {
      guard try Kernel.exists(directory) else { return try layerStore.prune(keeping: layers) }
      let hold = try StoreHold.take(self, shared: false, wait: false)
      try layerStore.prune(keeping: try layersOfAll().union(layers))
      _ = consume hold
    } catch let error as LayerError {
      throw error
    } catch {
      return
    }
  }

  /// The layers of all images that the store has.
  func layersOfAll() throws(ImageError) -> Set<LayerDigest> {
    var reached = Set<Digest>()
    var kept = Set<LayerDigest>()
    for entry in try entries() { try reach(entry.descriptor.digest, &reached, &kept, depth: 0) }
    return kept
  }

  private func isDoomed(_ entry: ImageEntry, _ doomed: Doomed, _ used: Set<Digest>) throws(ImageError) -> Bool {
    switch doomed {
    case .none: return false
    case .unnamed: if entry.reference != nil { return false }
    case .unused: break
    }
    var reached = Set<Digest>()
    var layers = Set<LayerDigest>()
    try reach(entry.descriptor.digest, &reached, &layers, depth: 0)
    return reached.isDisjoint(with: used)
  }

  /// Everything that a manifest or an index leads to and that is there: of an index the images of other platforms may
  /// never have been fetched.
  func reach(
    _ digest: Digest, _ reached: inout Set<Digest>, _ layers: inout Set<LayerDigest>, depth: Int
  ) throws(ImageError) {
    guard depth < 8, reached.insert(digest).inserted, try blobs.contains(digest) else { return }
    let bytes = try blobs.bytes(digest, limit: ImageDocuments.manifestLimit)
    switch try ImageDocuments.manifest(bytes, mediaType: "", what: digest.description) {
    case .index(let index):
      for child in index.manifests { try reach(child.digest, &reached, &layers, depth: depth + 1) }
    case .image(let manifest):
      reached.insert(manifest.config.digest)
      for layer in manifest.layers { reached.insert(layer.digest) }
      guard try blobs.contains(manifest.config.digest) else { return }
      // What is attached beside images has configs of other kinds, and no layers of files.
      let bytes = try blobs.bytes(manifest.config.digest, limit: ImageDocuments.configLimit)
      let config = try? ImageDocuments.config(bytes, what: digest.description)
      for diffID in config?.diffIDs ?? [] where diffID.algorithm == .sha256 {
        layers.insert(LayerDigest(.sha256, hex: diffID.hex)!)
      }
    }
  }

  /// What killed commands left half-made, and the directories once they are empty.
  private func removeUnfinished() throws(ImageError) {
    do {
      if try Kernel.exists(blobs.ingest) { try Kernel.removeTree(blobs.ingest) }
    } catch let error as SyscallError {
      throw .store(error)
    } catch let error as TreeRemovalError {
      throw .removal(error)
    } catch {
      fatalError("\(error)")
    }
  }
}

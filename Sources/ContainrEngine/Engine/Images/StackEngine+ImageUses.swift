// Which containers stand on which images, as it is recorded: what may not be collected.
public import ContainrHost
public import ContainrImageSpec
public import ContainrImages
internal import ContainrReconcile
internal import ContainrStore

/// What containers and mounts need of the image store.
public struct ImageUses: Sendable {
  /// Containers by the manifests of their images.
  public var containers: [Digest: [String]] = [:]
  /// Layers that they stand on, those of archives included.
  public var layers: Set<LayerDigest> = []

  /// In the words of the collector.
  public var kept: (used: Set<Digest>, layers: Set<LayerDigest>) { (Set(containers.keys), layers) }
}

extension StackEngine {
  /// As it is recorded at this moment.
  public func imageUses() throws(EngineError) -> ImageUses {
    var uses = ImageUses()
    for record in try contents().containers {
      for digest in record.image.split(separator: " ").compactMap({ Digest(String($0)) }) {
        uses.containers[digest, default: []].append(record.name.display)
      }
      uses.layers.formUnion(record.layers.compactMap { LayerDigest($0) })
    }
    for mount in try imageMounts() {
      uses.containers[mount.digest, default: []].append("the mount at \(mount.directory)")
    }
    return uses
  }
}

// What a look at a layer tells.
public import SystemPackage

/// A layer that exists and can be read.
public struct LayerInfo: Sendable, Hashable {
  public var path: FilePath
  public var kind: LayerStore.LayerKind
  public var digest: LayerDigest
  /// Bytes of the archive; 0 for a directory.
  public var size: Int64

  public init(path: FilePath, kind: LayerStore.LayerKind, digest: LayerDigest, size: Int64) {
    self.path = path
    self.kind = kind
    self.digest = digest
    self.size = size
  }
}

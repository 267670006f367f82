// What a look at a layer tells.
public import SystemPackage

/// A layer that exists and can be read.
public struct LayerInfo: Sendable, Hashable {
  /// As the caller named it.
  public var path: FilePath
  /// What it was verified to be.
  public var kind: LayerStore.LayerKind
  /// Its identity.
  public var digest: LayerDigest
  /// Bytes of the archive; 0 for a directory.
  public var size: Int64

  /// All of it.
  public init(path: FilePath, kind: LayerStore.LayerKind, digest: LayerDigest, size: Int64) {
    self.path = path
    self.kind = kind
    self.digest = digest
    self.size = size
  }
}

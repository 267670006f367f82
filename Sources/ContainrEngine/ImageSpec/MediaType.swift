// The media types of the image-spec and of Docker's schema 2, side by side. Pure.

/// Names of kinds of content.
public enum MediaType {
  /// A list of manifests.
  public static let ociIndex = "application/vnd.oci.image.index.v1+json"
  /// One image.
  public static let ociManifest = "application/vnd.oci.image.manifest.v1+json"
  /// An image's config.
  public static let ociConfig = "application/vnd.oci.image.config.v1+json"
  /// A layer, as a plain tar; a suffix names its packing.
  public static let ociLayer = "application/vnd.oci.image.layer.v1.tar"
  /// Docker's list of manifests.
  public static let dockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json"
  /// Docker's manifest, schema 2.
  public static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
  /// Docker's config.
  public static let dockerConfig = "application/vnd.docker.container.image.v1+json"
  /// Docker's layer, always packed by gzip.
  public static let dockerLayer = "application/vnd.docker.image.rootfs.diff.tar.gzip"
  /// Schema 1 of 2014: no digests of layers that could be held against the config, refused everywhere by now.
  public static let dockerSchema1 = "application/vnd.docker.distribution.manifest.v1+json"
  /// The same with a signature inside.
  public static let dockerSigned1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"

  /// What a registry may answer when it is asked for a manifest, in the order of preference.
  public static let manifests = [ociManifest, ociIndex, dockerManifest, dockerIndex]

  /// Whether it is a list of manifests.
  public static func isIndex(_ type: String) -> Bool { type == ociIndex || type == dockerIndex }

  /// Whether it is the manifest of one image.
  public static func isManifest(_ type: String) -> Bool { type == ociManifest || type == dockerManifest }

  /// Whether it is a manifest of the first schema, which nobody may use any more.
  public static func isSchema1(_ type: String) -> Bool { type == dockerSchema1 || type == dockerSigned1 }
}

/// How a layer's tar is packed.
public enum LayerCompression: String, Sendable, CaseIterable {
  case none, gzip, zstd

  /// Of a layer's media type; nil for a type that is no layer of a file system, or none that may be carried (encrypted).
  public init?(mediaType: String) {
    switch mediaType {
    case MediaType.ociLayer, "application/vnd.oci.image.layer.nondistributable.v1.tar",
      "application/vnd.docker.image.rootfs.diff.tar":
      self = .none
    case MediaType.ociLayer + "+gzip", "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
      MediaType.dockerLayer, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip":
      self = .gzip
    case MediaType.ociLayer + "+zstd", "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
      "application/vnd.docker.image.rootfs.diff.tar.zstd":
      self = .zstd
    default: return nil
    }
  }

  /// The OCI name of a layer packed so.
  public var ociMediaType: String { self == .none ? MediaType.ociLayer : "\(MediaType.ociLayer)+\(rawValue)" }

  /// By the first bytes of a file; nil when it is not known, as for a plain tar's.
  public init?(magic: [UInt8]) {
    if magic.starts(with: [0x1f, 0x8b]) {
      self = .gzip
    } else if magic.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) {
      self = .zstd
    } else {
      return nil
    }
  }
}

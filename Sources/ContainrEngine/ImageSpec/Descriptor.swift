// A reference to content: its type, digest and size (image-spec, descriptor.md). Pure.
public import ContainrJSON

/// Points at a blob.
public struct Descriptor: Sendable, Hashable {
  /// What the blob is; MediaType has the names.
  public var mediaType: String
  /// Its content.
  public var digest: Digest
  /// Its bytes.
  public var size: Int64
  /// Other places to get it from; ours never asks them (image-spec calls them untrusted).
  public var urls: [String]
  /// Notes; `org.opencontainers.image.ref.name` in an index is a reference.
  public var annotations: [String: String]
  /// In an index: what the manifest runs on.
  public var platform: Platform?
  /// What an artifact is.
  public var artifactType: String?

  /// A pointer without notes.
  public init(
    mediaType: String, digest: Digest, size: Int64, annotations: [String: String] = [:], platform: Platform? = nil
  ) {
    self.mediaType = mediaType
    self.digest = digest
    self.size = size
    self.annotations = annotations
    self.platform = platform
    urls = []
  }

  /// Reads one; a digest that is none, or a negative size, is a fault with its path.
  public init(_ reader: JSONReader) throws(JSONShapeError) {
    mediaType = try reader.string("mediaType") ?? ""
    let text = try reader.requiredString("digest")
    guard let digest = Digest(text) else {
      throw reader.fault("digest", "is '\(text)', and must be sha256: or sha512: and its hexadecimal digits")
    }
    self.digest = digest
    size = try reader.requiredNumber("size")
    if size < 0 { throw reader.fault("size", "is \(size)") }
    urls = try reader.strings("urls")
    annotations = try reader.texts("annotations")
    artifactType = try reader.string("artifactType")
    if let inner = try reader.object("platform") {
      platform = Platform(
        os: try inner.string("os") ?? "", architecture: try inner.string("architecture") ?? "",
        variant: try inner.string("variant"), osVersion: try inner.string("os.version"))
    }
  }

  /// Its JSON, in the order of the specification.
  public var json: JSONValue {
    var members = [
      JSONMember("mediaType", .string(mediaType)), JSONMember("digest", .string(digest.description)),
      JSONMember("size", .integer(size)),
    ]
    if !urls.isEmpty { members.append(JSONMember("urls", .array(urls.map { .string($0) }))) }
    if !annotations.isEmpty { members.append(JSONMember("annotations", .texts(annotations))) }
    if let platform { members.append(JSONMember("platform", platform.json)) }
    if let artifactType { members.append(JSONMember("artifactType", .string(artifactType))) }
    return .object(members)
  }
}

extension Platform {
  /// Its JSON in a descriptor.
  var json: JSONValue {
    var members = [JSONMember("architecture", .string(architecture)), JSONMember("os", .string(os))]
    if let osVersion { members.append(JSONMember("os.version", .string(osVersion))) }
    if let variant { members.append(JSONMember("variant", .string(variant))) }
    return .object(members)
  }
}

extension JSONValue {
  /// A map of texts, sorted, so that the same map has one form.
  static func texts(_ map: [String: String]) -> JSONValue {
    .object(map.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) })
  }
}

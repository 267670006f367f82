// The manifest of one image (image-spec, manifest.md; Docker's schema 2 is the same under other names). Pure.
public import ContainrJSON

/// A config and layers, lowest first.
public struct ImageManifest: Sendable, Hashable {
  /// OCI's or Docker's.
  public var mediaType: String
  /// The config's blob.
  public var config: Descriptor
  /// The layers' blobs, lowest first.
  public var layers: [Descriptor]
  /// Notes.
  public var annotations: [String: String]

  /// An OCI manifest.
  public init(config: Descriptor, layers: [Descriptor], annotations: [String: String] = [:]) {
    mediaType = MediaType.ociManifest
    self.config = config
    self.layers = layers
    self.annotations = annotations
  }

  /// The most layers that a manifest may name: overlayfs takes no more than 500.
  public static let mostLayers = 500

  /// Reads one; `manifests` beside `layers` is a document that means two things to two readers (CVE-2021-41190).
  public init(_ value: JSONValue) throws(JSONShapeError) {
    let reader = try JSONReader(value)
    let version: Int = try reader.requiredNumber("schemaVersion")
    if version != 2 {
      throw reader.fault("schemaVersion", "is \(version): images of the first schema are not read, push them anew")
    }
    for foreign in ["manifests", "fsLayers"] where reader.value(foreign) != nil {
      throw reader.fault(foreign, "does not belong into a manifest")
    }
    mediaType = try reader.string("mediaType") ?? MediaType.ociManifest
    if !MediaType.isManifest(mediaType) {
      throw reader.fault("mediaType", "is '\(mediaType)', not that of a manifest")
    }
    guard let inner = try reader.object("config") else { throw JSONShapeError([], "needs config") }
    config = try Descriptor(inner)
    var all: [Descriptor] = []
    for inner in try reader.objects("layers") { all.append(try Descriptor(inner)) }
    layers = all
    if layers.count > Self.mostLayers {
      throw reader.fault("layers", "are \(layers.count), and can be \(Self.mostLayers)")
    }
    annotations = try reader.texts("annotations")
  }

  /// Bytes of everything but the manifest itself.
  public var size: Int64 { layers.reduce(config.size) { $0.addingReportingOverflow($1.size).partialValue } }

  /// Its JSON as it is stored.
  public var bytes: [UInt8] { json.bytes() }

  /// Its JSON.
  public var json: JSONValue {
    var members = [
      JSONMember("schemaVersion", .integer(2)), JSONMember("mediaType", .string(mediaType)),
      JSONMember("config", config.json), JSONMember("layers", .array(layers.map(\.json))),
    ]
    if !annotations.isEmpty { members.append(JSONMember("annotations", .texts(annotations))) }
    return .object(members)
  }
}

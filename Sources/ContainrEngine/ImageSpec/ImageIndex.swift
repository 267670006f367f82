// A list of manifests: of one image for several platforms, or of all that a layout holds (image-spec, image-index.md;
// Docker's manifest list is the same under another name). Pure.
public import ContainrJSON

/// An index.
public struct ImageIndex: Sendable, Hashable {
  /// OCI's or Docker's.
  public var mediaType: String
  /// What it lists.
  public var manifests: [Descriptor]
  /// Notes.
  public var annotations: [String: String]

  /// An OCI index.
  public init(manifests: [Descriptor] = [], annotations: [String: String] = [:]) {
    mediaType = MediaType.ociIndex
    self.manifests = manifests
    self.annotations = annotations
  }

  /// Reads one; `layers` beside `manifests` is a document that means two things to two readers (CVE-2021-41190).
  public init(_ value: JSONValue) throws(JSONShapeError) {
    let reader = try JSONReader(value)
    let version: Int = try reader.requiredNumber("schemaVersion")
    if version != 2 { throw reader.fault("schemaVersion", "is \(version), and must be 2") }
    for foreign in ["layers", "config", "fsLayers"] where reader.value(foreign) != nil {
      throw reader.fault(foreign, "does not belong into an index")
    }
    mediaType = try reader.string("mediaType") ?? MediaType.ociIndex
    if !MediaType.isIndex(mediaType) { throw reader.fault("mediaType", "is '\(mediaType)', not that of an index") }
    if reader.value("manifests") == nil { throw JSONShapeError([], "needs manifests") }
    var all: [Descriptor] = []
    for inner in try reader.objects("manifests") { all.append(try Descriptor(inner)) }
    manifests = all
    annotations = try reader.texts("annotations")
  }

  /// The manifest that serves a platform best, and the first of equals; what tools attach beside images
  /// (`unknown/unknown`) never does. A list of one manifest that names no platform serves everybody.
  public func manifest(for platform: Platform) -> Descriptor? {
    let images = manifests.filter { $0.platform?.os != "unknown" }
    var best: (distance: Int, descriptor: Descriptor)?
    for descriptor in images {
      guard let offered = descriptor.platform, let distance = platform.distance(to: offered) else { continue }
      if best == nil || distance < best!.distance { best = (distance, descriptor) }
    }
    if let best { return best.descriptor }
    return images.count == 1 && images[0].platform == nil ? images[0] : nil
  }

  /// Its JSON as it is stored.
  public var bytes: [UInt8] { json.bytes() }

  /// Its JSON.
  public var json: JSONValue {
    var members = [
      JSONMember("schemaVersion", .integer(2)), JSONMember("mediaType", .string(mediaType)),
      JSONMember("manifests", .array(manifests.map(\.json))),
    ]
    if !annotations.isEmpty { members.append(JSONMember("annotations", .texts(annotations))) }
    return .object(members)
  }
}

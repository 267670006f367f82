// The config of one image: what it runs on, how it is started, and the digests of its unpacked layers (image-spec,
// config.md; Docker's fields that the specification reserves are read as well). Pure.
public import ContainrJSON

/// An image's config.
public struct ImageConfig: Sendable, Hashable {
  /// RFC 3339, as it is written; nil if it does not say.
  public var created: String?
  /// Who made it.
  public var author: String?
  /// What it runs on.
  public var platform: Platform
  /// How a container of it is started.
  public var execution: ImageExecution
  /// SHA-256 of each layer's tar before compression, lowest first.
  public var diffIDs: [Digest]
  /// One entry a build step.
  public var history: [ImageHistory]
  /// The annotations and members that we do not know, kept when a config is written again.
  public var others: [JSONMember]

  /// An image of nothing.
  public init(platform: Platform = .host, execution: ImageExecution = ImageExecution()) {
    self.platform = platform
    self.execution = execution
    diffIDs = []
    history = []
    others = []
  }

  private static let known: Set<String> = [
    "created", "author", "architecture", "os", "os.version", "variant", "config", "rootfs", "history",
  ]

  /// Reads one.
  public init(_ value: JSONValue) throws(JSONShapeError) {
    let reader = try JSONReader(value)
    created = try reader.string("created")
    author = try reader.string("author")
    platform = Platform(
      os: try reader.string("os") ?? "linux", architecture: try reader.string("architecture") ?? "",
      variant: try reader.string("variant"), osVersion: try reader.string("os.version"))
    if platform.architecture.isEmpty { throw JSONShapeError([], "needs architecture") }
    execution = ImageExecution()
    if let inner = try reader.object("config") { execution = try ImageExecution(inner) }
    guard let rootfs = try reader.object("rootfs") else { throw JSONShapeError([], "needs rootfs") }
    let type = try rootfs.string("type")
    if type != "layers" { throw rootfs.fault("type", "is '\(type ?? "")', and must be 'layers'") }
    diffIDs = []
    for (index, text) in try rootfs.strings("diff_ids").enumerated() {
      guard let digest = Digest(text) else {
        throw JSONShapeError(["rootfs", "diff_ids", String(index)], "is '\(text)', which is no digest")
      }
      diffIDs.append(digest)
    }
    history = []
    for inner in try reader.objects("history") { history.append(try ImageHistory(inner)) }
    others = reader.members.filter { !Self.known.contains($0.key) }
  }

  /// Its JSON as text.
  public var text: String { json.text() }

  /// Its JSON as it is stored.
  public var bytes: [UInt8] { json.bytes() }

  /// Its JSON, in the order of the specification.
  public var json: JSONValue {
    var members: [JSONMember] = []
    if let created { members.append(JSONMember("created", .string(created))) }
    if let author { members.append(JSONMember("author", .string(author))) }
    members.append(JSONMember("architecture", .string(platform.architecture)))
    members.append(JSONMember("os", .string(platform.os)))
    if let version = platform.osVersion { members.append(JSONMember("os.version", .string(version))) }
    if let variant = platform.variant { members.append(JSONMember("variant", .string(variant))) }
    members.append(JSONMember("config", execution.json))
    members.append(
      JSONMember(
        "rootfs",
        .object([
          JSONMember("type", .string("layers")),
          JSONMember("diff_ids", .array(diffIDs.map { .string($0.description) })),
        ])))
    members.append(JSONMember("history", .array(history.map(\.json))))
    return .object(members + others)
  }
}

/// One step that an image was made by.
public struct ImageHistory: Sendable, Hashable {
  /// RFC 3339.
  public var created: String?
  /// The command.
  public var createdBy: String?
  /// Who.
  public var author: String?
  /// Why.
  public var comment: String?
  /// It changed no file, so no layer stands for it.
  public var isEmptyLayer: Bool

  /// A step.
  public init(created: String? = nil, createdBy: String? = nil, comment: String? = nil, isEmptyLayer: Bool = false) {
    self.created = created
    self.createdBy = createdBy
    self.comment = comment
    self.isEmptyLayer = isEmptyLayer
  }

  init(_ reader: JSONReader) throws(JSONShapeError) {
    created = try reader.string("created")
    createdBy = try reader.string("created_by")
    author = try reader.string("author")
    comment = try reader.string("comment")
    isEmptyLayer = try reader.bool("empty_layer") ?? false
  }

  var json: JSONValue {
    var members: [JSONMember] = []
    for (key, value) in [("created", created), ("created_by", createdBy), ("author", author), ("comment", comment)] {
      if let value { members.append(JSONMember(key, .string(value))) }
    }
    if isEmptyLayer { members.append(JSONMember("empty_layer", .bool(true))) }
    return .object(members)
  }
}

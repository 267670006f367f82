// Images as a table, as JSON, as fields. Pure. The words are Docker's where there are such.
internal import ContainrForeground
internal import ContainrImageSpec
internal import ContainrImages

/// An image as commands show it.
struct ImageRow: Sendable {
  /// nil: its name has gone to another image.
  var reference: ImageReference?
  var image: StoredImage
  /// Containers that stand on it.
  var users: [String]

  /// Bytes of its blobs, as they are stored and sent.
  var size: Int64 { image.manifest.size + image.manifestDescriptor.size }
}

enum ImageView {
  static func table(_ rows: [ImageRow]) -> Table {
    var table = Table([
      ("IMAGE", .left), ("TAG", .left), ("ID", .left), ("PLATFORM", .left), ("CREATED", .left), ("SIZE", .right),
      ("USED BY", .left),
    ])
    table.rows = rows.map { row in
      [
        row.reference?.familiarName ?? "<none>", row.reference?.tag ?? "<none>", row.image.id.short,
        row.image.config.platform.description, day(row.image.config.created),
        Displayed.bytes(UInt64(clamping: row.size)), row.users.joined(separator: ", "),
      ]
    }
    return table
  }

  /// The fields of a list.
  static func fields(_ row: ImageRow) -> [VolumeView.Field] {
    [
      text("Repository", row.reference?.familiarName ?? "<none>"), text("Tag", row.reference?.tag ?? "<none>"),
      text("ID", row.image.id.description), text("Digest", row.image.target.digest.description),
      text("Platform", row.image.config.platform.description), text("CreatedAt", row.image.config.created ?? ""),
      (name: "Size", text: Displayed.bytes(UInt64(clamping: row.size)), json: String(row.size)),
      (name: "Layers", text: String(row.image.layers.count), json: String(row.image.layers.count)),
      (name: "Containers", text: row.users.joined(separator: ","), json: JSONText.list(row.users)),
    ]
  }

  /// All that is known of one image, as JSON: what the image itself says, and how it is stored.
  static func details(_ row: ImageRow, names: [String], unpacked: [String]?) -> String {
    let layers = row.image.layers.map { layer in
      "{\"digest\": \(JSONText.quoted(layer.blob.digest.description)), \"size\": \(layer.blob.size), "
        + "\"media_type\": \(JSONText.quoted(layer.blob.mediaType)), "
        + "\"diff_id\": \(JSONText.quoted(layer.diffID.description))}"
    }
    let members: [(String, String)] = [
      ("id", JSONText.quoted(row.image.id.description)), ("names", JSONText.list(names)),
      ("digest", JSONText.quoted(row.image.target.digest.description)),
      ("manifest", JSONText.quoted(row.image.manifestDescriptor.digest.description)),
      ("media_type", JSONText.quoted(row.image.manifest.mediaType)),
      ("platform", JSONText.quoted(row.image.config.platform.description)), ("size", String(row.size)),
      ("layers", "[\(layers.joined(separator: ", "))]"),
      ("unpacked", unpacked.map { JSONText.list($0) } ?? "null"), ("used_by", JSONText.list(row.users)),
      ("config", row.image.config.text),
    ]
    return "{" + members.map { "\(JSONText.quoted($0.0)): \($0.1)" }.joined(separator: ",\n ") + "}"
  }

  /// The steps that made it, the last one first; steps without a layer have no size.
  static func history(_ image: StoredImage, full: Bool) -> Table {
    var table = Table([("CREATED", .left), ("SIZE", .right), ("LAYER", .left), ("CREATED BY", .left)])
    var layers = image.layers[...]
    var rows: [[String]] = []
    for step in image.config.history {
      let layer = step.isEmptyLayer ? nil : layers.popFirst()
      var words = (step.createdBy ?? step.comment ?? "").replacing("\n", with: " ")
      if !full, words.count > 60 { words = words.prefix(59) + "…" }
      rows.append([
        day(step.created), layer.map { Displayed.bytes(UInt64(clamping: $0.blob.size)) } ?? "0b",
        layer?.blob.digest.short ?? "", words,
      ])
    }
    // Images that tell nothing of how they were made still have layers.
    for layer in layers {
      rows.append(["", Displayed.bytes(UInt64(clamping: layer.blob.size)), layer.blob.digest.short, ""])
    }
    table.rows = rows.reversed()
    return table
  }

  private static func text(_ name: String, _ value: String) -> VolumeView.Field {
    (name, value, JSONText.quoted(value))
  }

  /// `2024-05-01 12:00` of an RFC 3339 time.
  static func day(_ time: String?) -> String {
    String((time ?? "").prefix(16).replacing("T", with: " "))
  }
}

// Images made by hand: an OCI image layout of plain tars, in a directory or in the store of a bed, which is one itself.
import ContainrTestSupport
import Foundation

/// Writes images.
struct ImageLayout {
  let directory: String

  /// The layout of a bed's own store.
  static func store(of bed: Bed) -> ImageLayout { ImageLayout(directory: bed.sandbox.stateDirectory + "/images") }

  /// Adds an image of directories, lowest first, under a name; answers its manifest's digest. `config`: the members of
  /// the config's `config`, as JSON.
  @discardableResult
  func add(
    _ name: String, layers: [String], config: String = "{}", architecture: String = ImageLayout.architecture
  ) throws -> String {
    let manager = FileManager.default
    try manager.createDirectory(atPath: directory + "/blobs/sha256", withIntermediateDirectories: true)
    try Data(#"{"imageLayoutVersion":"1.0.0"}"#.utf8).write(to: URL(fileURLWithPath: directory + "/oci-layout"))
    var blobs: [(digest: String, size: Int)] = []
    for layer in layers {
      // Elsewhere: what another test spawns meanwhile may hold it open, and its room is taken until then.
      let tar = "\(NSTemporaryDirectory())/containr-layer-\(UUID().uuidString).tar"
      try run("tar", ["-C", layer, "--sort=name", "--numeric-owner", "-cf", tar, "."]).succeeding()
      let bytes = try Data(contentsOf: URL(fileURLWithPath: tar))
      try manager.removeItem(atPath: tar)
      blobs.append((try blob(bytes), bytes.count))
    }
    let diffs = blobs.map { "\"\($0.digest)\"" }.joined(separator: ",")
    let configText =
      #"{"architecture":"\#(architecture)","os":"linux","config":\#(config),"rootfs":{"type":"layers","diff_ids":[\#(diffs)]}}"#
    let configBytes = Data(configText.utf8)
    let configDigest = try blob(configBytes)
    let parts = blobs.map {
      #"{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"\#($0.digest)","size":\#($0.size)}"#
    }.joined(separator: ",")
    let manifest = Data(
      #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\#(configDigest)","size":\#(configBytes.count)},"layers":[\#(parts)]}"#
        .utf8)
    let digest = try blob(manifest)
    try index(name, digest, manifest.count)
    return digest
  }

  /// Takes the whole layout away.
  func remove() throws { try FileManager.default.removeItem(atPath: directory) }

  /// As Go names this machine's.
  static var architecture: String {
    #if arch(arm64)
      "arm64"
    #else
      "amd64"
    #endif
  }

  private var indexPath: URL { URL(fileURLWithPath: directory + "/index.json") }
  private var key: String { "org.opencontainers.image.ref.name" }

  /// Takes a name away, and leaves all blobs.
  func unname(_ name: String) throws {
    try JSONSerialization.data(withJSONObject: ["schemaVersion": 2, "manifests": try others(name)]).write(to: indexPath)
  }

  /// All entries of other names.
  private func others(_ name: String) throws -> [[String: Any]] {
    guard let old = try? Data(contentsOf: indexPath),
      let value = try JSONSerialization.jsonObject(with: old) as? [String: Any]
    else { return [] }
    let entries = value["manifests"] as? [[String: Any]] ?? []
    return entries.filter { ($0["annotations"] as? [String: String])?[key] != name }
  }

  private func index(_ name: String, _ digest: String, _ size: Int) throws {
    var entries = try others(name)
    entries.append([
      "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": size,
      "annotations": [key: name],
    ])
    try JSONSerialization.data(withJSONObject: ["schemaVersion": 2, "manifests": entries]).write(to: indexPath)
  }

  private func blob(_ bytes: Data) throws -> String {
    let temporary = directory + "/blob"
    try bytes.write(to: URL(fileURLWithPath: temporary))
    let digest = try run("sha256sum", [temporary]).succeeding().output.prefix(64)
    let path = "\(directory)/blobs/sha256/\(digest)"
    try? FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: temporary, toPath: path)
    return "sha256:\(digest)"
  }
}

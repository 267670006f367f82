// What the commands of `containr image` stand on: the store, and who uses its images.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrImageSpec
internal import ContainrImages

/// This host's images for one command.
struct ImageShelf {
  let context: CommandContext
  let host: HostSettings
  let store: ImageStore
  private let engine: StackEngine

  init(_ context: CommandContext) throws {
    self.context = context
    engine = try context.engine()
    host = try context.surroundings.hostSettings()
    store = host.imageStore
  }

  /// Containers by the manifests that they stand on, as they are recorded at this moment.
  func uses() throws -> ImageUses { try context.attempt { () throws(EngineError) in try engine.imageUses() } }

  /// Containers that stand on an image.
  func users(of image: StoredImage) throws -> [String] {
    try uses().containers[image.manifestDescriptor.digest] ?? []
  }

  /// Keeps the collector away.
  func hold() throws -> StoreHold {
    do { return try store.hold() } catch { throw CommandExit(.failure, error.description, help: error.help) }
  }

  /// All images, by name; those without one last. What is damaged is told and left out.
  func rows() throws -> [ImageRow] {
    let uses = try uses()
    var rows: [ImageRow] = []
    for entry in try context.transferring({ try store.entries() }) {
      let name = entry.reference?.familiar ?? entry.descriptor.digest.description
      do {
        let image = try store.present(entry.descriptor, name: name)
        rows.append(
          ImageRow(
            reference: entry.reference, image: image, users: uses.containers[image.manifestDescriptor.digest] ?? []))
      } catch {
        context.warn("\(name): \(error)")
      }
    }
    return rows.sorted {
      ($0.reference == nil ? 1 : 0, $0.reference?.familiar ?? $0.image.id.hex)
        < ($1.reference == nil ? 1 : 0, $1.reference?.familiar ?? $1.image.id.hex)
    }
  }

  /// The image that somebody means.
  func find(_ name: String, platform: Platform? = nil) throws -> (ImageEntry, StoredImage) {
    try context.transferring { try store.find(name, platform: platform) }
  }

  /// Removes what a command has let go of.
  func collect(_ doomed: ImageStore.Doomed) throws -> ImageStore.Collected {
    try store.collect(doomed) { try uses().kept }
  }
}
